using System.Runtime.InteropServices;
using Tmds.Linux;

namespace Peapod.Kernel.Interop;

/// <summary>
/// The calls that take a file name, with the name as the kernel sees it: bytes up to a NUL. File names in images and in containers
/// need not be UTF-8, and a name that went through a string and came back changed is another file's name.
/// </summary>
public static unsafe partial class Libc
{
    public static int UTIME_OMIT => LibC.UTIME_OMIT;

    public static int openat(int dirfd, byte* path, int flags, uint mode) => LibC.openat(dirfd, path, flags, (ushort)mode);

    public static int openat2(int dirfd, byte* path, in open_how how)
    {
        fixed (open_how* pointer = &how)
        {
            return LibC.openat2(dirfd, path, pointer, sizeof(open_how));
        }
    }

    public static int statx(int dirfd, byte* path, int flags, uint mask, out Statx buffer)
    {
        fixed (Statx* pointer = &buffer)
        {
            return LibC.statx(dirfd, path, flags, mask, (statx*)pointer);
        }
    }

    public static int mkdirat(int dirfd, byte* path, uint mode) => LibC.mkdirat(dirfd, path, (ushort)mode);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int mknodat(int dirfd, byte* path, uint mode, ulong device);

    public static int unlinkat(int dirfd, byte* path, int flags) => LibC.unlinkat(dirfd, path, flags);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int renameat(int olddirfd, byte* oldpath, int newdirfd, byte* newpath);

    public static int symlinkat(byte* target, int newdirfd, byte* linkpath) => LibC.symlinkat(target, newdirfd, linkpath);

    public static int linkat(int olddirfd, byte* oldpath, int newdirfd, byte* newpath, int flags) => LibC.linkat(olddirfd, oldpath, newdirfd, newpath, flags);

    public static int fchmodat(int dirfd, byte* path, uint mode, int flags) => LibC.fchmodat(dirfd, path, (ushort)mode, flags);

    public static int fchownat(int dirfd, byte* path, uint uid, uint gid, int flags) => LibC.fchownat(dirfd, path, uid, gid, flags);

    public static int utimensat(int dirfd, byte* path, timespec* times, int flags) => LibC.utimensat(dirfd, path, times, flags);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int fsetxattr(int fd, byte* name, void* value, nuint size, int flags);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int lsetxattr(byte* path, byte* name, void* value, nuint size, int flags);

    /// <summary>Writes out everything of the file system that <paramref name="fd"/> is on. syncfs(2).</summary>
    public static int syncfs(int fd) => LibC.syncfs(fd);
}
