using Peapod.Kernel;
using Peapod.Kernel.Files;
using Peapod.Kernel.Interop;
using Peapod.Pod.Containers;
using Peapod.Pod.Layout;
using Peapod.Pod.Objects;
using Peapod.Pod.Store;
using Peapod.Workload;
using OciMount = Peapod.Oci.Mount;

namespace Peapod.Pod.Volumes;

/// <summary>The volumes of a pod: made before the first container, gone with the pod but for hostPath and claims, which are only used.</summary>
internal sealed class PodVolumes(PodManifest manifest, PodFolders folders)
{
    private const uint Everybody = 0x1ff; // 0777

    private readonly ObjectStore objects = new(folders.Host);
    private PodManifest pod = manifest;

    /// <summary>Makes what is not there yet: a supervisor that takes over, and one that tries again, find it made.</summary>
    /// <param name="current">The pod as it is now.</param>
    /// <exception cref="VolumeException">What a volume needs is not there: it may come, and this may be tried again.</exception>
    /// <exception cref="PodException">A volume cannot be made.</exception>
    internal void Make(PodManifest current)
    {
        pod = current;
        FileSystem.MakeDirectories($"{folders.Data}/volumes", PodFolders.PrivateFolder);
        foreach (var volume in pod.Spec.Volumes)
        {
            try
            {
                Make(volume);
            }
            catch (VolumeException e)
            {
                throw new VolumeException($"MountVolume.SetUp failed for volume \"{volume.Name}\" : {e.Message}", e);
            }
        }
    }

    /// <summary>Writes anew what has changed in ConfigMaps, Secrets and the pod's own fields, where containers see it without a restart.</summary>
    /// <param name="current">The pod as it is now.</param>
    /// <returns>What could not be brought up to date and stays as it was: one sentence a volume.</returns>
    internal IReadOnlyList<string> Update(PodManifest current)
    {
        pod = current;
        var failures = new List<string>();
        foreach (var volume in pod.Spec.Volumes)
        {
            try
            {
                WriteFiles(volume);
            }
            catch (Exception e) when (PodFailure.Is(e))
            {
                failures.Add($"MountVolume.SetUp failed for volume \"{volume.Name}\" : {e.Message}");
            }
        }

        return failures;
    }

    /// <summary>Unmounts what is in memory, and images. Removing the folders is the teardown's.</summary>
    internal static void Unmount(PodFolders folders)
    {
        var volumes = $"{folders.Data}/volumes";
        foreach (var name in FileSystem.TryStat(volumes) is { IsDirectory: true } ? FileSystem.List(volumes) : [])
        {
            MemoryVolume.Unmount($"{volumes}/{name}");
        }
    }

    /// <summary>The mounts of one container, each after those it lies in.</summary>
    /// <param name="container">The container.</param>
    /// <param name="variables">Its own, for subPathExpr.</param>
    /// <param name="held">Gets the descriptors that the mounts go through, to be closed when the container is made.</param>
    /// <exception cref="ContainerConfigException">A mount cannot be had as it is wanted.</exception>
    internal List<OciMount> MountsOf(ContainerSpec container, IReadOnlyDictionary<string, string> variables, List<SafeFd> held)
    {
        var mounts = new List<OciMount>(container.VolumeMounts.Count);
        foreach (var mount in container.VolumeMounts)
        {
            var volume = Find(mount.Name);
            var source = SourceOf(volume);
            var path = source;
            if (SubPath.Of(mount, variables) is { Length: > 0 } subPath)
            {
                path = $"{source.TrimEnd('/')}/{subPath}";
                var inner = OpenSubPath(source, subPath, container, mount);
                held.Add(inner);
                source = $"/proc/self/fd/{inner.Number}";
            }

            VolumePropagation.Check(source, path, mount.MountPropagation);
            var entry = new OciMount
            {
                Type = "bind",
                Source = source,
                Destination = mount.MountPath.StartsWith('/') ? mount.MountPath : $"/{mount.MountPath}",
                Options = ["rbind", VolumePropagation.OptionOf(mount.MountPropagation), .. ReadOnlyOption(mount, volume, source), .. MappedOption(volume)],
            };
            var place = mounts.Count;
            while (place > 0 && Depth(mounts[place - 1].Destination) > Depth(entry.Destination))
            {
                place--;
            }

            mounts.Insert(place, entry);
        }

        return mounts;
    }

    /// <summary>The block devices of one container, attached if they were not.</summary>
    /// <exception cref="PodException">One cannot be attached.</exception>
    internal IReadOnlyList<BlockDevice> DevicesOf(ContainerSpec container)
    {
        if (container.VolumeDevices.Count == 0)
        {
            return [];
        }

        // They are root's unless the manifest says who the container runs as: CRI runtimes' device_ownership_from_security_context.
        var user = (uint)(container.SecurityContext?.RunAsUser ?? pod.Spec.SecurityContext?.RunAsUser ?? 0);
        var group = (uint)(container.SecurityContext?.RunAsGroup ?? pod.Spec.SecurityContext?.RunAsGroup ?? 0);
        var devices = new List<BlockDevice>(container.VolumeDevices.Count);
        foreach (var device in container.VolumeDevices)
        {
            var volume = Find(device.Name);
            var (major, minor) = BlockVolume.Attach(volume.Name, SourceOf(volume), folders);
            var path = device.DevicePath.StartsWith('/') ? device.DevicePath : $"/{device.DevicePath}";
            devices.Add(new BlockDevice(path, major, minor, volume.PersistentVolumeClaim?.ReadOnly == true, user, group));
        }

        return devices;
    }

    /// <summary>What is written here is never the containers' to write, nor is an image. Mounts below a read-only one may be writable, unless that is asked for.</summary>
    private static string[] ReadOnlyOption(VolumeMount mount, Volume volume, string source)
    {
        var readOnly = mount.ReadOnly || volume is { ConfigMap: not null } or { Secret: not null } or { Projected: not null } or { DownwardAPI: not null }
            or { Image: not null } or { PersistentVolumeClaim.ReadOnly: true };
        return !readOnly ? [] : mount.RecursiveReadOnly is RecursiveReadOnly.Enabled or RecursiveReadOnly.IfPossible ? ["rro"] : ["ro", .. FlagsOf(source)];
    }

    /// <summary>A volume's flags, by name: to a bind mount "ro" alone says that it has no others.</summary>
    private static IEnumerable<string> FlagsOf(string source)
    {
        const long nosuid = 2, nodev = 4, noexec = 8; // ST_*, statfs(2)

        // What cannot be looked at cannot be mounted either, which is told then.
        var flags = Libc.statfs(source, out var status) == 0 ? status.Flags : 0;
        return new[] { (nosuid, "nosuid"), (nodev, "nodev"), (noexec, "noexec") }.Where(flag => (flags & flag.Item1) != 0).Select(static flag => flag.Item2);
    }

    /// <summary>
    /// With a user namespace the files of a volume belong to the pod's ids as they do to the same ones of the host. Not an image's: the
    /// kernel maps no overlay, and its files are only to be read.
    /// </summary>
    private string[] MappedOption(Volume volume) => pod.Spec.HostUsers == false && volume.Image is null ? ["idmap"] : [];

    private static int Depth(string path) => path.Split('/', StringSplitOptions.RemoveEmptyEntries).Length;

    private string SourceOf(Volume volume) =>
        volume.HostPath?.Path
        ?? (volume.PersistentVolumeClaim is { } claim ? ClaimFolder.PathOf(folders.Host, pod.Metadata.Namespace!, claim.ClaimName) : folders.VolumeOf(volume.Name));

    private Volume Find(string name)
    {
        foreach (var volume in pod.Spec.Volumes)
        {
            if (volume.Name == name)
            {
                return volume;
            }
        }

        throw new PodException($"volume \"{name}\" is not there");
    }

    private static SafeFd OpenSubPath(string source, string subPath, ContainerSpec container, VolumeMount mount)
    {
        try
        {
            using var root = FileSystem.OpenDirectory(source);
            return SubPath.Open(root, subPath);
        }
        catch (KernelException e)
        {
            throw new ContainerConfigException($"container \"{container.Name}\": volumeMounts \"{mount.Name}\": subPath \"{subPath}\": {KernelException.Describe(e.Error)}", e);
        }
    }

    private void Make(Volume volume)
    {
        if (volume.HostPath is { } path)
        {
            HostPathVolume.Check(volume.Name, path);
        }
        else if (volume.PersistentVolumeClaim is { } claim)
        {
            var spec = ClaimFolder.Use(volume.Name, claim.ClaimName, pod, folders);
            if (!claim.ReadOnly && !ClaimFolder.IsBlock(spec))
            {
                GiveToGroup(ClaimFolder.PathOf(folders.Host, pod.Metadata.Namespace!, claim.ClaimName));
            }
        }
        else if (volume.Ephemeral is { } ephemeral)
        {
            MakeEphemeral(volume.Name, ephemeral.VolumeClaimTemplate?.Spec ?? new());
        }
        else if (volume.Image is { } image)
        {
            ImageVolume.Mount(volume.Name, image, folders);
        }
        else if (volume.EmptyDir is { } empty)
        {
            MakeEmpty(volume.Name, empty);
        }
        else
        {
            MakeFiles(volume);
        }
    }

    private void MakeEphemeral(string name, PersistentVolumeClaimSpec spec)
    {
        ClaimFolder.CheckMode(name, spec, pod);
        if (ClaimFolder.IsBlock(spec))
        {
            BlockVolume.Make(folders.VolumeOf(name), ClaimFolder.SizeOf(spec));
        }
        else
        {
            MakeEmpty(name, new());
        }
    }

    private void MakeFiles(Volume volume)
    {
        var path = folders.VolumeOf(volume.Name);
        if (volume.ConfigMap is not null)
        {
            FileSystem.MakeDirectory(path, PodFolders.PrivateFolder);
        }
        else
        {
            MemoryVolume.Mount(path, null, isSecret: true);
        }

        try
        {
            WriteFiles(volume);
        }
        catch (PodException e)
        {
            throw new VolumeException(e.Message, e);
        }
    }

    private void WriteFiles(Volume volume)
    {
        var fields = new DownwardFields(pod, [], Node.This(folders.Host.DataRoot));
        if (ProjectedFiles.Of(volume, pod.Metadata.Namespace!, fields, objects) is { } files)
        {
            AtomicWriter.Write(folders.VolumeOf(volume.Name), files, NestedMounts.In(pod.Spec, volume.Name), Group);
        }
    }

    private uint? Group => (uint?)pod.Spec.SecurityContext?.FsGroup;

    private void GiveToGroup(string path)
    {
        if (Group is { } group && !(pod.Spec.SecurityContext!.FsGroupChangePolicy == FSGroupChangePolicy.OnRootMismatch && GroupOwnership.Has(path, group)))
        {
            GroupOwnership.Give(path, group);
        }
    }

    private void MakeEmpty(string name, EmptyDirVolumeSource empty)
    {
        var path = folders.VolumeOf(name);
        switch (empty.Medium)
        {
            case StorageMedium.Default:
                FileSystem.MakeDirectory(path, PodFolders.PrivateFolder);
                break;
            case StorageMedium.Memory:
                MemoryVolume.Mount(path, MemoryVolume.SizeOf(empty, pod.Spec));
                break;
            default:
                MemoryVolume.MountHugePages(path, empty.Medium switch { StorageMedium.HugePages2Mi => "2M", StorageMedium.HugePages1Gi => "1G", _ => null }, empty.SizeLimit?.Value);
                break;
        }

        using var directory = FileSystem.Open(path, Libc.O_RDONLY | Libc.O_DIRECTORY);
        if (Group is { } gid)
        {
            KernelException.Check(Libc.fchown(directory.Number, uint.MaxValue, gid), "fchown", path);
        }

        KernelException.Check(Libc.fchmod(directory.Number, Everybody | (Group is null ? 0u : 0x400u)), "fchmod", path);
    }
}
