using System.Buffers;
using System.Text;
using Peapod.Kernel.Interop;
using Tmds.Linux;

namespace Peapod.Kernel.Files;

/// <summary>
/// Small file operations without System.IO, whose first use alone costs a start-up half a millisecond.
/// Every descriptor is close-on-exec; every failure is a <see cref="KernelException"/> naming the path.
/// </summary>
public static unsafe class FileSystem
{
    /// <summary>Characters of a file's name in that of its next version.</summary>
    private const int LongestPrefix = 200;

    /// <summary>The current directory, for calls that take a directory descriptor.</summary>
    public static readonly SafeFd WorkingDirectory = SafeFd.Borrow(Libc.AT_FDCWD);

    /// <summary>Bytes of what is read as a whole, unless a caller says otherwise: far more than any honest file here has, and far less than the heap.</summary>
    public const int MostRead = 16 << 20;

    /// <summary>open(2).</summary>
    public static SafeFd Open(string path, int flags, uint mode = 0) =>
        SafeFd.Check(Libc.open(path, flags | Libc.O_CLOEXEC, mode), "open", path);

    /// <summary>A regular file to be read. A FIFO in its place would make open(2) wait, and a device might do anything.</summary>
    public static SafeFd OpenRegular(string path) => Regular(Open(path, Libc.O_RDONLY | Libc.O_NONBLOCK | Libc.O_NOCTTY), path);

    /// <summary>openat(2).</summary>
    public static SafeFd OpenAt(SafeFd directory, string path, int flags, uint mode = 0) =>
        SafeFd.Check(Libc.openat(directory.Number, path, flags | Libc.O_CLOEXEC, mode), "openat", path);

    /// <summary>openat2(2) with <paramref name="root"/> as "/": neither symlinks nor ".." nor magic links lead out of it.</summary>
    public static SafeFd OpenInRoot(SafeFd root, string path, int flags, uint mode = 0)
    {
        var how = new open_how
        {
            flags = (ulong)(flags | Libc.O_CLOEXEC),
            mode = mode,
            resolve = Libc.RESOLVE_IN_ROOT | Libc.RESOLVE_NO_MAGICLINKS,
        };
        while (true)
        {
            var fd = Libc.openat2(root.Number, path, how);

            // EAGAIN: a rename raced with the resolution; the kernel asks to try again (openat2(2)).
            if (fd >= 0 || System.Runtime.InteropServices.Marshal.GetLastPInvokeError() != (int)Errno.EAGAIN)
            {
                return SafeFd.Check(fd, "openat2", path);
            }
        }
    }

    /// <summary>A directory descriptor for use as the root of later look-ups.</summary>
    public static SafeFd OpenDirectory(string path) => Open(path, Libc.O_PATH | Libc.O_DIRECTORY);

    /// <summary>Everything that a regular file holds. Anything else of that name is an error, and is never waited for.</summary>
    /// <param name="path">The file.</param>
    /// <param name="limit">In bytes; EFBIG for more.</param>
    public static byte[] ReadAllBytes(string path, int limit = MostRead)
    {
        using var fd = OpenRegular(path);
        return ReadAllBytes(fd, path, limit);
    }

    /// <summary>Everything that a user's file holds, which may be a pipe too; "-" is standard input.</summary>
    /// <param name="path">The file.</param>
    /// <param name="limit">In bytes; EFBIG for more.</param>
    public static byte[] ReadInput(string path, int limit = MostRead)
    {
        using var fd = path == "-" ? SafeFd.Borrow(0) : Open(path, Libc.O_RDONLY | Libc.O_NOCTTY);
        return ReadAllBytes(fd, path == "-" ? "standard input" : path, limit);
    }

    /// <summary>Everything from the descriptor's position on; works on /proc files, whose size is 0.</summary>
    public static byte[] ReadAllBytes(SafeFd fd, string path, int limit = MostRead)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(16384);
        var used = 0;
        try
        {
            while (true)
            {
                if (used == buffer.Length)
                {
                    var larger = ArrayPool<byte>.Shared.Rent(buffer.Length * 2);
                    buffer.AsSpan(0, used).CopyTo(larger);
                    ArrayPool<byte>.Shared.Return(buffer);
                    buffer = larger;
                }

                var count = Read(fd, buffer.AsSpan(used), path);
                if (count == 0)
                {
                    return buffer.AsSpan(0, used).ToArray();
                }

                used += count;
                if (used > limit)
                {
                    throw new KernelException("read", path, Errno.EFBIG);
                }
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>The file as text, without the final line end; null when it is not there.</summary>
    public static string? TryReadText(string path) => TryReadBytes(path) is { } bytes ? Encoding.UTF8.GetString(bytes).TrimEnd('\n') : null;

    /// <summary>Everything the file holds; null when it is not there.</summary>
    public static byte[]? TryReadBytes(string path) => TryReadBytes(WorkingDirectory, path);

    /// <summary>The same of a file in a directory.</summary>
    public static byte[]? TryReadBytes(SafeFd directory, string path)
    {
        var fd = Libc.openat(directory.Number, path, Libc.O_RDONLY | Libc.O_NONBLOCK | Libc.O_NOCTTY | Libc.O_CLOEXEC, 0);
        if (fd < 0)
        {
            var error = KernelException.Last("open", path);
            return error.Error is Errno.ENOENT or Errno.ENOTDIR ? null : throw error;
        }

        using var owned = Regular(new SafeFd(fd), path);
        try
        {
            return ReadAllBytes(owned, path);
        }
        catch (KernelException e) when (e.Error == Errno.ENODEV)
        {
            // cgroups(7): a cgroup that was removed since.
            return null;
        }
    }

    private static SafeFd Regular(SafeFd file, string path)
    {
        try
        {
            var stat = Stat(file, path);
            return stat.Type == Libc.S_IFREG ? file : throw new KernelException("open", path, stat.IsDirectory ? Errno.EISDIR : Errno.EINVAL, stat.IsDirectory ? null : "it is no regular file");
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>The file as text, without the final line end.</summary>
    public static string ReadText(string path) => Encoding.UTF8.GetString(ReadAllBytes(path)).TrimEnd('\n');

    /// <summary>read(2), once, retried after a signal; 0 at the end.</summary>
    public static int Read(SafeFd fd, Span<byte> buffer, string? subject = null)
    {
        fixed (byte* pointer = buffer)
        {
            while (true)
            {
                var count = Libc.read(fd.Number, pointer, (nuint)buffer.Length);
                if (count >= 0)
                {
                    return (int)count;
                }

                var error = KernelException.Last("read", subject);
                if (error.Error != Errno.EINTR)
                {
                    throw error;
                }
            }
        }
    }

    /// <summary>write(2) until everything is written.</summary>
    public static void Write(SafeFd fd, ReadOnlySpan<byte> data, string? subject = null)
    {
        fixed (byte* pointer = data)
        {
            var done = 0;
            while (done < data.Length)
            {
                var count = Libc.write(fd.Number, pointer + done, (nuint)(data.Length - done));
                if (count < 0)
                {
                    var error = KernelException.Last("write", subject);
                    if (error.Error == Errno.EINTR)
                    {
                        continue;
                    }

                    throw error;
                }

                done += (int)count;
            }
        }
    }

    /// <summary>Writes into a file that exists (of /proc, /sys or a cgroup) with one write(2).</summary>
    public static void WriteExisting(string path, string text)
    {
        using var fd = Open(path, Libc.O_WRONLY);
        Write(fd, Encoding.UTF8.GetBytes(text), path);
    }

    /// <inheritdoc cref="WriteExisting(string,string)"/>
    public static void WriteExisting(SafeFd directory, string name, string text)
    {
        using var fd = OpenAt(directory, name, Libc.O_WRONLY);
        Write(fd, Encoding.UTF8.GetBytes(text), name);
    }

    /// <summary>Makes or replaces <paramref name="name"/> by writing a new file and renaming it: readers see the old or the new one, whole.</summary>
    /// <param name="directory">Where it is.</param>
    /// <param name="name">The file.</param>
    /// <param name="data">What it holds then.</param>
    /// <param name="mode">Its permissions.</param>
    /// <param name="durably">It is on the disk, under its name, when this returns: whatever stops the host leaves the old file or the new one, whole.</param>
    public static void Replace(SafeFd directory, string name, ReadOnlySpan<byte> data, uint mode, bool durably = false)
    {
        // A name may be as long as a name can be; this one is longer.
        var temporary = $".{(name.Length > LongestPrefix ? name[..LongestPrefix] : name)}.{Libc.getpid()}.{Libc.gettid()}";
        try
        {
            using (var fd = OpenAt(directory, temporary, Libc.O_WRONLY | Libc.O_CREAT | Libc.O_TRUNC | Libc.O_NOFOLLOW, mode))
            {
                Write(fd, data, name);
                if (durably)
                {
                    KernelException.Check(Libc.fsync(fd.Number), "fsync", name);
                }
            }

            KernelException.Check(Libc.renameat(directory.Number, temporary, directory.Number, name), "rename", name);
            if (durably)
            {
                Sync(directory, name);
            }
        }
        catch
        {
            Libc.unlinkat(directory.Number, temporary, 0);
            throw;
        }
    }

    /// <summary>Writes out a directory: which names it has. fsync(2) takes no descriptor that only names it.</summary>
    public static void Sync(SafeFd directory, string? subject = null)
    {
        using var readable = OpenAt(directory, ".", Libc.O_RDONLY | Libc.O_DIRECTORY);
        KernelException.Check(Libc.fsync(readable.Number), "fsync", subject);
    }

    /// <summary>statx(2) of the descriptor itself.</summary>
    public static Statx Stat(SafeFd fd, string? subject = null)
    {
        KernelException.Check(Libc.statx(fd.Number, "", Libc.AT_EMPTY_PATH, Libc.STATX_BASIC_STATS, out var result), "statx", subject);
        return result;
    }

    /// <summary>statx(2) of a path, following symlinks; null when nothing is there.</summary>
    public static Statx? TryStat(string path, bool followSymlinks = true) => TryStat(WorkingDirectory, path, followSymlinks ? 0 : Libc.AT_SYMLINK_NOFOLLOW);

    /// <summary>statx(2) of what a directory has under that name, without following it; null when nothing is there.</summary>
    public static Statx? TryStat(SafeFd directory, string name) => TryStat(directory, name, Libc.AT_SYMLINK_NOFOLLOW);

    private static Statx? TryStat(SafeFd directory, string path, int flags)
    {
        if (Libc.statx(directory.Number, path, flags, Libc.STATX_BASIC_STATS, out var result) == 0)
        {
            return result;
        }

        var error = KernelException.Last("statx", path);
        return error.Error is Errno.ENOENT or Errno.ENOTDIR ? null : throw error;
    }

    /// <summary>mkdir(2); false when it was there already.</summary>
    public static bool MakeDirectory(string path, uint mode) => MakeDirectory(WorkingDirectory, path, mode);

    /// <inheritdoc cref="MakeDirectory(string,uint)"/>
    public static bool MakeDirectory(SafeFd parent, string path, uint mode)
    {
        if (Libc.mkdirat(parent.Number, path, mode) == 0)
        {
            return true;
        }

        var error = KernelException.Last("mkdir", path);
        return error.Error == Errno.EEXIST ? false : throw error;
    }

    /// <summary>Makes a directory and what is missing above it.</summary>
    public static void MakeDirectories(string path, uint mode)
    {
        if (Libc.mkdirat(Libc.AT_FDCWD, path, mode) == 0)
        {
            return;
        }

        var error = KernelException.Last("mkdir", path);
        if (error.Error == Errno.ENOENT && path.TrimEnd('/').LastIndexOf('/') is > 0 and var slash)
        {
            MakeDirectories(path[..slash], mode);
            MakeDirectory(path, mode);
        }
        else if (error.Error != Errno.EEXIST)
        {
            throw error;
        }
    }

    /// <summary>Removes a file; false when it was not there.</summary>
    public static bool RemoveFile(string path) => Remove(WorkingDirectory, path, 0);

    /// <summary>Removes an empty directory; false when it was not there.</summary>
    public static bool RemoveDirectory(string path) => Remove(WorkingDirectory, path, Libc.AT_REMOVEDIR);

    /// <summary>unlinkat(2); false when nothing was there.</summary>
    public static bool Remove(SafeFd directory, string name, int flags)
    {
        if (Libc.unlinkat(directory.Number, name, flags) == 0)
        {
            return true;
        }

        var error = KernelException.Last("unlink", name);
        return error.Error == Errno.ENOENT ? false : throw error;
    }

    /// <summary>The names in a directory, without "." and "..", in the kernel's order.</summary>
    public static List<string> List(string path)
    {
        using var fd = Open(path, Libc.O_RDONLY | Libc.O_DIRECTORY);
        return List(fd, path);
    }

    /// <inheritdoc cref="List(string)"/>
    public static List<string> List(SafeFd directory, string? subject = null) => List(directory, subject, static _ => true);

    /// <summary>The names of the directories in a directory of a file system that tells their kind (d_type), as those of the kernel's own do.</summary>
    public static List<string> ListDirectories(SafeFd directory, string? subject = null)
    {
        const byte kind = 4; // DT_DIR
        return List(directory, subject, static type => type == kind);
    }

    private static List<string> List(SafeFd directory, string? subject, Func<byte, bool> isWanted)
    {
        var names = new List<string>();
        var buffer = stackalloc byte[8192];
        while (true)
        {
            var count = (int)KernelException.Check(Libc.getdents64(directory.Number, buffer, 8192), "getdents64", subject);
            if (count == 0)
            {
                return names;
            }

            // struct linux_dirent64: u64 ino, s64 offset, u16 record length, u8 type, name.
            for (var position = 0; position < count; position += *(ushort*)(buffer + position + 16))
            {
                var name = System.Runtime.InteropServices.Marshal.PtrToStringUTF8((nint)(buffer + position + 19))!;
                if (name is not ("." or "..") && isWanted(buffer[position + 18]))
                {
                    names.Add(name);
                }
            }
        }
    }

    /// <summary>The target of a symbolic link.</summary>
    public static string? TryReadLink(string path)
    {
        try
        {
            return ReadLink(path);
        }
        catch (KernelException e) when (e.Error is Errno.ENOENT or Errno.ESRCH)
        {
            return null;
        }
    }

    /// <summary>readlink(2).</summary>
    public static string ReadLink(string path)
    {
        var buffer = stackalloc byte[4096];
        var length = KernelException.Check(Libc.readlinkat(Libc.AT_FDCWD, path, buffer, 4096), "readlink", path);
        return Encoding.UTF8.GetString(buffer, (int)length);
    }

    /// <summary>An anonymous executable file with <paramref name="content"/>, sealed so that nobody can ever change it. memfd_create(2).</summary>
    public static SafeFd SealedMemory(string name, ReadOnlySpan<byte> content, bool executable)
    {
        var flags = Libc.MFD_CLOEXEC | Libc.MFD_ALLOW_SEALING;
        var fd = Libc.memfd_create(name, flags | (executable ? Libc.MFD_EXEC : 0));
        if (fd < 0 && executable)
        {
            // MFD_EXEC came with Linux 6.3; before it every memfd was executable.
            fd = Libc.memfd_create(name, flags);
        }

        var memory = SafeFd.Check(fd, "memfd_create", name);
        try
        {
            Write(memory, content, name);
            var seals = Libc.F_SEAL_SEAL | Libc.F_SEAL_SHRINK | Libc.F_SEAL_GROW | Libc.F_SEAL_WRITE;
            KernelException.Check(Libc.fcntl(memory.Number, Libc.F_ADD_SEALS, seals), "fcntl", name);
            return memory;
        }
        catch
        {
            memory.Dispose();
            throw;
        }
    }
}
