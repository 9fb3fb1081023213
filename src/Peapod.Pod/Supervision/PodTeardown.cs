using System.Runtime.ExceptionServices;
using Peapod.Container.Cgroups;
using Peapod.Host;
using Peapod.Image;
using Peapod.Kernel.Files;
using Peapod.Network;
using Peapod.Pod.Layout;
using Peapod.Pod.Sandbox;
using Peapod.Pod.Supervision.Runtimes;
using Peapod.Pod.Volumes;
using Peapod.Shim.Keeping;
using Peapod.Shim.Runtimes;

namespace Peapod.Pod.Supervision;

/// <summary>Takes back what a pod has on this host. Every step looks for what is there, so it serves after any crash, twice too.</summary>
public static class PodTeardown
{
    /// <summary>The pod's processes, cgroups, block devices, address and ports. One that fails does not keep the others from being taken back.</summary>
    public static void Stop(PodFolders folders) => Each(
        () => OciBundles.RemoveAll(folders, () => RuntimeChoice.Recall(folders)),
        () => PodCgroup.Remove(CgroupHierarchy.Find(), folders),
        () => BlockVolume.Release(folders),
        () => Detach(folders),
        () => FileTree.Remove(folders.Containers));

    /// <summary>Everything that is kept of the pod, and what is left of its supervisor.</summary>
    public static void Remove(PodFolders folders)
    {
        SupervisorCgroup.Remove(folders);
        RemoveKept(folders);
    }

    /// <summary>What is kept of the pod: volumes in memory, layers, logs, the record itself.</summary>
    internal static void RemoveKept(PodFolders folders)
    {
        PodRecord.Remove(folders);
        Each(
            () => PodVolumes.Unmount(folders),
            () => BlockVolume.Release(folders),
            () => ReleaseImages(folders),
            () => IdRange.Release(folders.Owner, folders.IdRange));
        FileTree.Remove(folders.Data);
        FileTree.Remove(folders.Run);
    }

    /// <summary>Whether something of a pod is there whose folder is gone: its cgroup, or its data.</summary>
    public static bool IsAnythingLeft(PodFolders folders) => PodCgroup.IsThere(CgroupHierarchy.Find(), folders) || PodLeftOvers.RunOf(folders.Data) == folders.Run;

    private static void Each(params ReadOnlySpan<Action> steps)
    {
        ExceptionDispatchInfo? first = null;
        foreach (var step in steps)
        {
            try
            {
                step();
            }
            catch (Exception e) when (PodFailure.Is(e))
            {
                first ??= ExceptionDispatchInfo.Capture(e);
            }
        }

        first?.Throw();
    }

    private static void Detach(PodFolders folders)
    {
        using var network = new PodNetwork(ReadNetwork(folders.Host));
        network.Detach(folders.Owner);
        network.RemoveAllIfUnused();
    }

    /// <summary>A configuration that cannot be read any more does not keep a pod's address and ports from being given back: with the usual names.</summary>
    private static NetworkConfiguration ReadNetwork(PodHost host)
    {
        try
        {
            return host.ReadNetwork();
        }
        catch (Exception e) when (PodFailure.Is(e))
        {
            return PodHost.DefaultNetwork;
        }
    }

    /// <summary>What will stay of pods' networks, for their configuration cannot be read; null when it can.</summary>
    public static string? NetworkProblem(PodHost host)
    {
        ArgumentNullException.ThrowIfNull(host);
        try
        {
            host.ReadNetwork();
            return null;
        }
        catch (Exception e) when (PodFailure.Is(e))
        {
            return $"{e.Message}; a bridge and a table of other names than {PodHost.DefaultNetwork.Bridge} and {PodHost.DefaultNetwork.Table} stay";
        }
    }

    /// <summary>What a pod of the same name left here that a reboot of the host ended.</summary>
    /// <exception cref="PodException">The data are another run root's pod's.</exception>
    internal static void RemoveOldData(PodFolders folders)
    {
        if (FileSystem.TryStat(folders.Data) is null)
        {
            return;
        }

        if (FileSystem.TryStat(folders.RunLink, followSymlinks: false) is not null && FileSystem.ReadLink(folders.RunLink) is var owner && owner != folders.Run)
        {
            throw new PodException($"{folders.Data}: holds the data of another pod of that name, at {owner}\n  remove that one first, or use another --data-root");
        }

        PodRecord.Remove(folders);
        PodVolumes.Unmount(folders);
        BlockVolume.Release(folders);
        ReleaseImages(folders);
        FileTree.Remove(folders.Data);
    }

    private static void ReleaseImages(PodFolders folders)
    {
        var containers = $"{folders.Data}/containers";
        var images = new ImageStore(folders.Host.DataRoot);
        if (FileSystem.TryStat(containers) is { IsDirectory: true })
        {
            foreach (var container in FileSystem.List(containers))
            {
                images.ReleaseLease(folders.LeaseOf(container));
            }
        }
        else if (FileSystem.TryStat(folders.Data) is not null)
        {
            // What says which containers there were is gone: by their names, which begin with the pod's.
            images.ReleaseLeases(folders.LeaseOf(""));
        }
    }
}
