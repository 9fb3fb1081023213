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
internal sealed unsafe class LayerUnpacker : IDisposable
{
    private const uint ImpliedDirectoryMode = 0x1ed;
    private const int BufferSize = 128 << 10;

    /// <summary>Bytes of directories' names to be remembered at a time. Beyond them times are set early, and may be changed by what is unpacked later.</summary>
    private const int RememberedNames = 32 << 20;

    private static readonly byte[] OpaqueAttribute = "trusted.overlay.opaque\0"u8.ToArray();

    private readonly SafeFd root;
    private readonly LoadLimits limits;
    private readonly string subject;
    private readonly byte[] buffer = new byte[BufferSize];
    private readonly List<(byte[] Path, long Seconds, long Nanoseconds)> directoryTimes = [];
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

    /// <summary>For what is open: owner first (chown clears set-user-id and capabilities), then mode, then extended attributes.</summary>
    private void SetAttributes(SafeFd file, TarEntry entry)
    {
        KernelException.Check(Libc.fchown(file.Number, entry.Uid, entry.Gid), "fchown");
        KernelException.Check(Libc.fchmod(file.Number, entry.Mode), "fchmod");
        foreach (var (name, value) in entry.ExtendedAttributes)
        {
            if (IsWelcome(name))
            {
                fixed (byte* key = EntryName.NullTerminated(name), data = value)
                {
                    CheckAttribute(Libc.fsetxattr(file.Number, key, data, (nuint)value.Length, 0), entry, name);
                }
            }
        }
    }

    /// <summary>For what must not be opened: symlinks, devices, fifos.</summary>
    private void SetAttributes(SafeFd directory, byte[] name, TarEntry entry)
    {
        fixed (byte* pointer = name)
        {
            KernelException.Check(Libc.fchownat(directory.Number, pointer, entry.Uid, entry.Gid, Libc.AT_SYMLINK_NOFOLLOW), "fchown");
            if (entry.Type != TarType.SymbolicLink)
            {
                KernelException.Check(Libc.fchmodat(directory.Number, pointer, entry.Mode, Libc.AT_SYMLINK_NOFOLLOW), "fchmod");
            }

            foreach (var (attribute, value) in entry.ExtendedAttributes)
            {
                // Linux lets none but trusted and security attributes be set on these.
                if (IsWelcome(attribute) && attribute.AsSpan().StartsWith("security."u8))
                {
                    byte[] path = [.. System.Text.Encoding.ASCII.GetBytes($"/proc/self/fd/{directory.Number}/"), .. name];
                    fixed (byte* key = EntryName.NullTerminated(attribute), data = value, subjectPath = path)
                    {
                        CheckAttribute(Libc.lsetxattr(subjectPath, key, data, (nuint)value.Length, 0), entry, attribute);
                    }
                }
            }

            var times = stackalloc timespec[2];
            SetTimes(times, entry.ModifiedSeconds, entry.ModifiedNanoseconds);
            KernelException.Check(Libc.utimensat(directory.Number, pointer, times, Libc.AT_SYMLINK_NOFOLLOW), "utimensat");
        }
    }

    /// <summary>Not the host's labels, and above all not overlayfs's own marks, with which an archive could redirect a look-up.</summary>
    private static bool IsWelcome(ReadOnlySpan<byte> name) => name.SequenceEqual("security.capability"u8)
        || name.SequenceEqual("system.posix_acl_access"u8) || name.SequenceEqual("system.posix_acl_default"u8)
        || (name.StartsWith("user."u8) && !name.StartsWith("user.overlay."u8));

    private void CheckAttribute(int result, TarEntry entry, ReadOnlySpan<byte> name)
    {
        if (result == 0)
        {
            return;
        }

        var error = KernelException.Last("setxattr");
        if (error.Error != Errno.EOPNOTSUPP || name.StartsWith("security."u8))
        {
            throw new ImageException($"{subject}: cannot set {Printable.Short(name)} on \"{Printable.Short(entry.Name)}\": {KernelException.Describe(error.Error)}", error);
        }
    }

    private static void SetOpaque(SafeFd directory)
    {
        fixed (byte* name = OpaqueAttribute)
        {
            var value = (byte)'y';
            KernelException.Check(Libc.fsetxattr(directory.Number, name, &value, 1, 0), "setxattr trusted.overlay.opaque");
        }
    }

    private static void SetTimes(timespec* times, long seconds, long nanoseconds)
    {
        // What no file system can keep (beyond the year 2446, or before 1901) becomes the epoch.
        var keepable = seconds is >= int.MinValue and < 15_032_385_536;
        times[0] = new() { tv_nsec = Libc.UTIME_OMIT };
        times[1] = keepable ? new() { tv_sec = seconds, tv_nsec = (long_t)nanoseconds } : default;
    }

    private void RememberTime(byte[] path, TarEntry entry)
    {
        directoryTimes.Add((path, entry.ModifiedSeconds, entry.ModifiedNanoseconds));
        rememberedNames += path.Length + 1;
        if (rememberedNames > RememberedNames)
        {
            SetDirectoryTimes();
        }
    }

    /// <summary>After everything, since each entry made in a directory changes its time.</summary>
    private void SetDirectoryTimes()
    {
        foreach (var (path, seconds, nanoseconds) in directoryTimes)
        {
            SetDirectoryTime(path, seconds, nanoseconds);
        }

        directoryTimes.Clear();
        rememberedNames = 0;
    }

    /// <summary>One that was replaced meanwhile is passed over.</summary>
    private void SetDirectoryTime(byte[] path, long seconds, long nanoseconds)
    {
        using var directory = OpenInRoot(path, Libc.O_RDONLY | Libc.O_DIRECTORY | Libc.O_NOFOLLOW);
        if (directory is not null)
        {
            var times = stackalloc timespec[2];
            SetTimes(times, seconds, nanoseconds);
            KernelException.Check(Libc.futimens(directory.Number, times), "futimens");
        }
    }

    /// <summary>The directory an entry lies in; made, as root's and world-readable, where the archive has no entry for it.</summary>
    private SafeFd OpenParent(TarEntry entry, ReadOnlySpan<byte> path)
    {
        if (path.IsEmpty)
        {
            return root;
        }

        if (parent is not null && path.SequenceEqual(parentPath))
        {
            return parent;
        }

        parent?.Dispose();
        parent = null;
        parentPath = null;
        parent = OpenInRoot(path, Libc.O_PATH | Libc.O_DIRECTORY) ?? MakeParents(entry, path);
        parentPath = path.ToArray();
        return parent;
    }

    private SafeFd MakeParents(TarEntry entry, ReadOnlySpan<byte> path)
    {
        var current = root.Duplicate();
        try
        {
            for (var end = 0; end < path.Length;)
            {
                var start = end == 0 ? 0 : end + 1;
                var slash = path[start..].IndexOf((byte)'/');
                end = slash < 0 ? path.Length : start + slash;
                var next = OpenInRoot(path[..end], Libc.O_PATH | Libc.O_DIRECTORY) ?? MakeParent(entry, current, EntryName.NullTerminated(path[start..end]));
                current.Dispose();
                current = next;
            }

            return current;
        }
        catch
        {
            current.Dispose();
            throw;
        }
    }

    private SafeFd MakeParent(TarEntry entry, SafeFd directory, byte[] name)
    {
        var found = Look(directory, name);
        if (found == Found.Whiteout)
        {
            RemoveExisting(directory, name);
        }
        else if (found != Found.Nothing)
        {
            throw Refuse(entry, $"\"{Printable.Short(name)}\" in its path is not a directory of the image");
        }

        fixed (byte* pointer = name)
        {
            KernelException.Check(Libc.mkdirat(directory.Number, pointer, ImpliedDirectoryMode), "mkdir");
        }

        using var made = OpenDirectory(directory, name);
        KernelException.Check(Libc.fchown(made.Number, 0, 0), "fchown");
        KernelException.Check(Libc.fchmod(made.Number, ImpliedDirectoryMode), "fchmod");
        if (found == Found.Whiteout)
        {
            SetOpaque(made);
        }

        return made.Duplicate();
    }

    /// <summary>Null when nothing is there, or something else than a directory, or a symlink that leads nowhere.</summary>
    private SafeFd? OpenInRoot(ReadOnlySpan<byte> path, int flags)
    {
        var how = new open_how
        {
            flags = (ulong)(flags | Libc.O_CLOEXEC),
            resolve = Libc.RESOLVE_IN_ROOT | Libc.RESOLVE_NO_MAGICLINKS | Libc.RESOLVE_NO_XDEV,
        };
        fixed (byte* pointer = path.IsEmpty ? EntryName.NullTerminated("."u8) : EntryName.NullTerminated(path))
        {
            while (true)
            {
                var fd = Libc.openat2(root.Number, pointer, how);
                if (fd >= 0)
                {
                    return new SafeFd(fd);
                }

                var error = KernelException.Last("openat2");
                switch (error.Error)
                {
                    case Errno.EAGAIN:
                        continue;
                    case Errno.ENOENT or Errno.ENOTDIR or Errno.ELOOP:
                        return null;
                    default:
                        throw error;
                }
            }
        }
    }

    private static SafeFd OpenDirectory(SafeFd directory, byte[] name)
    {
        fixed (byte* pointer = name)
        {
            return SafeFd.Check(Libc.openat(directory.Number, pointer, Libc.O_RDONLY | Libc.O_DIRECTORY | Libc.O_NOFOLLOW | Libc.O_CLOEXEC, 0), "open");
        }
    }

    private void RemoveExisting(SafeFd directory, byte[] name)
    {
        FileTree.Remove(directory, name, subject);

        // The remembered path may have led through what is gone now; its descriptor stays open for the caller, who may be using it.
        parentPath = null;
    }

    private static Found Look(SafeFd directory, byte[] name)
    {
        fixed (byte* pointer = name)
        {
            if (Libc.statx(directory.Number, pointer, Libc.AT_SYMLINK_NOFOLLOW, Libc.STATX_BASIC_STATS, out var status) == 0)
            {
                return status.IsDirectory ? Found.Directory
                    : status is { Type: Libc.S_IFCHR, RdevMajor: 0, RdevMinor: 0 } ? Found.Whiteout
                    : Found.Other;
            }

            var error = KernelException.Last("statx");
            return error.Error == Errno.ENOENT ? Found.Nothing : throw error;
        }
    }

    private ImageException Refuse(TarEntry entry, string reason) => new($"{subject}: entry \"{Printable.Short(entry.Name)}\" is refused: {reason}");

    private enum Found
    {
        Nothing,
        Directory,
        Whiteout,
        Other,
    }
}
