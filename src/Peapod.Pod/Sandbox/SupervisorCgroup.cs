using Peapod.Container.Cgroups;
using Peapod.Pod.Layout;

namespace Peapod.Pod.Sandbox;

/// <summary>
/// Where a pod's supervisor lives: beside the pods, outside the cgroup of whoever started it, so that neither the end of that one's session nor
/// its limits reach the supervisor. It has no limits: no controller is handed on to it.
/// </summary>
internal static class SupervisorCgroup
{
    internal static Cgroup Make(PodFolders folders)
    {
        var hierarchy = CgroupHierarchy.Find();
        return Cgroup.CreateWithoutControllers(hierarchy, PathOf(hierarchy, folders));
    }

    /// <summary>Ends what is left in it and removes it; none is no error.</summary>
    internal static void Remove(PodFolders folders)
    {
        using var cgroup = Cgroup.TryOpen(PathOf(CgroupHierarchy.Find(), folders));
        cgroup?.Kill();
        cgroup?.Remove();
    }

    private static string PathOf(CgroupHierarchy hierarchy, PodFolders folders) => $"{hierarchy.MountPoint}{PodCgroup.Root}/supervisors/{folders.Key}";
}
