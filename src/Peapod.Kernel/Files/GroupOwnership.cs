using Peapod.Kernel.Interop;

namespace Peapod.Kernel.Files;

/// <summary>Gives a tree that someone else filled to a group: names of any bytes, no symlink followed, no other file system entered.</summary>
public static unsafe class GroupOwnership
{
    private const uint GroupMayUseFolder = 0x400 | 0x1f8; // 02770
    private const uint GroupMayUseFile = 0x1b0; // 0660

    /// <summary>Each level costs a descriptor and some stack.</summary>
    private const int Deepest = 256;

    /// <summary>Every file and folder gets the group, with reading and writing; folders hand it on to what is made in them.</summary>
    /// <exception cref="KernelException">ENAMETOOLONG: the tree is deeper than 256 folders.</exception>
    public static void Give(string path, uint group)
    {
        using var top = FileSystem.Open(path, Libc.O_RDONLY | Libc.O_DIRECTORY | Libc.O_NOFOLLOW);
        var status = FileSystem.Stat(top, path);
        Give(top, status, group, path, 0);
    }

    /// <summary>Whether the folder itself is as giving it leaves it.</summary>
    public static bool Has(string path, uint group) =>
        FileSystem.TryStat(path, followSymlinks: false) is { } status && status.Gid == group && (status.Mode & GroupMayUseFolder) == GroupMayUseFolder;

    private static void Give(SafeFd folder, in Statx top, uint group, string subject, int depth)
    {
        if (depth > Deepest)
        {
            throw new KernelException("chown", subject, Errno.ENAMETOOLONG);
        }

        foreach (var name in FileTree.Names(folder, subject))
        {
            using var entry = TryOpen(folder, name, Libc.O_PATH, subject);
            if (entry is null)
            {
                continue;
            }

            var status = FileSystem.Stat(entry, subject);
            if (status.DevMajor != top.DevMajor || status.DevMinor != top.DevMinor)
            {
                continue;
            }

            if (!status.IsDirectory)
            {
                Set(entry, status, group, subject);
                continue;
            }

            using var inner = TryOpen(folder, name, Libc.O_RDONLY | Libc.O_DIRECTORY, subject);
            if (inner is not null)
            {
                Give(inner, top, group, subject, depth + 1);
            }
        }

        Set(folder, FileSystem.Stat(folder, subject), group, subject);
    }

    /// <summary>By descriptor, whatever it is open for. A symlink has no mode.</summary>
    private static void Set(SafeFd entry, in Statx status, uint group, string subject)
    {
        KernelException.Check(Libc.fchownat(entry.Number, "", uint.MaxValue, group, Libc.AT_EMPTY_PATH | Libc.AT_SYMLINK_NOFOLLOW), "chown", subject);
        if (status.Type != Libc.S_IFLNK)
        {
            var mode = (status.Mode & 0xfffu) | (status.IsDirectory ? GroupMayUseFolder : GroupMayUseFile);
            KernelException.Check(Libc.fchmodat(Libc.AT_FDCWD, $"/proc/self/fd/{entry.Number}", mode, 0), "chmod", subject);
        }
    }

    /// <summary>Null when it has gone, or is something else by now.</summary>
    private static SafeFd? TryOpen(SafeFd folder, byte[] name, int flags, string subject)
    {
        fixed (byte* pointer = name)
        {
            var fd = Libc.openat(folder.Number, pointer, flags | Libc.O_NOFOLLOW | Libc.O_CLOEXEC, 0);
            if (fd >= 0)
            {
                return new SafeFd(fd);
            }
        }

        var error = KernelException.Last("open", subject);
        return error.Error is Errno.ENOENT or Errno.ENOTDIR or Errno.ELOOP ? null : throw error;
    }
}
