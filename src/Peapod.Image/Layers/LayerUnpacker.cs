using System.Runtime.InteropServices;
using Peapod.Kernel;
using Peapod.Kernel.Files;
using Peapod.Kernel.Interop;
using Peapod.Kernel.Terminals;
using Tmds.Linux;

namespace Peapod.Image.Layers;

/// <summary>
/// Unpacks one layer's archive into an empty folder, in the form overlayfs expects. Trusts nothing in the archive: every parent directory is
/// resolved by the kernel with that folder as root (openat2, RESOLVE_IN_ROOT), every change is made on a single name within such a directory or
/// on a descriptor, and none follows a symlink. See the image specification, "Image Layer Filesystem Changeset".
/// </summary>
internal sealed unsafe partial class LayerUnpacker : IDisposable
{
    private const uint ImpliedDirectoryMode = 0x1ed;
    private const int BufferSize = 128 << 10;

    /// <summary>Bytes of directories' names to be remembered at a time. Beyond them times are set early, and may be changed by what is unpacked later.</summary>
    private const int RememberedNames = 32 << 20;

    private readonly SafeFd root;
    private readonly LoadLimits limits;
    private readonly string subject;
    private readonly byte[] buffer = new byte[BufferSize];
    private byte[]? parentPath;
    private SafeFd? parent;
    private int rememberedNames;
    private long size;
    private int entries;
    private RootAttributes? rootAttributes;
    private bool opaqueRoot;

    private LayerUnpacker(SafeFd root, LoadLimits limits, string subject)
    {
        this.root = root;
        this.limits = limits;
        this.subject = subject;
    }

    /// <param name="archive">The uncompressed tar archive.</param>
    /// <param name="root">An empty folder that nobody else can reach.</param>
    /// <param name="limits">When to give up.</param>
    /// <param name="subject">The layer, for messages.</param>
    /// <exception cref="ImageException">The archive is unusable or tries to leave the folder.</exception>
    internal static UnpackedLayer Unpack(Stream archive, SafeFd root, LoadLimits limits, string subject)
    {
        using var unpacker = new LayerUnpacker(root, limits, subject);
        unpacker.Unpack(new TarReader(archive, subject));
        return new(unpacker.size, unpacker.entries, unpacker.rootAttributes, unpacker.opaqueRoot);
    }

    public void Dispose() => parent?.Dispose();

    private void Unpack(TarReader tar)
    {
        while (tar.Next() is { } entry)
        {
            if (++entries > limits.LayerEntries)
            {
                throw Refuse(entry, $"it is one of more than {limits.LayerEntries} entries");
            }

            try
            {
                Add(entry, tar);
            }
            catch (KernelException error)
            {
                throw new ImageException($"{subject}: cannot unpack \"{Printable.Short(entry.Name)}\": {error.Operation}: {KernelException.Describe(error.Error)}", error);
            }
        }

        SetDirectoryTimes();
    }

    private void Add(TarEntry entry, TarReader tar)
    {
        if (!EntryName.TryClean(entry.Name, out var path))
        {
            throw Refuse(entry, entry.Name.Length < EntryName.LongestPath ? "its name leads out of the image" : $"its name is longer than {EntryName.LongestPath - 1} bytes");
        }

        if (path.Length == 0)
        {
            SetRoot(entry);
            return;
        }

        var folder = EntryName.Parent(path);
        var leaf = EntryName.Leaf(path);
        if (path.AsSpan().StartsWith(".wh..wh."u8) && folder.Length > 0)
        {
            // Book-keeping of AUFS, which old archives carry along.
            return;
        }

        if (folder.StartsWith(".wh."u8) || folder.IndexOf("/.wh."u8) >= 0)
        {
            throw Refuse(entry, "it lies in a whiteout");
        }

        if (leaf.StartsWith(".wh."u8))
        {
            AddWhiteout(entry, OpenParent(entry, folder), folder.Length == 0, leaf[".wh."u8.Length..]);
            return;
        }

        var directory = OpenParent(entry, folder);
        var name = EntryName.NullTerminated(leaf);
        switch (entry.Type)
        {
            case TarType.Directory:
                AddDirectory(entry, directory, name, path);
                break;
            case TarType.File:
                AddFile(entry, directory, name, tar);
                break;
            case TarType.HardLink:
                AddHardLink(entry, directory, name, path);
                break;
            case TarType.SymbolicLink:
                AddSymbolicLink(entry, directory, name);
                break;
            default:
                AddNode(entry, directory, name);
                break;
        }
    }

    private void SetRoot(TarEntry entry)
    {
        if (entry.Type != TarType.Directory)
        {
            throw Refuse(entry, "it would replace the image's root directory");
        }

        using var self = FileSystem.OpenAt(root, ".", Libc.O_RDONLY | Libc.O_DIRECTORY);
        SetAttributes(self, entry);
        rootAttributes = new(entry.Mode, entry.Uid, entry.Gid);
        RememberTime([], entry);
    }

    /// <summary>".wh.x" hides x of lower layers, never what this layer has; ".wh..wh..opq" hides all that lower layers have in the directory.</summary>
    private void AddWhiteout(TarEntry entry, SafeFd directory, bool inRoot, ReadOnlySpan<byte> hidden)
    {
        if (hidden.SequenceEqual(".wh..opq"u8))
        {
            using var self = FileSystem.OpenAt(directory, ".", Libc.O_RDONLY | Libc.O_DIRECTORY);
            SetOpaque(self);
            opaqueRoot |= inRoot;
            return;
        }

        if (hidden.StartsWith(".wh."u8))
        {
            return;
        }

        if (hidden.IsEmpty || hidden.SequenceEqual("."u8) || hidden.SequenceEqual(".."u8))
        {
            throw Refuse(entry, "it is a whiteout of nothing");
        }

        var name = EntryName.NullTerminated(hidden);
        switch (Look(directory, name))
        {
            case Found.Nothing:
                fixed (byte* pointer = name)
                {
                    KernelException.Check(Libc.mknodat(directory.Number, pointer, Libc.S_IFCHR, 0), "mknod");
                }

                break;
            case Found.Directory:
                using (var present = OpenDirectory(directory, name))
                {
                    SetOpaque(present);
                }

                break;
        }
    }

    private void AddDirectory(TarEntry entry, SafeFd directory, byte[] name, byte[] path)
    {
        var found = Look(directory, name);
        if (found is Found.Other or Found.Whiteout)
        {
            RemoveExisting(directory, name);
        }

        if (found != Found.Directory)
        {
            fixed (byte* pointer = name)
            {
                KernelException.Check(Libc.mkdirat(directory.Number, pointer, 0x1c0), "mkdir");
            }
        }

        using var made = OpenDirectory(directory, name);
        if (found is Found.Whiteout or Found.Other)
        {
            SetOpaque(made);
        }

        SetAttributes(made, entry);
        RememberTime(path, entry);
    }

    private void AddFile(TarEntry entry, SafeFd directory, byte[] name, TarReader tar)
    {
        if (entry.Size > limits.LayerBytes - size)
        {
            throw Refuse(entry, $"the layer's files have more than {limits.LayerBytes} bytes");
        }

        size += entry.Size;
        using var file = CreateFile(directory, name);
        for (int count; (count = tar.Read(buffer)) > 0;)
        {
            FileSystem.Write(file, buffer.AsSpan(0, count));
        }

        SetAttributes(file, entry);
        var times = stackalloc timespec[2];
        SetTimes(times, entry.ModifiedSeconds, entry.ModifiedNanoseconds);
        KernelException.Check(Libc.futimens(file.Number, times), "futimens");
    }

    private SafeFd CreateFile(SafeFd directory, byte[] name)
    {
        var flags = Libc.O_WRONLY | Libc.O_CREAT | Libc.O_EXCL | Libc.O_NOFOLLOW | Libc.O_CLOEXEC;
        fixed (byte* pointer = name)
        {
            var fd = Libc.openat(directory.Number, pointer, flags, 0x180);
            if (fd < 0 && Marshal.GetLastPInvokeError() == (int)Errno.EEXIST)
            {
                RemoveExisting(directory, name);
                fd = Libc.openat(directory.Number, pointer, flags, 0x180);
            }

            return SafeFd.Check(fd, "open");
        }
    }

    private void AddHardLink(TarEntry entry, SafeFd directory, byte[] name, byte[] path)
    {
        if (!EntryName.TryClean(entry.LinkName, out var target) || target.Length == 0)
        {
            throw Refuse(entry, $"it is a hard link to \"{Printable.Short(entry.LinkName)}\", which is not a file of the image");
        }

        if (target.AsSpan().SequenceEqual(path))
        {
            return;
        }

        using var targetFolder = OpenInRoot(EntryName.Parent(target), Libc.O_PATH | Libc.O_DIRECTORY)
            ?? throw Refuse(entry, $"it is a hard link to \"{Printable.Short(entry.LinkName)}\", which is not in this layer");
        var targetName = EntryName.NullTerminated(EntryName.Leaf(target));
        switch (Look(targetFolder, targetName))
        {
            case Found.Nothing or Found.Whiteout:
                throw Refuse(entry, $"it is a hard link to \"{Printable.Short(entry.LinkName)}\", which is not in this layer");
            case Found.Directory:
                throw Refuse(entry, $"it is a hard link to \"{Printable.Short(entry.LinkName)}\", which is a directory");
        }

        fixed (byte* from = targetName, to = name)
        {
            // Flags 0: a symlink as the target is linked itself, not followed.
            if (Libc.linkat(targetFolder.Number, from, directory.Number, to, 0) == 0)
            {
                return;
            }

            var error = KernelException.Last("link");
            if (error.Error != Errno.EEXIST)
            {
                throw error;
            }

            RemoveExisting(directory, name);
            KernelException.Check(Libc.linkat(targetFolder.Number, from, directory.Number, to, 0), "link");
        }
    }

    private void AddSymbolicLink(TarEntry entry, SafeFd directory, byte[] name)
    {
        if (entry.LinkName.Length == 0)
        {
            throw Refuse(entry, "it is a symbolic link to nothing");
        }

        fixed (byte* pointer = name, target = EntryName.NullTerminated(entry.LinkName))
        {
            if (Libc.symlinkat(target, directory.Number, pointer) != 0)
            {
                var error = KernelException.Last("symlink");
                if (error.Error != Errno.EEXIST)
                {
                    throw error;
                }

                RemoveExisting(directory, name);
                KernelException.Check(Libc.symlinkat(target, directory.Number, pointer), "symlink");
            }
        }

        SetAttributes(directory, name, entry);
    }

    private void AddNode(TarEntry entry, SafeFd directory, byte[] name)
    {
        var type = entry.Type switch
        {
            TarType.CharacterDevice => Libc.S_IFCHR,
            TarType.BlockDevice => Libc.S_IFBLK,
            _ => Libc.S_IFIFO,
        };
        var device = entry.Type == TarType.Fifo ? 0 : DeviceNumber(entry.DeviceMajor, entry.DeviceMinor);
        if (device == 0 && entry.Type == TarType.CharacterDevice)
        {
            throw Refuse(entry, "it is the character device 0:0, which overlay file systems take for a whiteout");
        }

        fixed (byte* pointer = name)
        {
            if (Libc.mknodat(directory.Number, pointer, type | 0x180, device) != 0)
            {
                var error = KernelException.Last("mknod");
                if (error.Error != Errno.EEXIST)
                {
                    throw error;
                }

                RemoveExisting(directory, name);
                KernelException.Check(Libc.mknodat(directory.Number, pointer, type | 0x180, device), "mknod");
            }
        }

        SetAttributes(directory, name, entry);
    }

    /// <summary>makedev(3).</summary>
    private static ulong DeviceNumber(ulong major, ulong minor) =>
        ((major & 0xfffff000) << 32) | ((major & 0xfff) << 8) | ((minor & 0xffffff00) << 12) | (minor & 0xff);

    private ImageException Refuse(TarEntry entry, string reason) => new($"{subject}: entry \"{Printable.Short(entry.Name)}\" is refused: {reason}");

    private enum Found
    {
        Nothing,
        Directory,
        Whiteout,
        Other,
    }
}
