using System.Globalization;
using Peapod.Kernel;
using Peapod.Kernel.Files;
using Peapod.Kernel.Interop;
using Peapod.Kernel.Mounts;
using Peapod.Pod.Containers;
using Peapod.Pod.Layout;
using Peapod.Pod.Objects;
using OciMount = Peapod.Oci.Mount;

namespace Peapod.Pod.Volumes;

/// <summary>The volumes of a pod: made before the first container, gone with the pod (emptyDir) or kept (hostPath).</summary>
internal sealed class PodVolumes(PodManifest pod, PodFolders folders)
{
    private const uint Everybody = 0x1ff; // 0777
    private const long SharedMemorySize = 64 << 20;

    /// <summary>Makes what is not there yet; a supervisor that takes over finds it made.</summary>
    internal void Make()
    {
        FileSystem.MakeDirectories($"{folders.Data}/volumes", PodFolders.PrivateFolder);
        MountMemory(folders.SharedMemory, SharedMemorySize);
        foreach (var volume in pod.Spec.Volumes)
        {
            if (volume.EmptyDir is { } empty)
            {
                MakeEmpty(volume.Name, empty);
            }
            else if (volume.HostPath is { } path)
            {
                CheckHostPath(volume.Name, path);
            }
        }
    }

    /// <summary>Unmounts what is in memory. Removing the folders is the teardown's.</summary>
    internal static void Unmount(PodFolders folders)
    {
        Detach(folders.SharedMemory);
        var volumes = $"{folders.Data}/volumes";
        foreach (var name in FileSystem.TryStat(volumes) is null ? [] : FileSystem.List(volumes))
        {
            Detach($"{volumes}/{name}");
        }
    }

    /// <summary>The mounts of one container. Descriptors that they go through are added to <paramref name="held"/>, to be closed when the container is made.</summary>
    internal List<OciMount> MountsOf(ContainerSpec container, List<SafeFd> held)
    {
        var mounts = new List<OciMount>(container.VolumeMounts.Count);
        foreach (var mount in container.VolumeMounts)
        {
            var volume = Find(mount.Name);
            var source = volume.HostPath?.Path ?? folders.VolumeOf(volume.Name);
            if (mount.SubPath is { Length: > 0 } subPath)
            {
                // By descriptor: what the containers of this pod do inside the volume cannot lead the mount elsewhere.
                var inner = OpenSubPath(source, subPath, container, mount);
                held.Add(inner);
                source = $"/proc/self/fd/{inner.Number}";
            }

            var target = mount.MountPath.StartsWith('/') ? mount.MountPath : $"/{mount.MountPath}";
            mounts.Add(mount.ReadOnly
                ? ContainerSpecCompiler.Bind(source, target, "ro")
                : ContainerSpecCompiler.Bind(source, target));
        }

        return mounts;
    }

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
            try
            {
                return FileSystem.OpenInRoot(root, subPath, Libc.O_PATH);
            }
            catch (KernelException e) when (e.Error == Errno.ENOENT)
            {
                return MakeSubPath(root, subPath);
            }
        }
        catch (KernelException e)
        {
            throw new PodException($"container \"{container.Name}\": volumeMounts \"{mount.Name}\": subPath \"{subPath}\": {KernelException.Describe(e.Error)}", e);
        }
    }

    /// <summary>Makes a missing sub-path as the kubelet does: directories that everybody may use.</summary>
    private static SafeFd MakeSubPath(SafeFd root, string subPath)
    {
        var directory = root.Duplicate();
        foreach (var part in subPath.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            using var parent = directory;
            FileSystem.MakeDirectory(parent, part, 0x1e8); // 0750
            directory = FileSystem.OpenAt(parent, part, Libc.O_PATH | Libc.O_DIRECTORY | Libc.O_NOFOLLOW);
        }

        return directory;
    }

    private void MakeEmpty(string name, EmptyDirVolumeSource empty)
    {
        var path = folders.VolumeOf(name);
        if (empty.Medium == StorageMedium.Memory)
        {
            MountMemory(path, empty.SizeLimit is { } limit ? (long)limit.Value : null);
        }
        else
        {
            FileSystem.MakeDirectory(path, PodFolders.PrivateFolder);
        }

        using var directory = FileSystem.Open(path, Libc.O_RDONLY | Libc.O_DIRECTORY);
        var group = pod.Spec.SecurityContext?.FsGroup;
        if (group is { } gid)
        {
            KernelException.Check(Libc.fchown(directory.Number, uint.MaxValue, (uint)gid), "fchown", path);
        }

        KernelException.Check(Libc.fchmod(directory.Number, Everybody | (group is null ? 0u : 0x400u)), "fchmod", path);
    }

    private static void MountMemory(string path, long? size)
    {
        if (!FileSystem.MakeDirectory(path, PodFolders.PrivateFolder) && IsMountPoint(path))
        {
            return;
        }

        var parameters = new List<KeyValuePair<string, string?>> { new("mode", "1777") };
        if (size is { } bytes)
        {
            parameters.Add(new("size", bytes.ToString(CultureInfo.InvariantCulture)));
        }

        using var mount = DetachedMount.Create("tmpfs", "tmpfs", parameters, Libc.MOUNT_ATTR_NOSUID | Libc.MOUNT_ATTR_NODEV);
        mount.Attach(path);
    }

    private static bool IsMountPoint(string path)
    {
        var here = FileSystem.TryStat(path);
        var above = FileSystem.TryStat(Path.GetDirectoryName(path)!);
        return here is { } a && above is { } b && (a.DevMajor != b.DevMajor || a.DevMinor != b.DevMinor);
    }

    private static void Detach(string path)
    {
        while (FileSystem.TryStat(path) is not null && IsMountPoint(path))
        {
            KernelException.Check(Libc.umount2(path, Libc.MNT_DETACH | Libc.UMOUNT_NOFOLLOW), "umount2", path);
        }
    }

    private static void CheckHostPath(string name, HostPathVolumeSource source)
    {
        var path = source.Path;
        switch (source.Type)
        {
            case HostPathType.DirectoryOrCreate:
                FileSystem.MakeDirectories(path, 0x1ed);
                break;
            case HostPathType.FileOrCreate:
                FileSystem.Open(path, Libc.O_RDONLY | Libc.O_CREAT, 0x1a4).Dispose();
                break;
        }

        var wanted = source.Type switch
        {
            HostPathType.Directory or HostPathType.DirectoryOrCreate => Libc.S_IFDIR,
            HostPathType.File or HostPathType.FileOrCreate => Libc.S_IFREG,
            HostPathType.Socket => Libc.S_IFSOCK,
            HostPathType.CharDevice => Libc.S_IFCHR,
            HostPathType.BlockDevice => Libc.S_IFBLK,
            _ => 0u,
        };
        var found = FileSystem.TryStat(path);
        if (found is null || (wanted != 0 && found.Value.Type != wanted))
        {
            throw new PodException(found is null
                ? $"volume \"{name}\": hostPath \"{path}\" does not exist"
                : $"volume \"{name}\": hostPath \"{path}\" is not a {source.Type}");
        }
    }
}
