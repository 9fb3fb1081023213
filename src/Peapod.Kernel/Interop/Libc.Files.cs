using System.Runtime.InteropServices;
using Tmds.Linux;

namespace Peapod.Kernel.Interop;

public static unsafe partial class Libc
{
    public static int O_RDONLY => LibC.O_RDONLY;
    public static int O_WRONLY => LibC.O_WRONLY;
    public static int O_RDWR => LibC.O_RDWR;
    public static int O_CREAT => LibC.O_CREAT;
    public static int O_EXCL => LibC.O_EXCL;
    public static int O_NOCTTY => LibC.O_NOCTTY;
    public static int O_TRUNC => LibC.O_TRUNC;
    public static int O_APPEND => LibC.O_APPEND;
    public static int O_NONBLOCK => LibC.O_NONBLOCK;
    public static int O_CLOEXEC => LibC.O_CLOEXEC;
    public static int O_PATH => LibC.O_PATH;

    /// <summary>The flags whose values arm64 exchanged with others.</summary>
    public static int O_DIRECTORY => LibC.O_DIRECTORY;

    /// <inheritdoc cref="O_DIRECTORY"/>
    public static int O_TMPFILE => LibC.O_TMPFILE;

    /// <inheritdoc cref="O_DIRECTORY"/>
    public static int O_NOFOLLOW => LibC.O_NOFOLLOW;

    public static int F_GETFD => LibC.F_GETFD;
    public static int F_SETFD => LibC.F_SETFD;
    public static int F_GETFL => LibC.F_GETFL;
    public static int F_SETFL => LibC.F_SETFL;
    public static int F_DUPFD_CLOEXEC => LibC.F_DUPFD_CLOEXEC;
    public static int F_ADD_SEALS => LibC.F_ADD_SEALS;
    public static int FD_CLOEXEC => LibC.FD_CLOEXEC;
    public static int F_SEAL_SEAL => LibC.F_SEAL_SEAL;
    public static int F_SEAL_SHRINK => LibC.F_SEAL_SHRINK;
    public static int F_SEAL_GROW => LibC.F_SEAL_GROW;
    public static int F_SEAL_WRITE => LibC.F_SEAL_WRITE;

    public static uint MFD_CLOEXEC => LibC.MFD_CLOEXEC;
    public static uint MFD_ALLOW_SEALING => LibC.MFD_ALLOW_SEALING;
    public const uint MFD_EXEC = 0x10;

    public static int F_OFD_GETLK => LibC.F_OFD_GETLK;
    public static int F_OFD_SETLK => LibC.F_OFD_SETLK;
    public static int F_OFD_SETLKW => LibC.F_OFD_SETLKW;
    public static short F_RDLCK => (short)LibC.F_RDLCK;
    public static short F_WRLCK => (short)LibC.F_WRLCK;
    public static short F_UNLCK => (short)LibC.F_UNLCK;

    // Constants, unlike Tmds.LibC's, because patterns want them.
    public const uint S_IFMT = 0xF000;
    public const uint S_IFDIR = 0x4000;
    public const uint S_IFCHR = 0x2000;
    public const uint S_IFBLK = 0x6000;
    public const uint S_IFREG = 0x8000;
    public const uint S_IFIFO = 0x1000;
    public const uint S_IFLNK = 0xA000;
    public const uint S_IFSOCK = 0xC000;

    public static int SEEK_SET => LibC.SEEK_SET;
    public const int SEEK_DATA = 3;
    public const int SEEK_HOLE = 4;

    // Constants, unlike Tmds.LibC's, because the tests' attributes want them.
    public const ulong RESOLVE_NO_XDEV = 0x01;
    public const ulong RESOLVE_NO_MAGICLINKS = 0x02;
    public const ulong RESOLVE_NO_SYMLINKS = 0x04;
    public const ulong RESOLVE_BENEATH = 0x08;
    public const ulong RESOLVE_IN_ROOT = 0x10;

    public static uint STATX_BASIC_STATS => LibC.STATX_BASIC_STATS;

    public const int LOCK_EX = 2;
    public const int LOCK_NB = 4;

    public const uint SPLICE_F_NONBLOCK = 2;

    [LibraryImport(Library, SetLastError = true)]
    public static partial nint tee(int input, int output, nuint length, uint flags);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int flock(int fd, int operation);

    [LibraryImport(Library, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial nint lgetxattr(string path, string name, void* value, nuint size);

    public static int open(string path, int flags, uint mode)
    {
        using var pathText = new CString(path, stackalloc byte[CString.StackBytes]);
        return LibC.open(pathText, flags, (ushort)mode);
    }

    public static int openat(int dirfd, string path, int flags, uint mode)
    {
        using var pathText = new CString(path, stackalloc byte[CString.StackBytes]);
        return LibC.openat(dirfd, pathText, flags, (ushort)mode);
    }

    public static int openat2(int dirfd, string path, in open_how how)
    {
        using var pathText = new CString(path, stackalloc byte[CString.StackBytes]);
        return openat2(dirfd, (byte*)pathText, how);
    }

    public static int close(int fd) => LibC.close(fd);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int close_range(uint first, uint last, int flags);

    public static int F_OK => LibC.F_OK;
    public static int W_OK => LibC.W_OK;

    public static int access(string path, int mode)
    {
        using var pathText = new CString(path, stackalloc byte[CString.StackBytes]);
        return LibC.access(pathText, mode);
    }

    public static nint read(int fd, void* buffer, nuint count) => (nint)(long)LibC.read(fd, buffer, (size_t)(ulong)count);

    public static nint pread(int fd, void* buffer, nuint count, long offset) => (nint)(long)LibC.pread(fd, buffer, (size_t)(ulong)count, offset);

    public static nint write(int fd, void* buffer, nuint count) => (nint)(long)LibC.write(fd, buffer, (size_t)(ulong)count);

    public static long lseek(int fd, long offset, int whence) => LibC.lseek(fd, offset, whence);

    public static int fcntl(int fd, int command, nint argument) => LibC.fcntl(fd, command, (void*)argument);

    public static int fcntl(int fd, int command, flock* argument) => LibC.fcntl(fd, command, argument);

    public static int fsync(int fd) => LibC.fsync(fd);

    public static int ftruncate(int fd, long length) => LibC.ftruncate(fd, length);

    public static int statx(int dirfd, string path, int flags, uint mask, out Statx buffer)
    {
        using var pathText = new CString(path, stackalloc byte[CString.StackBytes]);
        fixed (Statx* pointer = &buffer)
        {
            return LibC.statx(dirfd, pathText, flags, mask, (statx*)pointer);
        }
    }

    [LibraryImport(Library, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int statfs(string path, out Statfs buffer);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int fstatfs(int fd, out Statfs buffer);

    public static int mkdirat(int dirfd, string path, uint mode)
    {
        using var pathText = new CString(path, stackalloc byte[CString.StackBytes]);
        return LibC.mkdirat(dirfd, pathText, (ushort)mode);
    }

    [LibraryImport(Library, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int mknodat(int dirfd, string path, uint mode, ulong device);

    public static int unlinkat(int dirfd, string path, int flags)
    {
        using var pathText = new CString(path, stackalloc byte[CString.StackBytes]);
        return LibC.unlinkat(dirfd, pathText, flags);
    }

    [LibraryImport(Library, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int renameat(int olddirfd, string oldpath, int newdirfd, string newpath);

    public static int symlinkat(string target, int newdirfd, string linkpath)
    {
        using var targetText = new CString(target, stackalloc byte[CString.StackBytes]);
        using var linkpathText = new CString(linkpath, stackalloc byte[CString.StackBytes]);
        return LibC.symlinkat(targetText, newdirfd, linkpathText);
    }

    public static int linkat(int olddirfd, string oldpath, int newdirfd, string newpath, int flags)
    {
        using var oldpathText = new CString(oldpath, stackalloc byte[CString.StackBytes]);
        using var newpathText = new CString(newpath, stackalloc byte[CString.StackBytes]);
        return LibC.linkat(olddirfd, oldpathText, newdirfd, newpathText, flags);
    }

    public static nint readlinkat(int dirfd, string path, byte* buffer, nuint size)
    {
        using var pathText = new CString(path, stackalloc byte[CString.StackBytes]);
        return (nint)(long)LibC.readlinkat(dirfd, pathText, buffer, (size_t)(ulong)size);
    }

    public static int fchmodat(int dirfd, string path, uint mode, int flags)
    {
        using var pathText = new CString(path, stackalloc byte[CString.StackBytes]);
        return LibC.fchmodat(dirfd, pathText, (ushort)mode, flags);
    }

    public static int fchmod(int fd, uint mode) => LibC.fchmod(fd, (ushort)mode);

    public static int fchown(int fd, uint uid, uint gid) => LibC.fchown(fd, uid, gid);

    public static int fchownat(int dirfd, string path, uint uid, uint gid, int flags)
    {
        using var pathText = new CString(path, stackalloc byte[CString.StackBytes]);
        return LibC.fchownat(dirfd, pathText, uid, gid, flags);
    }

    public static int utimensat(int dirfd, string path, timespec* times, int flags)
    {
        using var pathText = new CString(path, stackalloc byte[CString.StackBytes]);
        return LibC.utimensat(dirfd, pathText, times, flags);
    }

    public static int futimens(int fd, timespec* times) => LibC.futimens(fd, times);

    [LibraryImport(Library, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int fsetxattr(int fd, string name, void* value, nuint size, int flags);

    [LibraryImport(Library, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int lsetxattr(string path, string name, void* value, nuint size, int flags);

    [LibraryImport(Library, SetLastError = true)]
    public static partial nint getdents64(int fd, void* buffer, nuint count);

    public static int memfd_create(string name, uint flags)
    {
        using var nameText = new CString(name, stackalloc byte[CString.StackBytes]);
        return LibC.memfd_create(nameText, flags);
    }

    public static int pipe2(int* fds, int flags) => LibC.pipe2(fds, flags);

    public static int dup3(int oldfd, int newfd, int flags) => LibC.dup3(oldfd, newfd, flags);
}

/// <summary>struct statx of statx(2), the same on every architecture.</summary>
[StructLayout(LayoutKind.Sequential)]
public unsafe struct Statx
{
    public uint Mask;
    public uint BlockSize;
    public ulong Attributes;
    public uint LinkCount;
    public uint Uid;
    public uint Gid;
    public ushort Mode;
    private ushort spare;
    public ulong Inode;
    public ulong Size;
    public ulong Blocks;
    public ulong AttributesMask;
    public StatxTimestamp AccessTime;
    public StatxTimestamp BirthTime;
    public StatxTimestamp ChangeTime;
    public StatxTimestamp ModifyTime;
    public uint RdevMajor;
    public uint RdevMinor;
    public uint DevMajor;
    public uint DevMinor;
    public ulong MountId;
    private fixed ulong reserved[13];

    /// <summary>The file type bits, one of <c>Libc.S_IF*</c>.</summary>
    public readonly uint Type => Mode & Libc.S_IFMT;

    public readonly bool IsDirectory => Type == Libc.S_IFDIR;
}

/// <summary>struct statx_timestamp.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct StatxTimestamp
{
    public long Seconds;
    public uint Nanoseconds;
    private int reserved;
}

/// <summary>struct statfs of statfs(2) on 64-bit architectures.</summary>
[StructLayout(LayoutKind.Sequential)]
public unsafe struct Statfs
{
    public long Type;
    public long BlockSize;
    public ulong Blocks;
    public ulong BlocksFree;
    public ulong BlocksAvailable;
    public ulong Files;
    public ulong FilesFree;
    private fixed int id[2];
    public long NameLength;
    public long FragmentSize;
    public long Flags;
    private fixed long spare[4];
}
