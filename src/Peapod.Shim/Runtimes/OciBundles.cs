using Peapod.Container;
using Peapod.Container.Lifecycle;
using Peapod.Kernel;
using Peapod.Kernel.Files;
using Peapod.Kernel.Interop;
using Peapod.Kernel.Mounts;
using Peapod.Oci;
using Peapod.Shim.Layout;

namespace Peapod.Shim.Runtimes;

/// <summary>The bundles that another runtime makes containers from: in the pod's folder, the root file system mounted in them.</summary>
internal static class OciBundles
{
    private const uint PrivateFile = 0x180; // 0600
    private const string Descriptors = "/proc/self/fd/";

    /// <summary>The crun of Debian 12 takes no later one, and no runtime refuses a field for the version's sake.</summary>
    private const string OciVersion = "1.0.2";

    internal static string FolderOf(ShimFolders folders, string container) => $"{RootOf(folders)}/{container}";

    /// <returns>Its path.</returns>
    internal static string Make(ShimFolders folders, CreateRequest request)
    {
        var bundle = FolderOf(folders, request.Id);
        FileSystem.MakeDirectories(OciRuntimeCommand.RootOf(folders), ShimFolders.PrivateFolder);
        FileSystem.MakeDirectories($"{bundle}/rootfs", ShimFolders.PrivateFolder);
        request.RootMount!.Attach($"{bundle}/rootfs");
        FileSystem.MakeDirectory($"{bundle}/mounts", ShimFolders.PrivateFolder);
        Write($"{bundle}/config.json", ForOthers(request.Spec, $"{bundle}/rootfs", source => request.Sources?.ContainsKey(source) == true, (source, number) => Bind(request, source, $"{bundle}/mounts/{number}")).ToJson());
        return bundle;
    }

    /// <summary>Gives what is held by descriptor a path: from another mount namespace no bind mount can be made of a descriptor's.</summary>
    private static string Bind(CreateRequest request, string source, string target)
    {
        var brought = request.Sources?.GetValueOrDefault(source);
        if (brought is not null || FileSystem.TryStat(source) is { IsDirectory: true })
        {
            FileSystem.MakeDirectory(target, ShimFolders.PrivateFolder);
        }
        else
        {
            FileSystem.Open(target, Libc.O_WRONLY | Libc.O_CREAT, PrivateFile).Dispose();
        }

        if (brought is not null)
        {
            brought.Attach(target);
            return target;
        }

        using var mount = DetachedMount.Clone(source, recursive: true);
        mount.Attach(target);
        return target;
    }

    /// <summary>Unmounts and removes one; none is no error.</summary>
    internal static void Remove(ShimFolders folders, string container)
    {
        var bundle = FolderOf(folders, container);
        if (FileSystem.TryStat(bundle) is not null)
        {
            Unmount($"{bundle}/rootfs");
            foreach (var mount in FileSystem.TryStat($"{bundle}/mounts") is null ? [] : FileSystem.List($"{bundle}/mounts"))
            {
                Unmount($"{bundle}/mounts/{mount}");
            }

            FileTree.Remove(bundle);
        }
    }

    /// <summary>Whatever is mounted there; no error when nothing is.</summary>
    private static void Unmount(string path)
    {
        while (Libc.umount2(path, Libc.MNT_DETACH | Libc.UMOUNT_NOFOLLOW) == 0)
        {
        }

        var error = KernelException.Last("umount2", path);
        if (error.Error is not (Errno.EINVAL or Errno.ENOENT))
        {
            throw error;
        }
    }

    /// <summary>Takes away all that another runtime has of a pod; a pod without one has nothing of it.</summary>
    /// <param name="folders">The pod.</param>
    /// <param name="findRuntime">The runtime; null also when it is not known any more which: the processes end with the pod's cgroup, all else with its folder.</param>
    internal static void RemoveAll(ShimFolders folders, Func<RuntimeHandler?> findRuntime)
    {
        if (FileSystem.TryStat(RootOf(folders)) is null)
        {
            return;
        }

        var command = findRuntime() is { } handler ? new OciRuntimeCommand(handler, folders) : null;
        foreach (var container in FileSystem.List(RootOf(folders)))
        {
            try
            {
                if (command?.Has(container) == true)
                {
                    command.Call(container, ["delete", "--force", command.IdOf(container)]);
                }
            }
            catch (Exception e) when (e is ContainerException or KernelException)
            {
                // The runtime itself may be gone. Its processes end with the pod's cgroup, its state with the pod's folder.
            }

            Remove(folders, container);
        }

        FileTree.Remove(RootOf(folders));
        FileTree.Remove(OciRuntimeCommand.RootOf(folders));
    }

    /// <summary>process.json for an exec; goes with the object.</summary>
    internal static RemovedFile WriteProcess(ShimFolders folders, string container, Process process)
    {
        var path = $"{FolderOf(folders, container)}/exec-{Libc.getpid()}-{Libc.gettid()}.json";
        Write(path, process.ToJson());
        return new RemovedFile(path);
    }

    internal static void Write(string path, byte[] content)
    {
        using var folder = FileSystem.OpenDirectory(Path.GetDirectoryName(path)!);
        FileSystem.Replace(folder, Path.GetFileName(path), content, PrivateFile);
    }

    /// <param name="spec">The configuration for our own runtime.</param>
    /// <param name="rootfs">The root file system's path.</param>
    /// <param name="isBrought">Whether a source is not to be found on the host, and brought by a descriptor.</param>
    /// <param name="bind">Gives a source that is a descriptor of ours a path: by the source and the mount's number.</param>
    internal static Spec ForOthers(Spec spec, string rootfs, Func<string, bool> isBrought, Func<string, int, string> bind)
    {
        var mounts = new List<Mount>(spec.Mounts.Count);
        foreach (var mount in spec.Mounts)
        {
            mounts.Add(mount.Source is { } source && (source.StartsWith(Descriptors, StringComparison.Ordinal) || isBrought(source)) ? mount with { Source = bind(source, mounts.Count) } : mount);
        }

        return spec with { OciVersion = OciVersion, Root = (spec.Root ?? new()) with { Path = rootfs }, Mounts = mounts };
    }

    private static string RootOf(ShimFolders folders) => $"{folders.Run}/bundles";
}
