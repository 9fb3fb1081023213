using System.Text;
using Peapod.Container;
using Peapod.Container.Spawning;
using Peapod.Kernel;
using Peapod.Kernel.Files;
using Peapod.Kernel.Interop;
using Peapod.Kernel.Processes;
using Peapod.Shim.Loop;

namespace Peapod.Pod.Supervision.Probes;

/// <summary>A command in the container, as a child of the supervisor; its exit code is the answer.</summary>
internal sealed unsafe class ExecAttempt : Attempt
{
    /// <summary>Bytes of output that are kept; the kubelet's.</summary>
    private const int LongestOutput = 10 << 10;

    /// <summary>Bytes that are read in one turn of the supervisor's loop: a command that never stops writing keeps nobody else waiting.</summary>
    private const int MostInOneTurn = 64 << 10;

    private readonly IReadOnlyList<string> command;
    private readonly PodContext context;
    private readonly List<byte> text = [];
    private Work<PidFd>? making;
    private PidFd? process;
    private SafeFd? output;

    private ExecAttempt(PodContext context, IReadOnlyList<string> command, Work<PidFd> making, SafeFd output)
    {
        this.context = context;
        this.command = command;
        this.making = making;
        this.output = output;
    }

    /// <param name="context">The pod, whose runtime executes it.</param>
    /// <param name="container">Where.</param>
    /// <param name="command">The executable and its arguments; no shell.</param>
    internal static Attempt Begin(PodContext context, string container, IReadOnlyList<string> command)
    {
        var fds = stackalloc int[2];
        KernelException.Check(Libc.pipe2(fds, Libc.O_CLOEXEC), "pipe2");
        var (reader, writer) = (new SafeFd(fds[0]), new SafeFd(fds[1]));
        Libc.fcntl(reader.Number, Libc.F_SETFL, Libc.O_NONBLOCK);
        try
        {
            // The container's own processes can stop the command before it executes: see native/init, op_spawn.
            var making = context.Shim.Workers.BeginRepeated(interruption => Execute(context, container, command, writer, interruption), static made => made.KillAndReap());
            return new ExecAttempt(context, command, making, reader);
        }
        catch (ContainerException)
        {
            reader.Dispose();
            writer.Dispose();
            throw;
        }
    }

    internal override void AddTo(List<PollFd> entries)
    {
        if (process is not null)
        {
            Add(entries, process, Libc.POLLIN);
        }

        if (output is not null)
        {
            Add(entries, output, Libc.POLLIN);
        }
    }

    protected override AttemptResult? Go(long now)
    {
        if (making is not null)
        {
            if (!making.IsDone)
            {
                return null;
            }

            var made = making;
            making = null;
            try
            {
                process = made.Take();
            }
            catch (Exception e) when (PodFailure.Is(e))
            {
                return new(false, e.Message);
            }
        }

        // The order matters: what was written before the end is read after it was seen.
        var status = process!.WaitForExit(0) ? process.TryWait() : null;
        ReadOutput();
        if (status is not { } ended)
        {
            return null;
        }

        process.Dispose();
        process = null;
        return new(ended.Reported == 0, Encoding.UTF8.GetString([.. text]));
    }

    internal override AttemptResult TimedOut(long seconds) => new(false, $"command timed out: \"{string.Join(' ', command)}\" timed out after {seconds}s");

    public override void Dispose()
    {
        output?.Dispose();
        output = null;
        if (making is not null)
        {
            context.Shim.Workers.Abandon(making);
            making = null;
        }

        if (process is not null)
        {
            process.Signal(Signals.SIGKILL);
            context.Shim.Unreaped.Add(process);
            process = null;
        }
    }

    private static PidFd Execute(PodContext context, string container, IReadOnlyList<string> command, SafeFd writer, Interruption interruption)
    {
        using (writer)
        using (var nothing = FileSystem.Open("/dev/null", Libc.O_RDONLY))
        {
            return context.Shim.Runtime.Execute(container, command, new StandardStreams(nothing, writer, writer), interruption);
        }
    }

    private void ReadOutput()
    {
        var buffer = stackalloc byte[4096];
        for (nint taken = 0; output is not null && taken < MostInOneTurn;)
        {
            var count = Libc.read(output.Number, buffer, 4096);
            if (count > 0)
            {
                // Output beyond the limit is read and dropped, so that the command never waits for its reader.
                taken += count;
                text.AddRange(new ReadOnlySpan<byte>(buffer, (int)Math.Min(count, LongestOutput - text.Count)));
            }
            else if (count == 0)
            {
                output.Dispose();
                output = null;
            }
            else
            {
                return;
            }
        }
    }
}
