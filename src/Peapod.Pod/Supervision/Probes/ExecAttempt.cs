using System.Text;
using Peapod.Container.Spawning;
using Peapod.Kernel;
using Peapod.Kernel.Files;
using Peapod.Kernel.Interop;
using Peapod.Kernel.Processes;
using Peapod.Pod.Supervision.Runtimes;

namespace Peapod.Pod.Supervision.Probes;

/// <summary>A command in the container, as a child of the supervisor; its exit code is the answer.</summary>
internal sealed unsafe class ExecAttempt : Attempt
{
    /// <summary>Bytes of output that are kept; the kubelet's.</summary>
    private const int LongestOutput = 10 << 10;

    /// <summary>Bytes that are read in one turn of the supervisor's loop: a command that never stops writing keeps nobody else waiting.</summary>
    private const int MostInOneTurn = 64 << 10;

    private readonly IReadOnlyList<string> command;
    private readonly List<PidFd> unreaped;
    private readonly List<byte> text = [];
    private PidFd? process;
    private SafeFd? output;

    private ExecAttempt(IReadOnlyList<string> command, PidFd process, SafeFd output, List<PidFd> unreaped)
    {
        this.command = command;
        this.process = process;
        this.output = output;
        this.unreaped = unreaped;
    }

    /// <param name="runtime">What executes it.</param>
    /// <param name="container">Where.</param>
    /// <param name="command">The executable and its arguments; no shell.</param>
    /// <param name="unreaped">Takes the process if it is given up: killed, and still to be reaped.</param>
    internal static Attempt Begin(IContainerRuntime runtime, string container, IReadOnlyList<string> command, List<PidFd> unreaped)
    {
        var fds = stackalloc int[2];
        KernelException.Check(Libc.pipe2(fds, Libc.O_CLOEXEC), "pipe2");
        var reader = new SafeFd(fds[0]);
        using var writer = new SafeFd(fds[1]);
        try
        {
            Libc.fcntl(reader.Number, Libc.F_SETFL, Libc.O_NONBLOCK);
            using var nothing = FileSystem.Open("/dev/null", Libc.O_RDONLY);
            return new ExecAttempt(command, runtime.Execute(container, command, new StandardStreams(nothing, writer, writer)), reader, unreaped);
        }
        catch (Exception e) when (PodFailure.Is(e))
        {
            reader.Dispose();
            return new FailedAttempt(e.Message);
        }
    }

    internal override void AddTo(List<PollFd> entries)
    {
        Add(entries, process!, Libc.POLLIN);
        if (output is not null)
        {
            Add(entries, output, Libc.POLLIN);
        }
    }

    protected override AttemptResult? Go(long now)
    {
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
        if (process is not null)
        {
            process.Signal(Signals.SIGKILL);
            unreaped.Add(process);
            process = null;
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
