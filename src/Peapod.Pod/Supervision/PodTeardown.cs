using Peapod.Container.Cgroups;
using Peapod.Image;
using Peapod.Kernel.Files;
using Peapod.Network;
using Peapod.Pod.Layout;
using Peapod.Pod.Sandbox;
using Peapod.Pod.Volumes;

namespace Peapod.Pod.Supervision;

/// <summary>Takes back what a pod has on this host. Every step looks for what is there, so it serves after any crash, twice too.</summary>
public static class PodTeardown
{
    /// <summary>The pod's processes, cgroups, address and ports.</summary>
    public static void Stop(PodFolders folders)
    {
        var hierarchy = CgroupHierarchy.Find();
        PodCgroup.Remove(hierarchy, folders);
        using var network = new PodNetwork(folders.Host.ReadNetwork());
        network.Detach(folders.Key);
        network.RemoveAllIfUnused();
        FileTree.Remove(folders.Containers);
    }

    /// <summary>Everything that is kept of the pod: volumes in memory, layers, logs, the record itself.</summary>
    public static void Remove(PodFolders folders)
    {
        PodVolumes.Unmount(folders);
        ReleaseImages(folders);
        IdRange.Release(folders);
        FileTree.Remove(folders.Data);
        FileTree.Remove(folders.Run);
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
