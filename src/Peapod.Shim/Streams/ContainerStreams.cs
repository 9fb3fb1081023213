using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using Peapod.Container;
using Peapod.Container.Spawning;
using Peapod.Kernel;
using Peapod.Kernel.Files;
using Peapod.Kernel.Interop;
using Peapod.Kernel.Sockets;
using Peapod.Shim.Keeping;
using Peapod.Shim.Layout;
using Peapod.Shim.Logging;
using Peapod.Shim.Logs;

namespace Peapod.Shim.Streams;

/// <summary>
/// A container's standard streams, or its terminal, on their way to its log and to those who are attached. The streams are fifos that the
/// container has open for reading too: it never meets a broken pipe when its shim dies, and the next one opens them by name and loses nothing.
/// </summary>
internal sealed unsafe class ContainerStreams : IDisposable
{
    private const int BufferSize = 16384;

    /// <summary>Bytes of a terminal's first output that are kept for the one who attaches first, which is always after the start.</summary>
    private const int EarlyLimit = 1 << 16;

    /// <summary>Bytes that are read of a terminal whose container has ended; the kernel keeps less.</summary>
    private const int LongestDrain = 256 << 10;

    /// <summary>Milliseconds after which a terminal that its processes have all closed is looked at again: one may open it anew.</summary>
    private const int HungUpPause = 1000;

    /// <summary>Milliseconds for a terminal that was sent before the container executed.</summary>
    private const int TerminalPatience = 1000;

    // Names of fifos, and of what the keeper keeps.
    private const string Output = "stdout";
    private const string Error = "stderr";
    private const string Input = "stdin";
    private const string Terminal = "terminal";
    private const string Console = "console";
    private const string Viewer = "viewer";

    private readonly string id;
    private readonly StreamOptions options;
    private readonly ShimFolders folders;
    private readonly Keeper keeper;
    private readonly PipePeek peek;
    private readonly ILogger logger;
    private LogWriter? log;
    private LogWriter.Stream? output;
    private LogWriter.Stream? error;
    private SafeFd? outputFifo;
    private SafeFd? errorFifo;
    private SafeFd? input;
    private SafeFd? terminal;
    private SafeFd? viewer;
    private byte[] unseen = [];
    private List<byte>? early;
    private long hungUpUntil;

    internal ContainerStreams(string id, StreamOptions options, ShimFolders folders, Keeper keeper, PipePeek peek, ILogger logger)
    {
        this.peek = peek;
        this.logger = logger;
        this.id = id;
        this.options = options;
        this.folders = folders;
        this.keeper = keeper;
    }

    /// <summary>The streams for a new run of the container, to be disposed of by the caller.</summary>
    /// <param name="run">The run's number, from 0: how often it was started again.</param>
    /// <param name="owner">The host's number of the container's user, whose the fifos become, so that it may reopen /dev/stdout.</param>
    internal NewStreams OpenForContainer(int run, uint owner)
    {
        CloseForContainer();
        OpenLog(run);
        if (options.Terminal)
        {
            var (receiver, sender) = UnixSocket.Pair(Libc.SOCK_STREAM);
            keeper.Keep(NameOf(Console), receiver);
            return new NewStreams(default, receiver, sender);
        }

        MakeFifo(Output, owner);
        MakeFifo(Error, owner);
        OpenReaders();
        return new NewStreams(new StandardStreams(OpenInput(owner), Open(Output, Libc.O_RDWR), Open(Error, Libc.O_RDWR)), null, null);
    }

    /// <summary>Takes the terminal that the container has sent.</summary>
    /// <exception cref="ContainerException">It has sent none.</exception>
    internal void TakeTerminal(SafeFd receiver)
    {
        var descriptors = new List<SafeFd>(1);
        if (!UnixSocket.WaitForInput(receiver, TerminalPatience) || UnixSocket.Receive(receiver, stackalloc byte[64], descriptors) <= 0 || descriptors.Count == 0)
        {
            throw new ContainerException($"container \"{id}\": tty: its terminal has not come");
        }

        terminal = descriptors[0];
        keeper.Keep(NameOf(Terminal), terminal);
        keeper.Drop(NameOf(Console));
        early = [];
        KernelException.Check(Libc.fcntl(terminal.Number, Libc.F_SETFL, Libc.O_RDWR | Libc.O_NONBLOCK), "fcntl");
    }

    /// <summary>Goes on with the streams of a container that an earlier supervisor started.</summary>
    /// <param name="run">The run's number.</param>
    /// <param name="kept">What the keeper has kept: what is the container's is taken out of it.</param>
    internal void Adopt(int run, Dictionary<string, SafeFd> kept)
    {
        OpenLog(run);
        kept.Remove(NameOf(Input), out input);
        kept.Remove(NameOf(Terminal), out terminal);
        kept.Remove(NameOf(Viewer), out viewer);
        if (!options.Terminal)
        {
            OpenReaders();
        }
        else if (terminal is null && kept.Remove(NameOf(Console), out var receiver))
        {
            using (receiver)
            {
                TryTakeTerminal(receiver);
            }
        }
    }

    /// <summary>The supervisor before may have died, and its container's init with it, before the terminal was sent. That ends no supervisor.</summary>
    private void TryTakeTerminal(SafeFd receiver)
    {
        try
        {
            TakeTerminal(receiver);
        }
        catch (ContainerException e)
        {
            logger.CannotDo("take a terminal over", e.Message);
        }
    }

    /// <summary>A new keeper knows nothing yet.</summary>
    internal void KeepAll()
    {
        Keep(Output, outputFifo);
        Keep(Error, errorFifo);
        Keep(Input, input);
        Keep(Terminal, terminal);
        Keep(Viewer, viewer);

        void Keep(string name, SafeFd? fd)
        {
            if (fd is not null)
            {
                keeper.Keep(NameOf(name), fd);
            }
        }
    }

    /// <summary>What a client that attaches gets: the way in, and for a terminal the way out.</summary>
    /// <returns>Null when there is nothing to be attached to. The descriptors are the caller's.</returns>
    internal IReadOnlyList<SafeFd>? Attach()
    {
        if (terminal is not null)
        {
            viewer?.Dispose();
            (unseen, early) = (early?.ToArray() ?? [], null);
            (viewer, var theirs) = UnixSocket.Pair(Libc.SOCK_STREAM | Libc.SOCK_NONBLOCK);
            keeper.Keep(NameOf(Viewer), viewer);
            return [terminal.Duplicate(), theirs];
        }

        if (input is null)
        {
            return null;
        }

        var way = input.Duplicate();
        if (options.InputOnce)
        {
            keeper.Drop(NameOf(Input));
            input.Dispose();
            input = null;
        }

        return [way];
    }

    /// <summary>Adds what is to be polled for.</summary>
    internal void AddTo(List<PollFd> entries, ref long next)
    {
        Add(outputFifo, Libc.POLLIN);
        Add(errorFifo, Libc.POLLIN);
        if (unseen.Length > 0)
        {
            // As with any terminal, who writes waits for who looks.
            Add(viewer, Libc.POLLOUT);
        }
        else if (Environment.TickCount64 >= hungUpUntil)
        {
            Add(terminal, Libc.POLLIN);
        }
        else
        {
            next = Math.Min(next, hungUpUntil);
        }

        void Add(SafeFd? fd, short events)
        {
            if (fd is not null)
            {
                entries.Add(new() { Fd = fd.Number, Events = events });
            }
        }
    }

    /// <summary>Copies some of what there is.</summary>
    internal void Pump()
    {
        PumpOnce(outputFifo, output);
        PumpOnce(errorFifo, error);
        Show([]);
        if (unseen.Length == 0)
        {
            PumpTerminal();
        }
    }

    /// <summary>
    /// Copies what the container has written, once it has ended. Whoever else holds its streams may write on without end: only what
    /// is there now counts.
    /// </summary>
    internal void Drain()
    {
        Drain(outputFifo, output);
        Drain(errorFifo, error);
        for (var taken = 0; taken < LongestDrain && PumpTerminal() is > 0 and var count; taken += count)
        {
        }

        output?.Finish();
        error?.Finish();
        if (viewer is not null && unseen.Length > 0)
        {
            keeper.Drop(NameOf(Viewer));
            LastLook.Give(viewer, unseen);
            viewer = null;
        }

        CloseForContainer();
    }

    public void Dispose()
    {
        CloseForContainer();
        outputFifo?.Dispose();
        errorFifo?.Dispose();
        log?.Dispose();
    }

    private void OpenLog(int run)
    {
        log?.Dispose();
        log = LogWriter.Open(folders.LogsOf(id), run, limits: null, logger);
        output = new LogWriter.Stream(log, "stdout");
        error = new LogWriter.Stream(log, "stderr");
    }

    private void CloseForContainer()
    {
        Close(Input, input);
        Close(Terminal, terminal);
        Close(Viewer, viewer);
        (input, terminal, viewer, unseen, early) = (null, null, null, [], null);
    }

    private void Close(string name, SafeFd? fd)
    {
        if (fd is not null)
        {
            keeper.Drop(NameOf(name));
            fd.Dispose();
        }
    }

    /// <summary>Whether that name, of what the keeper keeps, is that of a pipe to a log.</summary>
    internal static bool IsOfLog(string name) => name.EndsWith($".{Output}", StringComparison.Ordinal) || name.EndsWith($".{Error}", StringComparison.Ordinal);

    private string NameOf(string stream) => $"{id}.{stream}";

    private SafeFd OpenInput(uint owner)
    {
        if (!options.Input)
        {
            return FileSystem.Open("/dev/null", Libc.O_RDONLY);
        }

        MakeFifo(Input, owner);
        var reader = Open(Input, Libc.O_RDONLY | Libc.O_NONBLOCK);
        KernelException.Check(Libc.fcntl(reader.Number, Libc.F_SETFL, Libc.O_RDONLY), "fcntl");
        input = Open(Input, Libc.O_WRONLY);
        keeper.Keep(NameOf(Input), input);
        return reader;
    }

    /// <summary>
    /// For writing, too, though nothing is written: while somebody can write, a fifo that nobody else has open is empty. Otherwise it is
    /// at its end, which poll(2) reports without pause when a container has closed its streams.
    /// </summary>
    private void OpenReaders()
    {
        if (outputFifo is null || errorFifo is null)
        {
            outputFifo ??= Open(Output, Libc.O_RDWR | Libc.O_NONBLOCK);
            errorFifo ??= Open(Error, Libc.O_RDWR | Libc.O_NONBLOCK);

            // What a pipe holds goes with its last descriptor: the keeper's stays when this process and the container's are gone.
            keeper.Keep(NameOf(Output), outputFifo);
            keeper.Keep(NameOf(Error), errorFifo);
        }
    }

    private SafeFd Open(string stream, int flags) => FileSystem.Open(folders.FifoOf(id, stream), flags);

    private void MakeFifo(string stream, uint owner)
    {
        var path = folders.FifoOf(id, stream);
        if (Libc.mknodat(Libc.AT_FDCWD, path, Libc.S_IFIFO | 0x180, 0) != 0)
        {
            var failed = KernelException.Last("mkfifo", path);
            if (failed.Error != Errno.EEXIST)
            {
                throw failed;
            }
        }

        KernelException.Check(Libc.fchownat(Libc.AT_FDCWD, path, owner, uint.MaxValue, Libc.AT_SYMLINK_NOFOLLOW), "chown", path);
    }

    private void Drain(SafeFd? source, LogWriter.Stream? target)
    {
        var left = 0;
        if (source is null || Libc.ioctl(source.Number, Libc.FIONREAD, &left) != 0)
        {
            return;
        }

        while (left > 0 && PumpOnce(source, target, left) is > 0 and var count)
        {
            left -= count;
        }
    }

    /// <returns>How many bytes there were; 0 for none.</returns>
    private int PumpOnce(SafeFd? source, LogWriter.Stream? target, int most = BufferSize)
    {
        if (source is null)
        {
            return 0;
        }

        var buffer = stackalloc byte[BufferSize];
        var count = peek.Read(source, buffer, Math.Min(most, BufferSize));
        if (count == 0)
        {
            return 0;
        }

        // When there is more to come the last line is probably not whole: it stays for the next time.
        var text = new ReadOnlySpan<byte>(buffer, count);
        var isFull = count == BufferSize;
        if (isFull && text.LastIndexOf((byte)'\n') is >= 0 and var end)
        {
            text = text[..(end + 1)];
        }

        target?.Write(text, more: isFull);
        PipePeek.Take(source, buffer, text.Length);
        return text.Length;
    }

    /// <inheritdoc cref="PumpOnce"/>
    private int PumpTerminal()
    {
        if (terminal is null)
        {
            return 0;
        }

        var buffer = stackalloc byte[BufferSize];
        var count = Libc.read(terminal.Number, buffer, BufferSize);
        if (count > 0)
        {
            var text = new ReadOnlySpan<byte>(buffer, (int)count);
            output?.Write(text, more: count == BufferSize);
            if (viewer is not null)
            {
                Show(text);
            }
            else if (early?.Count < EarlyLimit)
            {
                early.AddRange(text);
            }
        }
        else if (count == 0 || Marshal.GetLastPInvokeError() == (int)Errno.EIO)
        {
            hungUpUntil = Environment.TickCount64 + HungUpPause;
        }

        return (int)Math.Max(0, count);
    }

    /// <summary>Sends text to the one who is attached, after what that one has not taken yet.</summary>
    private void Show(ReadOnlySpan<byte> text)
    {
        if (viewer is null)
        {
            return;
        }

        unseen = [.. unseen, .. text];
        while (unseen.Length > 0)
        {
            nint count;
            fixed (byte* data = unseen)
            {
                count = Libc.write(viewer.Number, data, (nuint)unseen.Length);
            }

            if (count < 0)
            {
                if (Marshal.GetLastPInvokeError() != (int)Errno.EAGAIN)
                {
                    Close(Viewer, viewer);
                    (viewer, unseen) = (null, []);
                }

                return;
            }

            unseen = unseen[(int)count..];
        }
    }

    /// <summary>One run's streams, as the container gets them.</summary>
    internal sealed record NewStreams(StandardStreams Streams, SafeFd? ConsoleReceiver, SafeFd? ConsoleSocket) : IDisposable
    {
        public void Dispose()
        {
            Streams.Input?.Dispose();
            Streams.Output?.Dispose();
            Streams.Error?.Dispose();
            ConsoleReceiver?.Dispose();
            ConsoleSocket?.Dispose();
        }
    }
}
