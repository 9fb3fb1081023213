using Peapod.Container.Cgroups;
using Peapod.Container.Collection;
using Peapod.Container.State;
using Peapod.Kernel;
using Peapod.Kernel.Files;
using Peapod.Pod.Events;
using Peapod.Pod.Layout;
using Peapod.Pod.Objects;
using Peapod.Pod.Sandbox;
using Peapod.Pod.Supervision.Life;

namespace Peapod.Pod.Supervision;

/// <summary>What killed commands and supervisors left of pods, and data whose pod's folder is gone. A pod that runs without a supervisor is none: it gets a new one.</summary>
public static class PodLeftOvers
{
    /// <param name="host">Where pods are kept.</param>
    /// <param name="stopped">Also pods that have ended and wait to be removed.</param>
    public static IEnumerable<LeftOver> Find(PodHost host, bool stopped)
    {
        foreach (var folders in host.Pods())
        {
            if (Why(folders, stopped) is { } why)
            {
                yield return new($"pod \"{folders.Key}\"", why, () => Remove(folders, stopped));
            }
        }

        foreach (var owner in FileSystem.TryStat($"{host.DataRoot}/pods") is { IsDirectory: true } ? FileSystem.List($"{host.DataRoot}/pods") : [])
        {
            if (TryFindByData(host, owner) is { } folders && IsOrphan(folders))
            {
                yield return new($"data \"{folders.Data}\"", "its pod's folder is gone", () => RemoveData(folders));
            }
        }

        foreach (var filter in StoreLeftOvers.Filters(new ContainerStore(host.PodsRoot, host.Filters)))
        {
            yield return filter;
        }
    }

    /// <summary>Whether an ended pod waits for "pod start --all", which a unit of the host calls at boot.</summary>
    /// <exception cref="DamagedStateException">One of its files cannot be read.</exception>
    public static bool ComesBack(PodFolders folders) =>
        StatusFile.TryRead(folders) is { } status && ManifestFile.TryRead(folders) is { } pod && Rebooted.ComesBack(pod, status, PodRecord.TryReadBeforeStop(folders));

    private static string? Why(PodFolders folders, bool stopped)
    {
        if (!IsFolder(folders))
        {
            return IsPopulated(folders) ? null : "it is no pod's folder, and nothing of it runs";
        }

        if (SupervisorProcess.IsAlive(folders) || SupervisorProcess.IsBeingMade(folders))
        {
            return null;
        }

        try
        {
            return StatusFile.TryRead(folders)?.Phase switch
            {
                null when !HasRun(folders) => "its creator and its supervisor ended before it ran",
                PodPhase.Succeeded or PodPhase.Failed when stopped && !ComesBack(folders) => "it has ended",
                _ => null,
            };
        }
        catch (DamagedStateException)
        {
            return stopped && !IsPopulated(folders) ? "its state is damaged, and nothing of it runs" : null;
        }
    }

    /// <summary>Something of it runs that was started, so its status was lost; a sandbox alone is part of a pod that was never whole.</summary>
    private static bool HasRun(PodFolders folders) => IsPopulated(folders) && EventLog.Read(folders).Any(static read => read.Reason == "Started");

    private static bool IsFolder(PodFolders folders) => FileSystem.TryStat(folders.Run, followSymlinks: false) is { IsDirectory: true };

    private static bool IsPopulated(PodFolders folders) => PodCgroup.IsPopulated(CgroupHierarchy.Find(), folders);

    /// <summary>The pod that a folder of data is of; null for another run root's.</summary>
    internal static PodFolders? TryFindByData(PodHost host, string owner) =>
        RunOf($"{host.DataRoot}/pods/{owner}") is { } run && Path.GetDirectoryName(run) == host.PodsRoot && new PodFolders(host, Path.GetFileName(run)) is var folders && folders.Owner == owner ? folders : null;

    /// <summary>With the supervisor's lock, so that none begins meanwhile.</summary>
    private static bool Remove(PodFolders folders, bool stopped)
    {
        using var all = FileLock.AcquireDirectory(folders.Host.PodsRoot);
        if (FileSystem.TryStat(folders.Run, followSymlinks: false) is null || Why(folders, stopped) is null)
        {
            return false;
        }

        using var held = IsFolder(folders) ? SupervisorProcess.TryTakeLock(folders) : null;
        if (held is null && IsFolder(folders))
        {
            return false;
        }

        PodTeardown.Stop(folders);
        PodTeardown.Remove(folders);
        return true;
    }

    /// <summary>The data are of a pod of this host's, whose folder is not there, and nothing of it runs.</summary>
    private static bool IsOrphan(PodFolders folders) => RunOf(folders.Data) == folders.Run && FileSystem.TryStat(folders.Run, followSymlinks: false) is null && !IsPopulated(folders);

    /// <summary>The folder of the pod that the data are of; null when they do not say.</summary>
    internal static string? RunOf(string data)
    {
        try
        {
            return FileSystem.ReadLink(PodFolders.RunLinkOf(data));
        }
        catch (KernelException e) when (e.Error is Errno.ENOENT or Errno.ENOTDIR || e.IsDamage)
        {
            return null;
        }
    }

    private static bool RemoveData(PodFolders folders)
    {
        FileSystem.MakeDirectories(folders.Host.PodsRoot, PodFolders.PrivateFolder);
        using var all = FileLock.AcquireDirectory(folders.Host.PodsRoot);
        if (!IsOrphan(folders))
        {
            return false;
        }

        PodTeardown.Stop(folders);
        PodTeardown.Remove(folders);
        return true;
    }
}
