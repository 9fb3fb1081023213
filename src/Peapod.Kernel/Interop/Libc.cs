using Tmds.Linux;
namespace Peapod.Kernel.Interop;

/// <summary>
/// The C library as declared in the manual pages: C names, C types, blittable. The declarations are Tmds.LibC's; this class passes strings
/// to them as C has them, and declares what they lack, most of it younger than they are. Nothing here decides anything; the classes around
/// it turn results into handles and exceptions. One file per group of calls. docs/decisions/libc.md
/// </summary>
public static unsafe partial class Libc
{
    private const string Library = "libc";

    public static int AT_FDCWD => LibC.AT_FDCWD;
    public static int AT_EMPTY_PATH => LibC.AT_EMPTY_PATH;
    public static int AT_SYMLINK_NOFOLLOW => LibC.AT_SYMLINK_NOFOLLOW;
    public static int AT_REMOVEDIR => LibC.AT_REMOVEDIR;
    public const int AT_RECURSIVE = 0x8000;
}
