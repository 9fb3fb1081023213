using Peapod.Kernel.Interop;

namespace Peapod.Kernel.Files;

/// <summary>
/// What a tree that somebody else fills takes on its disk: by descriptors, never through a symlink, never into another file system, a file with
/// several names once.
/// </summary>
public sealed unsafe class DiskUsage
{
    /// <summary>Directories in each other that can be measured: each costs a descriptor.</summary>
    public const int DeepestTree = 256;

    /// <summary>Bytes that st_blocks counts in, whatever the file system's blocks are.</summary>
    private const long BlockSize = 512;

    private readonly HashSet<ulong> counted = [];
    private readonly string subject;
    private uint major;
    private uint minor;
    private long bytes;

    private DiskUsage(string subject) => this.subject = subject;

    /// <summary>Bytes that a directory and all in it take; 0 when it is not there. What goes meanwhile may count or not.</summary>
    /// <returns>Null for a tree that is deeper than <see cref="DeepestTree"/>.</returns>
    /// <exception cref="KernelException">It cannot be read.</exception>
    public static long? Of(string path)
    {
        SafeFd top;
        try
        {
            top = FileSystem.Open(path, Libc.O_RDONLY | Libc.O_DIRECTORY | Libc.O_NOFOLLOW);
        }
        catch (KernelException e) when (e.Error is Errno.ENOENT or Errno.ENOTDIR)
        {
            return 0;
        }

        using (top)
        {
            var status = FileSystem.Stat(top, path);
            var usage = new DiskUsage(path) { major = status.DevMajor, minor = status.DevMinor, bytes = (long)status.Blocks * BlockSize };
            return usage.Add(top, 1) ? usage.bytes : null;
        }
    }

    /// <returns>False when it is too deep.</returns>
    private bool Add(SafeFd directory, int depth)
    {
        foreach (var name in FileTree.Names(directory, subject))
        {
            Statx status;
            fixed (byte* pointer = name)
            {
                if (Libc.statx(directory.Number, pointer, Libc.AT_SYMLINK_NOFOLLOW, Libc.STATX_BASIC_STATS, out status) != 0)
                {
                    if (KernelException.Last("statx", subject) is { Error: not Errno.ENOENT } error)
                    {
                        throw error;
                    }

                    continue;
                }
            }

            if (status.DevMajor != major || status.DevMinor != minor || (status.LinkCount > 1 && !status.IsDirectory && !counted.Add(status.Inode)))
            {
                continue;
            }

            bytes += (long)status.Blocks * BlockSize;
            if (!status.IsDirectory)
            {
                continue;
            }

            if (depth >= DeepestTree)
            {
                return false;
            }

            using var child = FileTree.TryOpenDirectory(directory, name, subject);
            if (child is not null && !Add(child, depth + 1))
            {
                return false;
            }
        }

        return true;
    }
}
