using Peapod.Kernel.Interop;

namespace Peapod.Kernel.Terminals;

/// <summary>Puts a terminal into raw mode until disposed: every key goes through as it is. termios(3), cfmakeraw.</summary>
public sealed unsafe class RawMode : IDisposable
{
    private const uint IGNBRK = 1, BRKINT = 2, PARMRK = 8, ISTRIP = 0x20, INLCR = 0x40, IGNCR = 0x80, ICRNL = 0x100, IXON = 0x400;
    private const uint OPOST = 1;
    private const uint ECHO = 8, ECHONL = 0x40, ICANON = 2, ISIG = 1, IEXTEN = 0x8000;
    private const uint CSIZE = 0x30, PARENB = 0x100, CS8 = 0x30;
    private const int VTIME = 5, VMIN = 6;

    private readonly int fd;
    private readonly KernelTermios before;

    private RawMode(int fd, in KernelTermios before)
    {
        this.fd = fd;
        this.before = before;
    }

    /// <summary>Raw mode for <paramref name="fd"/>, or null when it is no terminal.</summary>
    /// <param name="keepsOutput">What is written goes on to be processed: line ends become CR LF here.</param>
    public static RawMode? TryEnter(int fd, bool keepsOutput = false)
    {
        KernelTermios settings;
        if (Libc.ioctl(fd, Libc.TCGETS, &settings) != 0)
        {
            return null;
        }

        var mode = new RawMode(fd, settings);
        settings.Input &= ~(IGNBRK | BRKINT | PARMRK | ISTRIP | INLCR | IGNCR | ICRNL | IXON);
        settings.Output &= keepsOutput ? ~0u : ~OPOST;
        settings.Local &= ~(ECHO | ECHONL | ICANON | ISIG | IEXTEN);
        settings.Control = (settings.Control & ~(CSIZE | PARENB)) | CS8;
        settings.Characters[VMIN] = 1;
        settings.Characters[VTIME] = 0;
        KernelException.Check(Libc.ioctl(fd, Libc.TCSETS, &settings), "ioctl(TCSETS)");
        return mode;
    }

    /// <summary>The terminal's rows and columns; null for what is no terminal, or has none.</summary>
    public static (int Rows, int Columns)? SizeOf(int fd)
    {
        WinSize size;
        return Libc.ioctl(fd, Libc.TIOCGWINSZ, &size) == 0 && size.Rows > 0 && size.Columns > 0 ? (size.Rows, size.Columns) : null;
    }

    /// <summary>
    /// The size of the terminal that the caller sits at: its standard streams may be elsewhere one by one, so all are asked, in runc's order, and
    /// the controlling terminal last. Null when there is none, or it has no size.
    /// </summary>
    public static (int Rows, int Columns)? SizeOfCallers()
    {
        for (var stream = 2; stream >= 0; stream--)
        {
            if (SizeOf(stream) is { } size)
            {
                return size;
            }
        }

        using var terminal = new SafeFd(Libc.open("/dev/tty", Libc.O_RDONLY | Libc.O_CLOEXEC | Libc.O_NOCTTY, 0));
        return terminal.IsInvalid ? null : SizeOf(terminal.Number);
    }

    /// <summary>Gives <paramref name="to"/> the size of <see cref="SizeOfCallers"/>, if there is one.</summary>
    public static void CopySizeOfCallers(SafeFd to)
    {
        if (SizeOfCallers() is var (rows, columns))
        {
            var size = new WinSize { Rows = (ushort)rows, Columns = (ushort)columns };
            Libc.ioctl(to.Number, Libc.TIOCSWINSZ, &size);
        }
    }

    public void Dispose()
    {
        fixed (KernelTermios* settings = &before)
        {
            Libc.ioctl(fd, Libc.TCSETS, settings);
        }
    }
}
