using System.Runtime.InteropServices;
using System.Text;
using Peapod.Kernel;
using Peapod.Kernel.Files;
using Peapod.Kernel.Interop;
using Peapod.Kernel.Terminals;
using Tmds.Linux;

namespace Peapod.Pod.Cli.Copying;

/// <summary>
/// Copies files, folders and symlinks, each step from an open folder to one name in it, so that nobody who renames or links meanwhile leads a
/// step elsewhere. Modes and times go along, set-user and set-group bits do not; what is no file, folder or symlink is left out, with a warning.
/// </summary>
/// <param name="warn">Told what is left out.</param>
/// <param name="keepsAllLinks">
/// Symlinks go along wherever they lead. Else only those of which it is certain that they stay in what is copied: what a container has made is
/// to lead nobody who works with the copy, a second copy to the same place among them, to files of the host.
/// </param>
internal sealed unsafe class TreeCopy(Action<string> warn, bool keepsAllLinks)
{
    private const uint Bits = 0x3ff; // 01777
    private const int BufferSize = 1 << 17;

    /// <summary>A path of 4,096 bytes, which is the longest, names nothing deeper than twice this.</summary>
    private const int DeepestFolder = 1024;

    /// <summary>Bytes of a file of the kernel's, whose size nobody knows before its end.</summary>
    private const long MostOfKernelFile = 1 << 26;

    /// <summary>File systems that are no files but the kernel's word: proc, sysfs, cgroup2, devpts, mqueue, bpf, debugfs, tracefs.</summary>
    private static readonly long[] KernelFileSystems = [0x9fa0, 0x62656572, 0x63677270, 0x1cd1, 0x19800202, 0xcafe4a11, 0x64626720, 0x74726163];

    private readonly byte[] buffer = new byte[BufferSize];

    /// <summary>How many folders of what is copied lie around the one that is being copied; -1 before the first.</summary>
    private int depth = -1;
    private (uint Major, uint Minor, ulong Inode)? top;

    /// <summary>Copies to a name in a folder.</summary>
    /// <param name="source">Opened with O_PATH.</param>
    /// <param name="shown">The source's name in errors.</param>
    internal void Copy(SafeFd source, SafeFd folder, ReadOnlySpan<byte> name, string shown)
    {
        var status = FileSystem.Stat(source, shown);
        switch (status.Type)
        {
            case Libc.S_IFREG:
                CopyFile(source, status, folder, name, shown);
                break;
            case Libc.S_IFDIR:
                CopyFolder(source, status, folder, name, shown);
                break;
            case Libc.S_IFLNK:
                CopyLink(source, folder, name, shown);
                break;
            default:
                warn($"warning: skipping \"{shown}\": {Kind(status.Type)}");
                break;
        }
    }

    /// <summary>Copies what is in a folder into another.</summary>
    internal void CopyContent(SafeFd source, SafeFd target, string shown)
    {
        if (++depth > DeepestFolder)
        {
            throw new PodException($"{shown}: folders are nested more than {DeepestFolder} deep");
        }

        top ??= Identity(FileSystem.Stat(target, shown));
        var from = FileSystem.Stat(source, shown);
        using var listed = FileSystem.OpenAt(source, ".", Libc.O_RDONLY | Libc.O_DIRECTORY);
        foreach (var name in Names(listed, shown))
        {
            var child = $"{shown.TrimEnd('/')}/{Text(name)}";
            using var opened = TryOpenAt(listed, name, Libc.O_PATH | Libc.O_NOFOLLOW, 0, child);
            if (opened is null)
            {
                warn($"warning: \"{child}\": it went away");
                continue;
            }

            var status = FileSystem.Stat(opened, child);
            if (Identity(status) == top)
            {
                warn($"warning: skipping \"{child}\": it is where the copy goes");
            }
            else if ((status.DevMajor, status.DevMinor) != (from.DevMajor, from.DevMinor) && IsOfKernel(opened))
            {
                warn($"warning: skipping \"{child}\": a file system of the kernel's");
            }
            else
            {
                Copy(opened, target, name, child);
            }
        }

        depth--;
    }

    /// <summary>Copies into a file that is there already.</summary>
    /// <param name="target">Opened with O_PATH.</param>
    internal void CopyInto(SafeFd source, SafeFd target, string shown, string targetShown)
    {
        if (FileSystem.Stat(target, targetShown).Type != Libc.S_IFREG)
        {
            throw new PodException($"{targetShown}: is {Kind(FileSystem.Stat(target, targetShown).Type)}, not a file");
        }

        RefuseKernel(target, targetShown);
        using var written = Reopen(target, Libc.O_WRONLY | Libc.O_TRUNC, targetShown);
        CopyBytes(source, FileSystem.Stat(source, shown), written, shown);
    }

    /// <summary>A symlink that a container has put there must not lead what an administrator copies into the kernel's settings.</summary>
    internal static void RefuseKernel(SafeFd target, string shown)
    {
        if (IsOfKernel(target))
        {
            throw new PodException($"{shown}: is in a file system of the kernel's; nothing is copied there");
        }
    }

    internal static SafeFd OpenFolder(SafeFd folder, string shown)
    {
        try
        {
            return FileSystem.OpenAt(folder, ".", Libc.O_RDONLY | Libc.O_DIRECTORY);
        }
        catch (KernelException e)
        {
            throw new PodException($"{shown}: {KernelException.Describe(e.Error)}", e);
        }
    }

    private static (uint Major, uint Minor, ulong Inode) Identity(in Statx status) => (status.DevMajor, status.DevMinor, status.Inode);

    private void CopyFile(SafeFd source, in Statx status, SafeFd folder, ReadOnlySpan<byte> name, string shown)
    {
        using var written = Create(folder, name, shown);
        CopyBytes(source, status, written, shown);
    }

    private void CopyBytes(SafeFd source, in Statx status, SafeFd written, string shown)
    {
        using var read = Reopen(source, Libc.O_RDONLY, shown);
        if (IsOfKernel(read))
        {
            CopyKernelFile(read, written, shown);
        }
        else
        {
            CopyData(read, (long)status.Size, written, shown);
        }

        KernelException.Check(Libc.fchmod(written.Number, status.Mode & Bits), "fchmod", shown);
        SetTime(written, status, shown);
    }

    /// <summary>Copies what the file had when it was opened, though a container may write on and on, and its holes as holes. lseek(2).</summary>
    private void CopyData(SafeFd read, long size, SafeFd written, string shown)
    {
        long position = 0;
        while (position < size)
        {
            var data = Libc.lseek(read.Number, position, Libc.SEEK_DATA);
            if (data < 0 && KernelException.Last("lseek", shown) is { Error: not Errno.ENXIO } error)
            {
                throw error;
            }

            if (data < 0 || data >= size)
            {
                break;
            }

            var end = Math.Min(size, KernelException.Check((nint)Libc.lseek(read.Number, data, Libc.SEEK_HOLE), "lseek", shown));
            KernelException.Check((nint)Libc.lseek(read.Number, data, Libc.SEEK_SET), "lseek", shown);
            KernelException.Check((nint)Libc.lseek(written.Number, data, Libc.SEEK_SET), "lseek", shown);
            for (position = data; position < end;)
            {
                var count = FileSystem.Read(read, buffer.AsSpan(0, (int)Math.Min(buffer.Length, end - position)), shown);
                if (count == 0)
                {
                    // It has become shorter meanwhile.
                    return;
                }

                FileSystem.Write(written, buffer.AsSpan(0, count), shown);
                position += count;
            }
        }

        KernelException.Check(Libc.ftruncate(written.Number, size), "ftruncate", shown);
    }

    private void CopyKernelFile(SafeFd read, SafeFd written, string shown)
    {
        long copied = 0;
        int count;
        while ((count = FileSystem.Read(read, buffer, shown)) > 0)
        {
            FileSystem.Write(written, buffer.AsSpan(0, count), shown);
            copied += count;
            if (copied > MostOfKernelFile)
            {
                throw new PodException($"{shown}: has no end within {MostOfKernelFile >> 20} MiB");
            }
        }
    }

    private void CopyFolder(SafeFd source, in Statx status, SafeFd folder, ReadOnlySpan<byte> name, string shown)
    {
        const uint own = 0x1c0; // 0700
        bool isNew;
        fixed (byte* bytes = Terminated(name))
        {
            isNew = Libc.mkdirat(folder.Number, bytes, own) == 0;
            if (!isNew && KernelException.Last("mkdir", shown) is { Error: not Errno.EEXIST } error)
            {
                throw error;
            }
        }

        SafeFd target;
        try
        {
            target = OpenAt(folder, name, Libc.O_RDONLY | Libc.O_DIRECTORY | Libc.O_NOFOLLOW, 0, shown);
        }
        catch (KernelException e) when (e.Error is Errno.ENOTDIR or Errno.ELOOP)
        {
            throw new PodException($"{shown}: cannot overwrite the non-directory \"{Text(name)}\" with a directory", e);
        }

        using (target)
        {
            RefuseKernel(target, shown);
            CopyContent(source, target, shown);
            if (isNew)
            {
                KernelException.Check(Libc.fchmod(target.Number, status.Mode & Bits), "fchmod", shown);
                SetTime(target, status, shown);
            }
        }
    }

    private void CopyLink(SafeFd source, SafeFd folder, ReadOnlySpan<byte> name, string shown)
    {
        var text = stackalloc byte[4097];
        var length = KernelException.Check(Libc.readlinkat(source.Number, "", text, 4096), "readlink", shown);
        text[length] = 0;
        var leadsTo = new ReadOnlySpan<byte>(text, (int)length);
        if (!keepsAllLinks && !StaysBelow(leadsTo, depth))
        {
            warn($"warning: skipping symlink: \"{shown}\" -> \"{Text(leadsTo)}\": it may lead out of what is copied");
            return;
        }

        fixed (byte* bytes = Terminated(name))
        {
            while (Libc.symlinkat(text, folder.Number, bytes) != 0)
            {
                var error = KernelException.Last("symlink", shown);
                if (error.Error != Errno.EEXIST)
                {
                    throw error;
                }

                Unlink(folder, bytes, shown);
            }
        }
    }

    /// <summary>
    /// Whether a symlink stays within the copy whatever the other symlinks there are: "..", no more of them than there are folders around it, and
    /// then names only. Behind a name, which may be another symlink's, nobody knows what ".." is.
    /// </summary>
    /// <param name="text">What the symlink holds.</param>
    /// <param name="depth">How many folders of the copy lie around it.</param>
    internal static bool StaysBelow(ReadOnlySpan<byte> text, int depth)
    {
        if (text is [] or [(byte)'/', ..])
        {
            return false;
        }

        var named = false;
        foreach (var range in text.Split((byte)'/'))
        {
            var part = text[range];
            if (part.SequenceEqual(".."u8))
            {
                if (named || --depth < 0)
                {
                    return false;
                }
            }
            else if (part is not ([] or [(byte)'.']))
            {
                named = true;
            }
        }

        return true;
    }

    /// <summary>A new file, or the one that is there, emptied. A symlink, and what is no file, gives way.</summary>
    private static SafeFd Create(SafeFd folder, ReadOnlySpan<byte> name, string shown)
    {
        const uint own = 0x180; // 0600
        while (true)
        {
            using (var there = TryOpenAt(folder, name, Libc.O_PATH | Libc.O_NOFOLLOW, 0, shown))
            {
                switch (there is null ? 0 : FileSystem.Stat(there, shown).Type)
                {
                    case 0:
                        break;
                    case Libc.S_IFREG:
                        RefuseKernel(there!, shown);
                        return Reopen(there!, Libc.O_WRONLY | Libc.O_TRUNC, shown);
                    case Libc.S_IFDIR:
                        throw new PodException($"{shown}: cannot overwrite the directory \"{Text(name)}\" with a file");
                    default:
                        fixed (byte* bytes = Terminated(name))
                        {
                            Unlink(folder, bytes, shown);
                        }

                        break;
                }
            }

            fixed (byte* bytes = Terminated(name))
            {
                var fd = Libc.openat(folder.Number, bytes, Libc.O_WRONLY | Libc.O_CREAT | Libc.O_EXCL | Libc.O_NOFOLLOW | Libc.O_CLOEXEC, own);
                if (fd >= 0)
                {
                    return new SafeFd(fd);
                }
            }

            if (KernelException.Last("open", shown) is { Error: not Errno.EEXIST } error)
            {
                throw error;
            }
        }
    }

    private static void Unlink(SafeFd folder, byte* name, string shown)
    {
        if (Libc.unlinkat(folder.Number, name, 0) != 0 && KernelException.Last("unlink", shown) is { Error: not Errno.ENOENT } error)
        {
            throw error;
        }
    }

    /// <summary>The same inode, opened for reading or writing: whatever has its name by now. Waits for nobody: not for a lease, not for words.</summary>
    private static SafeFd Reopen(SafeFd file, int flags, string shown) =>
        SafeFd.Check(Libc.open($"/proc/self/fd/{file.Number}", flags | Libc.O_NOCTTY | Libc.O_NONBLOCK | Libc.O_CLOEXEC, 0), "open", shown);

    private static void SetTime(SafeFd file, in Statx status, string shown)
    {
        var times = stackalloc timespec[2];
        times[0].tv_nsec = Libc.UTIME_OMIT;
        times[1] = new() { tv_sec = status.ModifyTime.Seconds, tv_nsec = (long_t)(long)status.ModifyTime.Nanoseconds };
        KernelException.Check(Libc.futimens(file.Number, times), "futimens", shown);
    }

    private static bool IsOfKernel(SafeFd file) => Libc.fstatfs(file.Number, out var status) == 0 && KernelFileSystems.AsSpan().Contains(status.Type);

    private static SafeFd OpenAt(SafeFd folder, ReadOnlySpan<byte> name, int flags, uint mode, string shown)
    {
        fixed (byte* bytes = Terminated(name))
        {
            return SafeFd.Check(Libc.openat(folder.Number, bytes, flags | Libc.O_CLOEXEC, mode), "open", shown);
        }
    }

    private static SafeFd? TryOpenAt(SafeFd folder, ReadOnlySpan<byte> name, int flags, uint mode, string shown)
    {
        try
        {
            return OpenAt(folder, name, flags, mode, shown);
        }
        catch (KernelException e) when (e.Error == Errno.ENOENT)
        {
            return null;
        }
    }

    /// <summary>As bytes: a name need not be UTF-8.</summary>
    private static List<byte[]> Names(SafeFd folder, string shown)
    {
        var names = new List<byte[]>();
        var entries = stackalloc byte[8192];
        while (true)
        {
            var count = (int)KernelException.Check(Libc.getdents64(folder.Number, entries, 8192), "getdents64", shown);
            if (count == 0)
            {
                return names;
            }

            // struct linux_dirent64: u64 ino, s64 offset, u16 record length, u8 type, name.
            for (var position = 0; position < count; position += *(ushort*)(entries + position + 16))
            {
                var name = MemoryMarshal.CreateReadOnlySpanFromNullTerminated(entries + position + 19);
                if (!name.SequenceEqual("."u8) && !name.SequenceEqual(".."u8))
                {
                    names.Add(name.ToArray());
                }
            }
        }
    }

    private static byte[] Terminated(ReadOnlySpan<byte> name) => [.. name, 0];

    private static string Text(ReadOnlySpan<byte> name) => Printable.Line(Encoding.UTF8.GetString(name));

    private static string Kind(uint type) => type switch
    {
        Libc.S_IFIFO => "a fifo",
        Libc.S_IFSOCK => "a socket",
        Libc.S_IFCHR => "a character device",
        Libc.S_IFBLK => "a block device",
        Libc.S_IFDIR => "a directory",
        _ => "a symlink",
    };
}
