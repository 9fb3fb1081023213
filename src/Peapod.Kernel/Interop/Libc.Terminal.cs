using System.Runtime.InteropServices;
using Tmds.Linux;

namespace Peapod.Kernel.Interop;

public static unsafe partial class Libc
{
    public static nuint TIOCGWINSZ => (nuint)(uint)LibC.TIOCGWINSZ;
    public static nuint TIOCSWINSZ => (nuint)(uint)LibC.TIOCSWINSZ;
    public static nuint TIOCSPTLCK => (nuint)(uint)LibC.TIOCSPTLCK;
    public static nuint TIOCGPTN => (nuint)(uint)LibC.TIOCGPTN;
    public static nuint TCGETS => (nuint)(uint)LibC.TCGETS;
    public static nuint TCSETS => (nuint)(uint)LibC.TCSETS;

    /// <summary>Bytes that can be read from a pipe or a terminal: ioctl_tty(2).</summary>
    public const nuint FIONREAD = 0x541b;

    public static int ioctl(int fd, nuint request, void* argument) => LibC.ioctl(fd, (int)request, argument);

    public static int ioctl_int(int fd, nuint request, nint argument) => ioctl(fd, request, (void*)argument);

    public static int isatty(int fd) => LibC.isatty(fd);
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
