using Peapod.Container.Cgroups;
using Peapod.Host;
using Peapod.Kernel;
using Peapod.Kernel.Files;
using Peapod.Shim.Layout;

namespace Peapod.Shim.Keeping;

/// <summary>
/// Where a pod's supervisor lives: beside the pods, outside the cgroup of whoever started it, so that neither the end of that one's session nor
/// its limits reach the supervisor. It has no limits: no controller is handed on to it.
/// </summary>
internal static class SupervisorCgroup
{
    internal static Cgroup Make(ShimFolders folders)
    {
        var hierarchy = CgroupHierarchy.Find();
        return Cgroup.CreateWithoutControllers(hierarchy, PathOf(hierarchy, folders));
    }

    /// <summary>Kills the supervisor and its keeper.</summary>
    internal static void Kill(ShimFolders folders)
    {
        using var cgroup = Cgroup.TryOpen(PathOf(CgroupHierarchy.Find(), folders));
        cgroup?.Kill();
    }

    /// <summary>The supervisor has removed its pod: waits for the keeper to leave, and removes what that did not. Another pod of that name is left alone.</summary>
    internal static void RemoveEmpty(ShimFolders folders)
    {
        for (var tries = 0; tries < 100 && FileSystem.TryStat(folders.Run) is null; tries++)
        {
            if (!IsInhabited(folders))
            {
                using var cgroup = Cgroup.TryOpen(PathOf(CgroupHierarchy.Find(), folders));
                cgroup?.Remove();
                return;
            }

            Thread.Sleep(10);
        }
    }

    /// <summary>Ends what is left in it and removes it; none is no error.</summary>
    internal static void Remove(ShimFolders folders)
    {
        using var cgroup = Cgroup.TryOpen(PathOf(CgroupHierarchy.Find(), folders));
        cgroup?.Kill();
        cgroup?.Remove();
    }

    /// <summary>Whether anything lives in it: a supervisor, or the keeper that will start another one.</summary>
    internal static bool IsInhabited(ShimFolders folders)
    {
        try
        {
            return FileSystem.TryReadText($"{PathOf(CgroupHierarchy.Find(), folders)}/cgroup.procs") is { Length: > 0 };
        }
        catch (KernelException e) when (e.Error == Errno.ENODEV)
        {
            // It was removed between the opening and the reading.
            return false;
        }
    }

    /// <summary>It and the directories above it that go with the last pod, the lowest first.</summary>
    internal static string[] Directories(ShimFolders folders)
    {
        var hierarchy = CgroupHierarchy.Find();
        return [PathOf(hierarchy, folders), $"{hierarchy.MountPoint}{PodsCgroup.Supervisors}", $"{hierarchy.MountPoint}{PodsCgroup.Root}"];
    }

    private static string PathOf(CgroupHierarchy hierarchy, ShimFolders folders) => $"{hierarchy.MountPoint}{PodsCgroup.Supervisors}/{folders.Owner}";
}
