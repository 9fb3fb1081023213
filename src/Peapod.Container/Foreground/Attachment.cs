using Peapod.Container.Notify;
using Peapod.Container.Spawning;
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

    /// <summary>A signal that asks for an end came: nobody who does not read is waited for any more.</summary>
    private bool isHurried;

    private readonly NotifySocket? notify;
    private readonly StreamRelay? relay;
    private readonly bool keepsOutput;
    private readonly DetachKeys? keys;

    private Attachment(bool terminal, NotifySocket? notify, StreamRelay? relay, bool keepsOutput, DetachKeys? keys)
    {
        this.notify = notify;
        this.relay = relay;
        this.keepsOutput = keepsOutput;
        this.keys = keys;
        if (terminal)
        {
            (consoleReceiver, ConsoleSocket) = UnixSocket.Pair(Libc.SOCK_STREAM);
        }
    }

    /// <summary>Where the new process's terminal is to be sent; null without one.</summary>
    public SafeFd? ConsoleSocket { get; }

    /// <summary>What the process gets for standard streams; those that are null are passed on.</summary>
    public StandardStreams Streams => relay?.Streams ?? default;

    /// <inheritdoc cref="StreamRelay.Failure"/>
    public KernelException? OutputFailure => relay?.Failure;

    /// <summary>
    /// runc's foreground: the process's terminal leaves line ends to this one (<see cref="Plans.PlanRequest.RelaysTerminal"/>), and without one of its
    /// own it does not get this one either.
    /// </summary>
    /// <param name="terminal">The process gets a terminal, which is joined to this one.</param>
    /// <param name="notify">Whose messages are passed on while the process runs; this process stays the one to watch.</param>
    /// <param name="passesTerminal">This terminal is the process's own all the same: it was checkpointed with it (--shell-job).</param>
    public static Attachment Open(bool terminal, NotifySocket? notify = null, bool passesTerminal = false) =>
        new(terminal, notify, terminal || passesTerminal ? null : StreamRelay.OfTerminals(), keepsOutput: true, keys: null);

    /// <summary>kubectl's: with a terminal every byte goes through as it is; without one all streams are pipes.</summary>
    /// <param name="terminal">The process gets a terminal, which is joined to this one.</param>
    /// <param name="input">Without a terminal: standard input is passed on.</param>
    /// <param name="keys">What is typed to leave the terminal to itself; null for nothing.</param>
    public static Attachment OpenPiped(bool terminal, bool input, DetachKeys? keys = null) =>
        new(terminal, notify: null, terminal ? null : StreamRelay.All(input), keepsOutput: false, keys);

    /// <summary>
    /// The process on a terminal of this one's size, from its first moment on. Were the size set when the other side has arrived here, the
    /// process might run by then: it would see no size, and a change of it that nobody made.
    /// </summary>
    public static Oci.Process Sized(Oci.Process process) => process.Terminal == true && RawMode.SizeOfCallers() is { } size
        ? process with { ConsoleSize = new Oci.ConsoleSize { Height = (uint)size.Rows, Width = (uint)size.Columns } }
        : process;

    /// <summary>Returns how the process, a child of ours, has ended; it is reaped, and so are others that were left to us.</summary>
    /// <returns>Null when the terminal was left by <see cref="DetachKeys"/>: the process runs on.</returns>
    public ExitStatus? TryWait(PidFd process)
    {
        relay?.Begin();
        if (consoleReceiver is not null)
        {
            ReceiveMaster();
        }

        var input = true;
        ExitStatus? ended = null;
        const int own = 5;
        var entries = stackalloc PollFd[own + StreamRelay.Count];
        while (true)
        {
            var timeout = ended is null ? -1 : relay?.TimeLeft() ?? 0;
            if (timeout == 0)
            {
                return ended;
            }

            entries[0] = new() { Fd = ended is null ? process.Number : -1, Events = Libc.POLLIN };
            entries[1] = new() { Fd = signals.Reader.Number, Events = Libc.POLLIN };
            entries[2] = new() { Fd = master?.Number ?? -1, Events = (short)(Libc.POLLIN | (pendingInput is null ? 0 : Libc.POLLOUT)) };
            entries[3] = new() { Fd = master is not null && input && pendingInput is null ? 0 : -1, Events = Libc.POLLIN };
            entries[4] = new() { Fd = notify?.Reader?.Number ?? -1, Events = Libc.POLLIN };
            relay?.AddTo(entries + own);
            if (Libc.poll(entries, (nuint)(relay is null ? own : own + StreamRelay.Count), timeout) < 0)
            {
                continue;
            }

            if (entries[1].ReturnedEvents != 0 && Forward(process, hasEnded: ended is not null))
            {
                return ended;
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
                if (keys is { IsComplete: true })
                {
                    return null;
                }
            }

            if (entries[4].ReturnedEvents != 0)
            {
                notify!.Relay(Environment.ProcessId);
            }

            relay?.Advance(entries + own);
            if (entries[0].ReturnedEvents != 0 && process.TryWait() is { } status)
            {
                DrainOutput();
                relay?.End(isHurried);
                ended = status;
            }
        }
    }

    /// <inheritdoc cref="TryWait"/>
    public ExitStatus Wait(PidFd process) => TryWait(process)!.Value;

    /// <summary>The other side of the process's terminal, now the caller's: when nobody has it any more, the process is hung up on.</summary>
    public SafeFd? TakeMaster()
    {
        var taken = master;
        master = null;
        return taken;
    }

    public void Dispose()
    {
        rawMode?.Dispose();
        relay?.Dispose();
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
        RawMode.CopySizeOfCallers(master);
        rawMode = RawMode.TryEnter(0, keepsOutput);
    }

    /// <returns>True when the process has ended, and we are to end, too, whatever of its output is still to be passed on.</returns>
    private bool Forward(PidFd process, bool hasEnded)
    {
        Span<byte> numbers = stackalloc byte[64];
        var count = signals.Read(numbers);
        var isAsked = false;
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
                        RawMode.CopySizeOfCallers(master);
                    }

                    break;
                default:
                    isAsked |= number is Signals.SIGHUP or Signals.SIGINT or Signals.SIGQUIT or Signals.SIGTERM;
                    if (!hasEnded)
                    {
                        process.Signal(number);
                    }

                    break;
            }
        }

        isHurried |= isAsked;
        return hasEnded && isAsked;
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

        var typed = keys is null ? buffer[..count].ToArray() : keys.Filter(buffer[..count]);
        if (typed.Length > 0)
        {
            pendingInput = typed;
            WritePending();
        }

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
