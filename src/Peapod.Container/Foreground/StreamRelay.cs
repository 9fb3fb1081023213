using Peapod.Container.Spawning;
using Peapod.Kernel;
using Peapod.Kernel.Files;
using Peapod.Kernel.Interop;

namespace Peapod.Container.Foreground;

/// <summary>
/// Pipes between this process's standard streams and those of a process in a container. Nothing of the caller's is open in there: not its
/// terminal, from which another user's keys could be read, nor a file of the host's.
/// </summary>
public sealed unsafe class StreamRelay : IDisposable
{
    /// <summary>Number of streams, and so of entries for poll(2).</summary>
    internal const int Count = 3;

    /// <summary>Milliseconds after the process's end in which others that have its streams may still be heard; Docker's.</summary>
    private const int Patience = 2000;

    private readonly StreamCopy?[] copies = new StreamCopy?[Count];
    private readonly SafeFd?[] given = new SafeFd?[Count];
    private readonly int[] owed = new int[Count];
    private long until = long.MaxValue;

    private StreamRelay()
    {
    }

    /// <summary>The process's ends, until it has been made; null for a stream that is passed on as it is.</summary>
    public StandardStreams Streams => new(given[0], given[1], given[2]);

    /// <summary>Why output could not be passed on; null when it was, and when its reader had enough.</summary>
    public KernelException? Failure => copies[1]?.Failure ?? copies[2]?.Failure;

    /// <summary>All streams.</summary>
    /// <param name="input">Pass on standard input; otherwise the process reads /dev/null.</param>
    public static StreamRelay All(bool input)
    {
        var relay = new StreamRelay();
        if (input)
        {
            relay.Open(0);
        }
        else
        {
            relay.given[0] = FileSystem.Open("/dev/null", Libc.O_RDONLY);
        }

        relay.Open(1);
        relay.Open(2);
        return relay;
    }

    /// <summary>Those that are a terminal, as runc does in the foreground; other descriptors are the process's by contract. Null when none is.</summary>
    public static StreamRelay? OfTerminals()
    {
        StreamRelay? relay = null;
        for (var stream = 0; stream < Count; stream++)
        {
            if (Libc.isatty(stream) == 1)
            {
                relay ??= new StreamRelay();
                relay.Open(stream);
            }
        }

        return relay;
    }

    public void Dispose()
    {
        for (var stream = 0; stream < Count; stream++)
        {
            given[stream]?.Dispose();
            copies[stream]?.Dispose();
        }
    }

    /// <summary>The process has its ends: ours of those are closed, so that an end of the other side is seen.</summary>
    internal void Begin()
    {
        foreach (var fd in given)
        {
            fd?.Dispose();
        }
    }

    /// <summary>Puts what is waited for at the beginning of <paramref name="entries"/>.</summary>
    internal void AddTo(PollFd* entries)
    {
        for (var stream = 0; stream < Count; stream++)
        {
            entries[stream] = copies[stream]?.Entry ?? new() { Fd = -1 };
        }
    }

    /// <summary>Copies what there is.</summary>
    internal void Advance(PollFd* entries)
    {
        for (var stream = 0; stream < Count; stream++)
        {
            if (entries[stream].ReturnedEvents != 0)
            {
                owed[stream] -= copies[stream]!.Advance();
            }
        }
    }

    /// <summary>The process has ended: what it wrote is owed to the reader, however slow that one is; what others write into its streams, only for a while.</summary>
    /// <param name="isHurried">All of it only for a while.</param>
    internal void End(bool isHurried)
    {
        copies[0]?.Dispose();
        owed[1] = isHurried ? 0 : copies[1]?.Underway() ?? 0;
        owed[2] = isHurried ? 0 : copies[2]?.Underway() ?? 0;
        until = Environment.TickCount64 + Patience;
    }

    /// <summary>After <see cref="End"/>: milliseconds to wait for more; -1 for as long as it takes, 0 when all is said.</summary>
    internal int TimeLeft()
    {
        var (output, error) = (IsOpen(1), IsOpen(2));
        return (output && owed[1] > 0) || (error && owed[2] > 0) ? -1
            : output || error ? (int)Math.Max(0, until - Environment.TickCount64) : 0;
    }

    private bool IsOpen(int stream) => copies[stream] is { IsOver: false };

    /// <summary>A pipe, only our end of it non-blocking: a process does not expect that of its own.</summary>
    private void Open(int stream)
    {
        var fds = stackalloc int[2];
        KernelException.Check(Libc.pipe2(fds, Libc.O_CLOEXEC), "pipe2");
        var (reader, writer) = (new SafeFd(fds[0]), new SafeFd(fds[1]));
        var (ours, theirs) = stream == 0 ? (writer, reader) : (reader, writer);
        KernelException.Check(Libc.fcntl(ours.Number, Libc.F_SETFL, Libc.O_NONBLOCK), "fcntl");
        given[stream] = theirs;
        copies[stream] = stream == 0 ? new StreamCopy(SafeFd.Borrow(0), ours) : new StreamCopy(ours, SafeFd.Borrow(stream));
    }
}
