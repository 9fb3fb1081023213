using System.Globalization;
using System.Runtime.InteropServices;
using Peapod.Kernel;
using Peapod.Kernel.Files;
using Peapod.Kernel.Interop;
using Peapod.Kernel.Mounts;

namespace Peapod.Image;

/// <summary>
/// A container's root: an overlay of the image's layers with a folder of the container's own on top. See the kernel's overlayfs.rst.
/// In the container's folder, <c>upper</c> holds what the container changed and <c>work</c> belongs to the kernel.
/// </summary>
public static class RootFileSystem
{
    /// <summary>fsconfig(2) takes strings of 256 bytes, the NUL included.</summary>
    private const int LongestValue = 255;

    /// <summary>CLONE_FS, without which a thread cannot leave its process's mount namespace.</summary>
    private const ulong CloneFs = 0x200;

    /// <summary>
    /// Mounts the image for a container, attached nowhere: the host's mount table does not see it, and it vanishes with its descriptor
    /// and with the mount namespace it is moved into.
    /// </summary>
    /// <param name="image">From <see cref="ImageStore.Resolve"/>, or from a lease.</param>
    /// <param name="containerFolder">Made when missing; mounting the same one again finds what the container wrote. One mount at a time.</param>
    /// <param name="options">Null for a writable root.</param>
    /// <exception cref="ImageException">A layer is not there.</exception>
    /// <exception cref="KernelException">The kernel refuses the mount.</exception>
    public static DetachedMount Mount(ContainerImage image, string containerFolder, RootFileSystemOptions? options = null)
    {
        FileSystem.MakeDirectory(containerFolder, 0x1c0);
        using var folder = FileSystem.OpenDirectory(containerFolder);
        var first = options?.FirstId ?? 0;
        MakeUpper(folder, image.Root with { Uid = image.Root.Uid + first, Gid = image.Root.Gid + first });
        FileSystem.MakeDirectory(folder, "work", 0x1c0);
        if (options?.UserNamespace is { } ids)
        {
            FileSystem.MakeDirectory(folder, "lower", 0x1ed);
            IReadOnlyList<string> lower = image.LayerPaths.Count > 0 ? [.. image.LayerPaths.Reverse()] : [$"{containerFolder}/lower"];
            return MountInPrivateNamespace(lower, containerFolder, options.ReadOnly ? Libc.MOUNT_ATTR_RDONLY : 0, ids);
        }

        var layers = new List<SafeFd>();
        try
        {
            foreach (var path in image.LayerPaths.Reverse())
            {
                layers.Add(OpenLayer(path));
            }

            if (layers.Count == 0)
            {
                // An image may have no layers; an overlay may not.
                FileSystem.MakeDirectory(folder, "lower", 0x1ed);
                layers.Add(FileSystem.OpenAt(folder, "lower", Libc.O_PATH | Libc.O_DIRECTORY));
            }

            var attributes = options is { ReadOnly: true } ? Libc.MOUNT_ATTR_RDONLY : 0;
            using var upper = FileSystem.OpenAt(folder, "upper", Libc.O_PATH | Libc.O_DIRECTORY | Libc.O_NOFOLLOW);
            using var work = FileSystem.OpenAt(folder, "work", Libc.O_PATH | Libc.O_DIRECTORY | Libc.O_NOFOLLOW);
            if (options is not { WithoutAppendedLayers: true })
            {
                try
                {
                    return MountLayerByLayer(image, containerFolder, layers, upper, work, attributes);
                }
                catch (KernelException error) when (error is { Operation: "fsconfig", Error: Errno.EINVAL })
                {
                    // "lowerdir+" came with Linux 6.8; before 6.5 it is found out only when the file system is made.
                }
            }

            return MountAllAtOnce(image, containerFolder, layers, upper, work, attributes);
        }
        finally
        {
            layers.ForEach(layer => layer.Dispose());
        }
    }

    /// <summary>Removes what a container wrote, and the kernel's working folder, and the container's folder if nothing else is in it.</summary>
    public static void RemoveFolder(string containerFolder)
    {
        foreach (var name in (ReadOnlySpan<string>)["upper", "upper.new", "work", "lower"])
        {
            FileTree.Remove($"{containerFolder}/{name}");
        }

        if (Libc.unlinkat(Libc.AT_FDCWD, containerFolder, Libc.AT_REMOVEDIR) != 0
            && (Errno)Marshal.GetLastPInvokeError() is not (Errno.ENOENT or Errno.ENOTEMPTY or Errno.EBUSY))
        {
            throw KernelException.Last("rmdir", containerFolder);
        }
    }

    /// <summary>The upper folder's mode and owner are those of the container's "/"; made in two steps, so that it never has others under this name.</summary>
    private static void MakeUpper(SafeFd folder, RootAttributes root)
    {
        if (Libc.statx(folder.Number, "upper", Libc.AT_SYMLINK_NOFOLLOW, Libc.STATX_BASIC_STATS, out _) == 0)
        {
            return;
        }

        FileSystem.MakeDirectory(folder, "upper.new", 0x1c0);
        using (var upper = FileSystem.OpenAt(folder, "upper.new", Libc.O_RDONLY | Libc.O_DIRECTORY | Libc.O_NOFOLLOW))
        {
            KernelException.Check(Libc.fchown(upper.Number, root.Uid, root.Gid), "fchown", "upper");
            KernelException.Check(Libc.fchmod(upper.Number, root.Mode), "fchmod", "upper");
        }

        KernelException.Check(Libc.renameat(folder.Number, "upper.new", folder.Number, "upper"), "rename", "upper");
    }

    private static SafeFd OpenLayer(string path)
    {
        try
        {
            return FileSystem.OpenDirectory(path);
        }
        catch (KernelException error) when (error.Error == Errno.ENOENT)
        {
            throw new ImageException($"layer {path} is not there: its image was removed", error);
        }
    }

    private static DetachedMount MountLayerByLayer(
        ContainerImage image, string containerFolder, List<SafeFd> layers, SafeFd upper, SafeFd work, ulong attributes)
    {
        var paths = image.LayerPaths.Reverse().ToList();
        var parameters = new List<KeyValuePair<string, string?>>();
        for (var i = 0; i < layers.Count; i++)
        {
            parameters.Add(new("lowerdir+", Name(i < paths.Count ? paths[i] : "", layers[i])));
        }

        parameters.Add(new("upperdir", Name($"{containerFolder}/upper", upper)));
        parameters.Add(new("workdir", Name($"{containerFolder}/work", work)));
        return DetachedMount.Create("overlay", "overlay", parameters, attributes);
    }

    /// <summary>For older kernels: all layers in one option, by their descriptors to be short, and by mount(2) where even these are longer than fsconfig(2) takes.</summary>
    private static DetachedMount MountAllAtOnce(ContainerImage image, string containerFolder, List<SafeFd> layers, SafeFd upper, SafeFd work, ulong attributes)
    {
        var lower = string.Join(':', layers.Select(ByDescriptor));
        return lower.Length <= LongestValue
            ? DetachedMount.Create(
                "overlay", "overlay", [new("lowerdir", lower), new("upperdir", ByDescriptor(upper)), new("workdir", ByDescriptor(work))], attributes)
            : MountInPrivateNamespace([.. image.LayerPaths.Reverse()], containerFolder, attributes);
    }

    /// <summary>mount(2) attaches what it mounts: here in a mount namespace that only this thread sees, and that ends with it.</summary>
    /// <param name="layerPaths">The topmost first.</param>
    /// <param name="containerFolder">With the upper folder, which keeps the host's ids: overlayfs writes as who mounts it, who has no id in a map.</param>
    /// <param name="attributes">MOUNT_ATTR_*.</param>
    /// <param name="ids">The user namespace whose maps the layers get, or null. Overlayfs takes only mounts that are attached: each is, over its own folder.</param>
    private static DetachedMount MountInPrivateNamespace(IReadOnlyList<string> layerPaths, string containerFolder, ulong attributes, SafeFd? ids = null)
    {
        DetachedMount? mount = null;
        Exception? failure = null;
        var thread = new Thread(() =>
        {
            var open = new List<SafeFd>();
            try
            {
                KernelException.Check(Libc.unshare((int)(Libc.CLONE_NEWNS | CloneFs)), "unshare");
                KernelException.Check(Libc.mount(null, "/", null, Libc.MS_REC | Libc.MS_PRIVATE, null), "mount", "/");

                foreach (var path in ids is null ? [] : layerPaths)
                {
                    using var mapped = DetachedMount.Clone(path, recursive: false);
                    mapped.SetAttributes(new MountAttr { Set = Libc.MOUNT_ATTR_IDMAP, UsernsFd = (ulong)ids!.Number }, recursive: false, path);
                    mapped.Attach(path);
                }

                // Opened again, as overlayfs takes nothing of another mount namespace. The options have to fit a page, so they are numbers,
                // looked up in this thread's own working directory: 500 layers, the most there may be, take half of it.
                string Open(string path)
                {
                    open.Add(OpenLayer(path));
                    return open[^1].Number.ToString(CultureInfo.InvariantCulture);
                }

                var target = Path.GetFullPath(containerFolder);
                var options = $"lowerdir={string.Join(':', layerPaths.Select(Open))},upperdir={Open($"{containerFolder}/upper")},workdir={Open($"{containerFolder}/work")}";
                KernelException.Check(Libc.chdir("/proc/self/fd"), "chdir", "/proc/self/fd");
                KernelException.Check(Libc.mount("overlay", target, "overlay", 0, options), "mount", "overlay");
                mount = DetachedMount.Clone(target, recursive: false);
                if (attributes != 0)
                {
                    mount.SetAttributes(new MountAttr { Set = attributes }, recursive: false);
                }
            }
            catch (Exception error)
            {
                mount?.Dispose();
                failure = error;
            }
            finally
            {
                open.ForEach(layer => layer.Dispose());
            }
        });
        thread.Start();
        thread.Join();
        return failure is null ? mount! : throw failure as ImageException ?? new ImageException($"cannot mount the image: {failure.Message}", failure);
    }

    /// <summary>The path itself, which mountinfo then shows, unless the kernel would misread it or it is too long.</summary>
    private static string Name(string path, SafeFd open) =>
        path.StartsWith('/') && System.Text.Encoding.UTF8.GetByteCount(path) <= LongestValue && path.AsSpan().IndexOfAny(":,\\") < 0 ? path : ByDescriptor(open);

    private static string ByDescriptor(SafeFd open) => $"/proc/self/fd/{open.Number}";
}
