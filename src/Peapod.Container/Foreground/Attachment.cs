using Peapod.Container.Notify;
using Peapod.Kernel;
using Peapod.Kernel.Files;
using Peapod.Kernel.Interop;
using Peapod.Kernel.Processes;
using Peapod.Kernel.Sockets;
using Peapod.Kernel.Terminals;

namespace Peapod.Container.Foreground;

/// <summary>
/// A process in the foreground: signals are passed on to it, a terminal's two sides are joined, and its end is waited for.
/// Opened before the process is made, so that no signal is lost; the terminal is restored however this ends.
/// </summary>
public sealed unsafe class Attachment : IDisposable
{
    /// <summary>
    /// All that somebody may send, but not what tells of a fault of our own, nor SIGPIPE, SIGTTIN and SIGTTOU, which our own reading and
    /// writing may bring, nor the first real-time signal, which .NET's runtime uses.
    /// </summary>
    private static readonly int[] Forwarded =
    [
        Signals.SIGHUP, Signals.SIGINT, Signals.SIGQUIT, Signals.SIGUSR1, Signals.SIGUSR2, Signals.SIGALRM, Signals.SIGTERM, Signals.SIGSTKFLT,
        Signals.SIGCHLD, Signals.SIGCONT, Signals.SIGTSTP, Signals.SIGXCPU, Signals.SIGXFSZ, Signals.SIGVTALRM, Signals.SIGPROF, Signals.SIGWINCH,
        Signals.SIGIO, Signals.SIGPWR, .. RealTime(),
    ];

    private static readonly SafeFd StandardOutput = SafeFd.Borrow(1);

    private readonly SignalPipe signals = SignalPipe.Open(Forwarded);
    private readonly SafeFd? consoleReceiver;
    private SafeFd? master;
    private RawMode? rawMode;
    private byte[]? pendingInput;

    private readonly NotifySocket? notify;

    private Attachment(bool terminal, NotifySocket? notify)
    {
        this.notify = notify;
        if (terminal)
        {
            (consoleReceiver, ConsoleSocket) = UnixSocket.Pair(Libc.SOCK_STREAM);
        }
    }

    /// <summary>Where the new process's terminal is to be sent; null without one.</summary>
    public SafeFd? ConsoleSocket { get; }

    /// <param name="terminal">The process gets a terminal, which is joined to this one.</param>
    /// <param name="notify">Whose messages are passed on while the process runs; this process stays the one to watch.</param>
    public static Attachment Open(bool terminal, NotifySocket? notify = null) => new(terminal, notify);

    /// <summary>
    /// The process on a terminal of this one's size, from its first moment on. Were the size set when the other side has arrived here, the
    /// process might run by then: it would see no size, and a change of it that nobody made.
    /// </summary>
    public static Oci.Process Sized(Oci.Process process) => process.Terminal == true && RawMode.SizeOf(0) is { } size
        ? process with { ConsoleSize = new Oci.ConsoleSize { Height = (uint)size.Rows, Width = (uint)size.Columns } }
        : process;

    /// <summary>Returns how the process, a child of ours, has ended; it is reaped, and so are others that were left to us.</summary>
    public ExitStatus Wait(PidFd process)
    {
        if (consoleReceiver is not null)
        {
            ReceiveMaster();
        }

        var input = true;
        var entries = stackalloc PollFd[5];
        while (true)
        {
            entries[0] = new() { Fd = process.Number, Events = Libc.POLLIN };
            entries[1] = new() { Fd = signals.Reader.Number, Events = Libc.POLLIN };
            entries[2] = new() { Fd = master?.Number ?? -1, Events = (short)(Libc.POLLIN | (pendingInput is null ? 0 : Libc.POLLOUT)) };
            entries[3] = new() { Fd = master is not null && input && pendingInput is null ? 0 : -1, Events = Libc.POLLIN };
            entries[4] = new() { Fd = notify?.Reader?.Number ?? -1, Events = Libc.POLLIN };
            if (Libc.poll(entries, 5, -1) < 0)
            {
                continue;
            }

            if (entries[1].ReturnedEvents != 0)
            {
                Forward(process);
            }

            if ((entries[2].ReturnedEvents & Libc.POLLOUT) != 0)
            {
                WritePending();
            }

            if ((entries[2].ReturnedEvents & ~Libc.POLLOUT) != 0 && !CopyOutput())
            {
                master!.Dispose();
                master = null;
            }

            if (entries[3].ReturnedEvents != 0)
            {
                input = ReadInput();
            }

            if (entries[4].ReturnedEvents != 0)
            {
                notify!.Relay(Environment.ProcessId);
            }

            if (entries[0].ReturnedEvents != 0 && process.TryWait() is { } status)
            {
                DrainOutput();
                return status;
            }
        }
    }

    public void Dispose()
    {
        rawMode?.Dispose();
        master?.Dispose();
        consoleReceiver?.Dispose();
        ConsoleSocket?.Dispose();
        signals.Dispose();
    }

    private static int[] RealTime()
    {
        var numbers = new int[Signals.Max - Signals.RealTimeMin];
        for (var i = 0; i < numbers.Length; i++)
        {
            numbers[i] = Signals.RealTimeMin + 1 + i;
        }

        return numbers;
    }

    private void ReceiveMaster()
    {
        var descriptors = new List<SafeFd>(1);
        Span<byte> name = stackalloc byte[64];
        UnixSocket.Receive(consoleReceiver!, name, descriptors);
        if (descriptors.Count == 0)
        {
            // What was restored has no terminal that it lost.
            return;
        }

        master = descriptors[0];
        KernelException.Check(Libc.fcntl(master.Number, Libc.F_SETFL, Libc.O_RDWR | Libc.O_NONBLOCK), "fcntl");
        RawMode.CopySize(0, master);
        rawMode = RawMode.TryEnter(0);
    }

    private void Forward(PidFd process)
    {
        Span<byte> numbers = stackalloc byte[64];
        var count = signals.Read(numbers);
        foreach (var number in numbers[..count])
        {
            switch (number)
            {
                case Signals.SIGCHLD:
                    ReapOthers(process);
                    break;
                case Signals.SIGWINCH:
                    if (master is not null)
                    {
                        RawMode.CopySize(0, master);
                    }

                    break;
                default:
                    process.Signal(number);
                    break;
            }
        }
    }

    /// <summary>Processes that lost their parent come to us when we are their sub-reaper.</summary>
    private static void ReapOthers(PidFd process)
    {
        const int P_ALL = 0;
        while (true)
        {
            SigInfo info = default;
            var looked = Libc.waitid(P_ALL, 0, &info, Libc.WEXITED | Libc.WNOHANG | Libc.WNOWAIT | Libc.__WALL) == 0;
            if (!looked || info.Pid == 0 || IsExited(process, info.Pid))
            {
                return;
            }

            Libc.waitid(Libc.P_PID, info.Pid, &info, Libc.WEXITED | Libc.WNOHANG | Libc.__WALL);
        }
    }

    private static bool IsExited(PidFd process, int pid)
    {
        SigInfo info = default;
        return Libc.waitid(Libc.P_PIDFD, process.Number, &info, Libc.WEXITED | Libc.WNOHANG | Libc.WNOWAIT | Libc.__WALL) == 0 && info.Pid == pid;
    }

    private bool ReadInput()
    {
        Span<byte> buffer = stackalloc byte[4096];
        int count;
        fixed (byte* pointer = buffer)
        {
            count = (int)Libc.read(0, pointer, (nuint)buffer.Length);
        }

        if (count <= 0)
        {
            return false;
        }

        pendingInput = buffer[..count].ToArray();
        WritePending();
        return true;
    }

    private void WritePending()
    {
        fixed (byte* pointer = pendingInput)
        {
            var count = (int)Libc.write(master!.Number, pointer, (nuint)pendingInput!.Length);
            if (count > 0)
            {
                pendingInput = count == pendingInput.Length ? null : pendingInput[count..];
            }
        }
    }

    /// <returns>False when the terminal has no other side any more.</returns>
    private bool CopyOutput()
    {
        Span<byte> buffer = stackalloc byte[16384];
        int count;
        fixed (byte* pointer = buffer)
        {
            count = (int)Libc.read(master!.Number, pointer, (nuint)buffer.Length);
        }

        if (count <= 0)
        {
            return count < 0 && System.Runtime.InteropServices.Marshal.GetLastPInvokeError() == (int)Errno.EAGAIN;
        }

        try
        {
            FileSystem.Write(StandardOutput, buffer[..count], "standard output");
        }
        catch (KernelException)
        {
            // Nobody reads any more; the process runs on, and what it says is dropped.
        }

        return true;
    }

    /// <summary>What the process wrote just before it ended.</summary>
    private void DrainOutput()
    {
        while (master is not null)
        {
            var entry = new PollFd { Fd = master.Number, Events = Libc.POLLIN };
            if (Libc.poll(&entry, 1, 0) <= 0 || (entry.ReturnedEvents & Libc.POLLIN) == 0 || !CopyOutput())
            {
                return;
            }
        }
    }
}
