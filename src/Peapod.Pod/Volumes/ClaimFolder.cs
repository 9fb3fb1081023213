using System.Text;
using Peapod.Kernel.Files;
using Peapod.Kernel.Interop;
using Peapod.Pod.Layout;
using Peapod.Pod.Objects;
using Peapod.Pod.Store;

namespace Peapod.Pod.Volumes;

/// <summary>
/// The data of persistent volume claims: <c>claims/NAMESPACE/NAME</c> below the data root, made when a pod first needs them, kept when pods
/// go. The size that a claim asks for is not enforced, unless it is one for a block device; its storage class is not looked at: there is one.
/// </summary>
public static class ClaimFolder
{
    private const string OnlyOnePod = "ReadWriteOncePod";

    public static string PathOf(PodHost host, string podNamespace, string claim)
    {
        ArgumentNullException.ThrowIfNull(host);
        return $"{host.DataRoot}/claims/{podNamespace}/{claim}";
    }

    /// <summary>Makes a claim's folder if it is not there, and the pod one of its users.</summary>
    /// <returns>What the claim asks for.</returns>
    /// <exception cref="VolumeException">There is no such claim, or it is another pod's.</exception>
    /// <exception cref="PodException">The pod uses it as what it is not.</exception>
    internal static PersistentVolumeClaimSpec Use(string volume, string claimName, PodManifest pod, PodFolders folders)
    {
        var podNamespace = pod.Metadata.Namespace!;
        var claim = new ObjectStore(folders.Host).TryReadClaim(podNamespace, claimName) ?? throw new VolumeException($"persistentvolumeclaim \"{claimName}\" not found");
        CheckMode(volume, claim.Spec, pod);
        var path = PathOf(folders.Host, podNamespace, claimName);
        var parent = Path.GetDirectoryName(path)!;
        FileSystem.MakeDirectories(parent, PodFolders.PrivateFolder);
        using var all = FileLock.AcquireDirectory(parent);
        if (claim.Spec.AccessModes.Contains(OnlyOnePod))
        {
            TakeAlone(claimName, parent, pod, folders);
        }

        if (IsBlock(claim.Spec))
        {
            BlockVolume.Make(path, SizeOf(claim.Spec));
        }
        else if (FileSystem.MakeDirectory(path, PodFolders.PrivateFolder))
        {
            using var folder = FileSystem.Open(path, Libc.O_RDONLY | Libc.O_DIRECTORY | Libc.O_NOFOLLOW);
            Kernel.KernelException.Check(Libc.fchmod(folder.Number, 0x1ff), "fchmod", path);
        }

        return claim.Spec;
    }

    /// <summary>Removes a claim's data; none there is no error.</summary>
    /// <exception cref="PodException">A pod may be using them.</exception>
    public static void Remove(PodHost host, string podNamespace, string claim)
    {
        ArgumentNullException.ThrowIfNull(host);
        foreach (var folders in host.Pods())
        {
            if (ManifestFile.TryRead(folders) is { } pod && pod.Metadata.Namespace == podNamespace && Uses(pod, claim))
            {
                throw new PodException($"persistentvolumeclaim \"{claim}\" is used by pod \"{pod.Metadata.Name}\"");
            }
        }

        var path = PathOf(host, podNamespace, claim);
        FileTree.Remove(path);
        FileSystem.RemoveFile(UserOf(Path.GetDirectoryName(path)!, claim));
    }

    internal static bool IsBlock(PersistentVolumeClaimSpec spec) => spec.VolumeMode == BlockVolume.Mode;

    /// <summary>Bytes.</summary>
    internal static long SizeOf(PersistentVolumeClaimSpec spec) => spec.Resources?.Request("storage") is { } storage ? storage.Value : 0;

    /// <summary>Whether every container uses it as what it is. The kubelet's words.</summary>
    internal static void CheckMode(string volume, PersistentVolumeClaimSpec spec, PodManifest pod)
    {
        var block = IsBlock(spec);
        foreach (var containers in (ReadOnlySpan<IReadOnlyList<ContainerSpec>>)[pod.Spec.InitContainers, pod.Spec.Containers, pod.Spec.EphemeralContainers])
        {
            foreach (var container in containers)
            {
                if (block && container.VolumeMounts.Any(mount => mount.Name == volume))
                {
                    throw new PodException($"volume {volume} has volumeMode Block, but is specified in volumeMounts");
                }

                if (!block && container.VolumeDevices.Any(device => device.Name == volume))
                {
                    throw new PodException($"volume {volume} has volumeMode Filesystem, but is specified in volumeDevices");
                }
            }
        }
    }

    private static bool Uses(PodManifest pod, string claim)
    {
        foreach (var volume in pod.Spec.Volumes)
        {
            if (volume.PersistentVolumeClaim?.ClaimName == claim)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Which pod has a claim for itself: the file holds the path of its folder. No claim's name begins with a dot.</summary>
    private static string UserOf(string parent, string claim) => $"{parent}/.{claim}.pod";

    private static void TakeAlone(string claim, string parent, PodManifest pod, PodFolders folders)
    {
        var file = UserOf(parent, claim);
        var mine = $"{folders.Run} {pod.Metadata.Uid}";
        if (FileSystem.TryReadText(file) is { } user && user != mine && user.Split(' ') is [var run, var uid] && IsThere(run, uid))
        {
            throw new VolumeException(
                $"persistentvolumeclaim \"{claim}\" has the access mode ReadWriteOncePod, and pod \"{Path.GetFileName(run).Replace('_', '/')}\" uses it");
        }

        using var folder = FileSystem.OpenDirectory(parent);
        FileSystem.Replace(folder, Path.GetFileName(file), Encoding.UTF8.GetBytes(mine), 0x180);
    }

    /// <summary>Whether that very pod is there, and has not ended. One that cannot be read may be.</summary>
    private static bool IsThere(string run, string uid)
    {
        try
        {
            return StateFile.TryRead($"{run}/manifest.json", static json => PodManifest.Parse(json))?.Metadata.Uid == uid
                && StateFile.TryRead($"{run}/status.json", static json => PodStatus.Parse(json)) is not { Phase: PodPhase.Succeeded or PodPhase.Failed };
        }
        catch (DamagedStateException)
        {
            return true;
        }
    }
}
