using System.Runtime.InteropServices;
using Peapod.Kernel.Interop;

namespace Peapod.Kernel.Files;

/// <summary>
/// Removal of a tree that someone else filled: names of any bytes, directories of any mode, nested deeper than descriptors or stack would last.
/// Never follows a symlink and never leaves the file system it began on.
/// </summary>
public static unsafe class FileTree
{
    /// <summary>Deeper directories are moved up to the top first, so that a chain of a million costs no more descriptors than this.</summary>
    private const int MaximumDepth = 48;
    private const int MaximumRefilled = 1000;

    /// <summary>Removes what <paramref name="path"/> names, whatever it is. Nothing there is no error; another process removing the same is none either.</summary>
    public static void Remove(string path)
    {
        var slash = path.TrimEnd('/').LastIndexOf('/');
        var name = NullTerminated(path.TrimEnd('/')[(slash + 1)..]);
        var parent = Libc.open(slash > 0 ? path[..slash] : slash == 0 ? "/" : ".", Libc.O_PATH | Libc.O_DIRECTORY | Libc.O_CLOEXEC, 0);
        if (parent < 0)
        {
            var error = KernelException.Last("open", path);
            if (error.Error == Errno.ENOENT)
            {
                return;
            }

            throw error;
        }

        using var owned = new SafeFd(parent);
        Remove(owned, name, path);
    }

    /// <summary>Removes the entry <paramref name="name"/> (NUL-terminated) of <paramref name="parent"/>, and all below it.</summary>
    public static void Remove(SafeFd parent, ReadOnlySpan<byte> name, string? subject = null)
    {
        if (TryUnlink(parent, name, subject))
        {
            return;
        }

        using var top = TryOpenDirectory(parent, name, subject);
        if (top is null)
        {
            return;
        }

        var status = FileSystem.Stat(top, subject);
        var removal = new Removal(top, status.DevMajor, status.DevMinor, subject);
        do
        {
            while (removal.Empty(top, 0))
            {
            }
        }
        while (!removal.TryRemoveDirectory(parent, name));
    }

    /// <summary>True when the name is gone, false when it is a directory.</summary>
    private static bool TryUnlink(SafeFd parent, ReadOnlySpan<byte> name, string? subject)
    {
        fixed (byte* pointer = name)
        {
            if (Libc.unlinkat(parent.Number, pointer, 0) == 0)
            {
                return true;
            }

            var error = KernelException.Last("unlink", subject);
            if (error.Error == Errno.ENOENT)
            {
                return true;
            }

            if (error.Error is not (Errno.EISDIR or Errno.EPERM))
            {
                throw error;
            }

            return false;
        }
    }

    /// <summary>The directory of that name (NUL-terminated); null when it is gone.</summary>
    internal static SafeFd? TryOpenDirectory(SafeFd parent, ReadOnlySpan<byte> name, string? subject)
    {
        fixed (byte* pointer = name)
        {
            var fd = Libc.openat(parent.Number, pointer, Libc.O_RDONLY | Libc.O_DIRECTORY | Libc.O_NOFOLLOW | Libc.O_CLOEXEC, 0);
            if (fd < 0 && Marshal.GetLastPInvokeError() == (int)Errno.ENOENT)
            {
                return null;
            }

            return SafeFd.Check(fd, "open", subject);
        }
    }

    internal static List<byte[]> Names(SafeFd directory, string? subject)
    {
        var names = new List<byte[]>();
        var buffer = stackalloc byte[8192];
        KernelException.Check((nint)Libc.lseek(directory.Number, 0, 0), "lseek", subject);
        while (true)
        {
            var count = (int)Libc.getdents64(directory.Number, buffer, 8192);

            // A directory that another process removed meanwhile is open still, but cannot be listed.
            if (count == 0 || (count < 0 && Marshal.GetLastPInvokeError() == (int)Errno.ENOENT))
            {
                return names;
            }

            KernelException.Check(count, "getdents64", subject);

            // struct linux_dirent64: u64 ino, s64 offset, u16 record length, u8 type, name.
            for (var position = 0; position < count; position += *(ushort*)(buffer + position + 16))
            {
                var name = MemoryMarshal.CreateReadOnlySpanFromNullTerminated(buffer + position + 19);
                if (!name.SequenceEqual("."u8) && !name.SequenceEqual(".."u8))
                {
                    names.Add([.. name, 0]);
                }
            }
        }
    }

    private static byte[] NullTerminated(string text) => [.. System.Text.Encoding.UTF8.GetBytes(text), 0];

    private sealed class Removal(SafeFd top, uint major, uint minor, string? subject)
    {
        private int moved;
        private int refilled;

        /// <summary>Removes a directory's contents; true when something was moved to the top that still has to go.</summary>
        internal bool Empty(SafeFd directory, int depth)
        {
            var again = false;
            foreach (var name in Names(directory, subject))
            {
                if (TryUnlink(directory, name, subject))
                {
                    continue;
                }

                using (var child = TryOpenDirectory(directory, name, subject))
                {
                    if (child is null)
                    {
                        continue;
                    }

                    var status = FileSystem.Stat(child, subject);
                    if (status.DevMajor != major || status.DevMinor != minor)
                    {
                        throw new KernelException("unlink", subject, Errno.EBUSY);
                    }

                    if (depth >= MaximumDepth && MoveToTop(directory, name))
                    {
                        again = true;
                        continue;
                    }

                    again |= Empty(child, depth + 1);
                }

                again |= !TryRemoveDirectory(directory, name);
            }

            return again;
        }

        /// <summary>False when it is not empty any more, as another process removing the same moved something there.</summary>
        internal bool TryRemoveDirectory(SafeFd directory, ReadOnlySpan<byte> name)
        {
            fixed (byte* pointer = name)
            {
                if (Libc.unlinkat(directory.Number, pointer, Libc.AT_REMOVEDIR) == 0)
                {
                    return true;
                }
            }

            var error = KernelException.Last("rmdir", subject);
            if (error.Error == Errno.ENOENT)
            {
                return true;
            }

            return error.Error == Errno.ENOTEMPTY && ++refilled < MaximumRefilled ? false : throw error;
        }

        private bool MoveToTop(SafeFd directory, byte[] name)
        {
            while (true)
            {
                var target = NullTerminated($".peapod-removed-{moved++}");
                fixed (byte* from = name, to = target)
                {
                    if (Libc.renameat(directory.Number, from, top.Number, to) == 0)
                    {
                        return true;
                    }
                }

                var error = KernelException.Last("rename", subject);
                if (error.Error == Errno.ENOENT)
                {
                    return false;
                }

                if (error.Error is not (Errno.EEXIST or Errno.ENOTEMPTY or Errno.ENOTDIR))
                {
                    throw error;
                }
            }
        }
    }
}
