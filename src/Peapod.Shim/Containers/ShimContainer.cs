using Peapod.Kernel;
using Peapod.Kernel.Files;
using Peapod.Kernel.Interop;
using Peapod.Kernel.Processes;
using Peapod.Shim.Loop;
using Peapod.Shim.Streams;

namespace Peapod.Shim.Containers;

/// <summary>
/// A container in its shim, by its id, and one attempt after the other at running it: made, started, its output taken, its end found out. It knows
/// nothing of why.
/// </summary>
internal sealed partial class ShimContainer : IDisposable
{
    /// <summary>Milliseconds in which the keeper tells how a process has ended that an earlier shim had started.</summary>
    private const long EndPatience = 2000;

    private readonly ShimContext shim;
    private bool hasExited;
    private bool endUnknown;
    private long endKnownBy;

    internal ShimContainer(string id, StreamOptions options, ShimContext shim)
    {
        Id = id;
        this.shim = shim;
        Streams = new ContainerStreams(id, options, shim.Folders, shim.Keeper, shim.Peek, shim.Log);
    }

    internal string Id { get; }

    /// <summary>The number of the attempt that is, or was last, from 0.</summary>
    internal int Attempt { get; private set; }

    internal ContainerStreams Streams { get; }

    /// <summary>The running process, or null.</summary>
    internal PidFd? Process { get; private set; }

    /// <summary>The number of its process, if an earlier shim started that; null otherwise.</summary>
    internal int? Adopted { get; private set; }

    internal ShimContainerState State =>
        endUnknown ? ShimContainerState.Ending
        : Process is not null ? ShimContainerState.Running
        : making is not null && !isOverdue ? ShimContainerState.Starting
        : hasExited ? ShimContainerState.Exited
        : ShimContainerState.None;

    /// <summary>Takes over an attempt that an earlier shim began.</summary>
    /// <param name="attempt">Its number.</param>
    /// <param name="wasStarted">It is known to have run; otherwise it may never have been made.</param>
    /// <param name="kept">What the keeper has kept: what is the container's is taken out of it.</param>
    /// <returns>False when there is nothing to be taken over.</returns>
    internal bool Adopt(int attempt, bool wasStarted, Dictionary<string, SafeFd> kept)
    {
        var record = shim.Store.TryRead(Id);
        Process = record is not null ? Container.Lifecycle.Container.Open(shim.Store, Id).OpenProcess() : null;
        if (Process is null && !wasStarted)
        {
            return false;
        }

        (Attempt, Adopted) = (attempt, record?.Pid);
        Streams.Adopt(attempt, kept);
        if (Process is null)
        {
            // It has ended meanwhile; the keeper knows how, or will tell.
            (endUnknown, endKnownBy) = (true, MonotonicClock.Now + EndPatience);
        }

        return true;
    }

    /// <summary>Goes on as far as it can.</summary>
    /// <returns>What has become of it; null for nothing new.</returns>
    internal ContainerNews? Advance(long now)
    {
        if (AdvanceStart(now) is { } news)
        {
            return news;
        }

        if (Process is null)
        {
            return endUnknown ? AdvanceEnd(now) : null;
        }

        Streams.Pump();
        return Process.WaitForExit(0) ? AdvanceEnd(now) : null;
    }

    /// <summary>Adds what is to be polled for, and when to go on even if nothing happens.</summary>
    internal void AddTo(List<PollFd> entries, ref long next)
    {
        next = Math.Min(next, Math.Min(StartWakeAt, endUnknown ? endKnownBy : long.MaxValue));

        // When it has ended all its descriptors would say so without pause: the keeper's socket tells more. And a fifo that nobody has open for writing is always ready.
        if (Process is not null && !endUnknown)
        {
            entries.Add(new() { Fd = Process.Number, Events = Libc.POLLIN });
            Streams.AddTo(entries, ref next);
        }
    }

    /// <summary>Sends a signal to its first process.</summary>
    /// <returns>False when it does not run.</returns>
    internal bool Signal(int signal) => Process is not null && shim.Runtime.Signal(Id, Process, signal);

    /// <summary>Kills all of its processes. Without a PID namespace of its own the others do not end with the first.</summary>
    internal void KillAll()
    {
        Signal(Signals.SIGKILL);
        KillOthers();
    }

    /// <summary>The sandbox is gone: kills its processes, and what is being made is of no use any more.</summary>
    internal void EndWithSandbox()
    {
        DropStart();
        if (Process is not null)
        {
            KillAll();
        }
    }

    public void Dispose()
    {
        AbandonStart();
        Process?.Dispose();
        Streams.Dispose();
    }

    private void KillOthers()
    {
        if (shim.Store.TryRead(Id) is { HasPidNamespace: false })
        {
            Container.Lifecycle.Container.Open(shim.Store, Id).SignalAll(Signals.SIGKILL);
        }
    }

    /// <summary>It has ended: finds out how. Of a process that was taken over the keeper tells, or else the kernel through its pidfd (Linux 6.15).</summary>
    private ContainerNews.Ended? AdvanceEnd(long now)
    {
        if (Adopted is not { } pid)
        {
            return End(PeekOrRead(Process!));
        }

        var status = shim.Keeper.EndOf(pid);
        if (status is null && !endUnknown)
        {
            (endUnknown, endKnownBy) = (true, now + EndPatience);
        }

        return status is not null || now >= endKnownBy ? End(status ?? Process?.TryReadExit()) : null;
    }

    private ContainerNews.Ended End(ExitStatus? status)
    {
        KillOthers();
        Streams.Drain();
        LeaveToBeWritten();
        hasExited = true;
        return new(status, WasOutOfMemory());
    }

    /// <summary>The process's end is to be written down; until then it is left for the next shim to find.</summary>
    private void LeaveToBeWritten()
    {
        if (Adopted is { } pid)
        {
            shim.UnwrittenAdopted.Add(pid);
            Process?.Dispose();
        }
        else if (Process is not null)
        {
            shim.Unwritten.Add(Process);
        }

        (Process, Adopted, endUnknown) = (null, null, false);
    }

    private static ExitStatus? PeekOrRead(PidFd process)
    {
        try
        {
            return process.TryPeek();
        }
        catch (KernelException e) when (e.Error == Errno.ECHILD)
        {
            // It was started beside another runtime, whose child it still was.
            return process.TryReadExit();
        }
    }

    /// <summary>memory.events, cgroup-v2.rst.</summary>
    private bool WasOutOfMemory()
    {
        if (shim.Store.TryRead(Id) is not { Cgroup.Length: > 0 } record)
        {
            return false;
        }

        foreach (var line in (FileSystem.TryReadText($"{record.Cgroup}/memory.events") ?? "").Split('\n'))
        {
            if (line.StartsWith("oom_kill ", StringComparison.Ordinal))
            {
                return line != "oom_kill 0";
            }
        }

        return false;
    }
}
