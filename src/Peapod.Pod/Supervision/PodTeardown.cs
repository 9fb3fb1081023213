using Peapod.Container.Cgroups;
using Peapod.Image;
using Peapod.Kernel.Files;
using Peapod.Network;
using Peapod.Pod.Layout;
using Peapod.Pod.Sandbox;
using Peapod.Pod.Supervision.Runtimes;
using Peapod.Pod.Volumes;

namespace Peapod.Pod.Supervision;

/// <summary>Takes back what a pod has on this host. Every step looks for what is there, so it serves after any crash, twice too.</summary>
public static class PodTeardown
{
    /// <summary>The pod's processes, cgroups, block devices, address and ports.</summary>
    public static void Stop(PodFolders folders)
    {
        var hierarchy = CgroupHierarchy.Find();
        OciBundles.RemoveAll(folders);
        PodCgroup.Remove(hierarchy, folders);
        BlockVolume.Release(folders);
        using var network = new PodNetwork(folders.Host.ReadNetwork());
        network.Detach(folders.Key);
        network.RemoveAllIfUnused();
        FileTree.Remove(folders.Containers);
    }

    /// <summary>Everything that is kept of the pod: volumes in memory, layers, logs, the record itself.</summary>
    public static void Remove(PodFolders folders)
    {
        PodVolumes.Unmount(folders);
        BlockVolume.Release(folders);
        ReleaseImages(folders);
        IdRange.Release(folders);
        FileTree.Remove(folders.Data);
        FileTree.Remove(folders.Run);
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

        PodVolumes.Unmount(folders);
        BlockVolume.Release(folders);
        ReleaseImages(folders);
        FileTree.Remove(folders.Data);
    }

    private static void ReleaseImages(PodFolders folders)
    {
        var containers = $"{folders.Data}/containers";
        var images = new ImageStore(folders.Host.DataRoot);
        foreach (var container in FileSystem.TryStat(containers) is null ? [] : FileSystem.List(containers))
        {
            images.ReleaseLease(folders.LeaseOf(container));
        }
    }
}
