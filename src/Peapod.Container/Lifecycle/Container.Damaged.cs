using Peapod.Container.Cgroups;
using Peapod.Container.State;
using Peapod.Container.Systemd;
using Peapod.Kernel.Files;
using Peapod.Kernel.Processes;
using Peapod.Oci;

namespace Peapod.Container.Lifecycle;

/// <content>
/// A container whose files do not say any more what it is. What is there of it the kernel knows: the cgroups that carry its name as a mark, and
/// its first process, when that is still written down.
/// </content>
public sealed partial class Container
{
    /// <summary>Kills what lives and removes all that there is; of a container whose folder is gone, too.</summary>
    /// <exception cref="ContainerException">A process does not end.</exception>
    public static void RemoveDamaged(ContainerStore store, string id)
    {
        if (FileSystem.TryStat(store.Root) is null)
        {
            return;
        }

        // Before the lock: whatever another command waits for, the container's processes do not outlive this one.
        using (var process = store.TryReadProcess(id)?.TryOpen())
        {
            KillByMarks(CgroupsOf(store, id, KnownOf(store, id)), process);
        }

        if (store.TryLockDamaged(id) is not { } held)
        {
            // With all of the store locked: nobody makes a container of that id meanwhile.
            using var all = FileLock.AcquireDirectory(store.Root);
            if (FileSystem.TryStat(store.FolderOf(id), followSymlinks: false) is null)
            {
                EndByMarks(store, id, null, null);
            }

            return;
        }

        using (held)
        {
            RemoveDamaged(store, id, KnownOf(store, id));
        }
    }

    /// <summary>As <see cref="RemoveDamaged(ContainerStore, string)"/>, unless it runs, or another command is at work on it.</summary>
    /// <returns>False then.</returns>
    internal static bool RemoveDamagedLeftOver(ContainerStore store, string id)
    {
        using var held = store.TryLockNow(id);
        if (held is null)
        {
            return false;
        }

        try
        {
            store.TryRead(id);
            return false;
        }
        catch (DamagedContainerException e) when (!Runs(store, e))
        {
            RemoveDamaged(store, id, e.Known);
            return true;
        }
    }

    /// <summary>Whether a process of it lives; true also when nothing is left to tell it by.</summary>
    internal static bool Runs(ContainerStore store, DamagedContainerException damage)
    {
        var identity = store.TryReadProcess(damage.Id);
        using var process = identity?.TryOpen();
        if (process is not null)
        {
            return true;
        }

        var cgroups = CgroupsOf(store, damage.Id, damage.Known);
        foreach (var path in cgroups)
        {
            using var cgroup = Cgroup.TryOpen(path);
            if (cgroup?.Processes().Count > 0)
            {
                return true;
            }
        }

        return identity is null && cgroups.Count == 0;
    }

    private static ContainerRecord? KnownOf(ContainerStore store, string id)
    {
        try
        {
            return store.TryRead(id);
        }
        catch (DamagedContainerException e)
        {
            return e.Known;
        }
    }

    /// <summary>With the container's lock.</summary>
    private static void RemoveDamaged(ContainerStore store, string id, ContainerRecord? known)
    {
        var spec = known is { HasHooks: false, HasIntelRdt: false } ? null : TryReadSpec(store, id);
        using (var process = store.TryReadProcess(id)?.TryOpen())
        {
            EndByMarks(store, id, known, process);
        }

        GroupOf(spec, id)?.Remove();
        store.Remove(id);
        if (spec?.Hooks is not null)
        {
            RunPoststop(store, id, known?.Bundle ?? "", spec);
        }
    }

    private static void EndByMarks(ContainerStore store, string id, ContainerRecord? known, PidFd? process)
    {
        var cgroups = CgroupsOf(store, id, known);
        KillByMarks(cgroups, process);
        if (process?.WaitForExit(KillTimeoutMilliseconds) == false)
        {
            throw DoesNotEnd(id, "its first process");
        }

        foreach (var path in cgroups)
        {
            if (path.EndsWith(ScopeName.Suffix, StringComparison.Ordinal))
            {
                Scope.Stop(Path.GetFileName(path));
            }

            using var cgroup = Cgroup.TryOpen(path);
            cgroup?.Remove();
        }
    }

    private static void KillByMarks(List<string> cgroups, PidFd? process)
    {
        foreach (var path in cgroups)
        {
            using var cgroup = Cgroup.TryOpen(path);
            cgroup?.Kill();
        }

        process?.Signal(Signals.SIGKILL);
    }

    /// <summary>Those that carry its name, and the one that its record names, when there is a record.</summary>
    private static List<string> CgroupsOf(ContainerStore store, string id, ContainerRecord? known)
    {
        var found = CgroupMarks.Find(CgroupHierarchy.Find(), store.OwnerOf(id));
        if (known is { Cgroup.Length: > 0 } && !found.Contains(known.Cgroup) && FileSystem.TryStat(known.Cgroup) is not null)
        {
            found.Add(known.Cgroup);
        }

        return found;
    }

    /// <summary>Null when it is damaged too: its hooks cannot be run then, which is told.</summary>
    private static Spec? TryReadSpec(ContainerStore store, string id)
    {
        try
        {
            return store.ReadConfig(id);
        }
        catch (ContainerException e)
        {
            store.Warn?.Invoke($"{e.Message.Split('\n')[0]}; it is removed without poststop hooks");
            return null;
        }
    }
}
