using System.Runtime.InteropServices;

namespace Peapod.Kernel.Interop;

/// <summary>
/// The calls that take a file name, with the name as the kernel sees it: bytes up to a NUL. File names in images and in containers
/// need not be UTF-8, and a name that went through a string and came back changed is another file's name.
/// </summary>
public static unsafe partial class Libc
{
    public const int UTIME_OMIT = 0x3ffffffe;

    [LibraryImport(Library, SetLastError = true)]
    public static partial int openat(int dirfd, byte* path, int flags, uint mode);

    [LibraryImport(Library, EntryPoint = "syscall", SetLastError = true)]
    private static partial nint syscall_openat2_raw(nint number, int dirfd, byte* path, OpenHow* how, nuint size);

    /// <summary>openat2(2); glibc has no function for it.</summary>
    public static int openat2(int dirfd, byte* path, in OpenHow how)
    {
        fixed (OpenHow* pointer = &how)
        {
            return (int)syscall_openat2_raw((nint)SyscallNumber.Openat2, dirfd, path, pointer, (nuint)sizeof(OpenHow));
        }
    }

    [LibraryImport(Library, SetLastError = true)]
    public static partial int statx(int dirfd, byte* path, int flags, uint mask, out Statx buffer);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int mkdirat(int dirfd, byte* path, uint mode);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int mknodat(int dirfd, byte* path, uint mode, ulong device);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int unlinkat(int dirfd, byte* path, int flags);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int renameat(int olddirfd, byte* oldpath, int newdirfd, byte* newpath);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int symlinkat(byte* target, int newdirfd, byte* linkpath);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int linkat(int olddirfd, byte* oldpath, int newdirfd, byte* newpath, int flags);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int fchmodat(int dirfd, byte* path, uint mode, int flags);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int fchownat(int dirfd, byte* path, uint uid, uint gid, int flags);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int utimensat(int dirfd, byte* path, Timespec* times, int flags);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int fsetxattr(int fd, byte* name, void* value, nuint size, int flags);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int lsetxattr(byte* path, byte* name, void* value, nuint size, int flags);

    /// <summary>Writes out everything of the file system that <paramref name="fd"/> is on. syncfs(2).</summary>
    [LibraryImport(Library, SetLastError = true)]
    public static partial int syncfs(int fd);
}
