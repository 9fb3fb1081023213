using System.Runtime.InteropServices;

namespace Peapod.Kernel.Interop;

public static unsafe partial class Libc
{
    public const nuint TIOCGWINSZ = 0x5413;
    public const nuint TIOCSWINSZ = 0x5414;
    public const nuint TIOCSPTLCK = 0x40045431;
    public const nuint TIOCGPTN = 0x80045430;
    public const nuint TIOCGPTPEER = 0x5441;
    public const nuint TCGETS = 0x5401;
    public const nuint TCSETS = 0x5402;

    [LibraryImport(Library, SetLastError = true)]
    public static partial int ioctl(int fd, nuint request, void* argument);

    [LibraryImport(Library, EntryPoint = "ioctl", SetLastError = true)]
    public static partial int ioctl_int(int fd, nuint request, nint argument);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int isatty(int fd);
}

/// <summary>struct winsize of ioctl_tty(2), in characters and pixels.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct WinSize
{
    public ushort Rows;
    public ushort Columns;
    public ushort XPixels;
    public ushort YPixels;
}

/// <summary>The kernel's struct termios (TCGETS), not glibc's.</summary>
[StructLayout(LayoutKind.Sequential)]
public unsafe struct KernelTermios
{
    public uint Input;
    public uint Output;
    public uint Control;
    public uint Local;
    public byte Line;
    public fixed byte Characters[19];
}
