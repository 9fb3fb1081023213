namespace Peapod.Kernel.Interop;

/// <summary>
/// The C library as declared in the manual pages: C names, C types, blittable. Nothing here decides anything;
/// the classes around it turn results into handles and exceptions. One file per group of calls.
/// </summary>
public static unsafe partial class Libc
{
    private const string Library = "libc";

    public const int AT_FDCWD = -100;
    public const int AT_EMPTY_PATH = 0x1000;
    public const int AT_SYMLINK_NOFOLLOW = 0x100;
    public const int AT_REMOVEDIR = 0x200;
    public const int AT_RECURSIVE = 0x8000;
}
