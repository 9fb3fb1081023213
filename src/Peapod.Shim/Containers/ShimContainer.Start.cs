using Peapod.Container;
using Peapod.Container.Lifecycle;
using Peapod.Container.Spawning;
using Peapod.Kernel.Processes;
using Peapod.Shim.Loop;

namespace Peapod.Shim.Containers;

/// <content>
/// How an attempt begins. All that may hang (a dead file system below a mount, a cgroup without processor time, another runtime) is done by a work
/// beside the loop, with a deadline; the loop takes what came of it.
/// </content>
internal sealed partial class ShimContainer
{
    /// <summary>Milliseconds that a start may take; the kubelet's --runtime-request-timeout.</summary>
    private const long StartTimeout = 120_000;

    /// <summary>Milliseconds for a start under way to come to its end when the container is to be stopped.</summary>
    private const long StopPatience = 2_000;

    private Work<PidFd>? making;
    private bool isOverdue;
    private bool isDropped;
    private long startBy;

    /// <summary>When the present attempt began.</summary>
    internal long BeganAt { get; private set; }

    /// <summary>The container was asked to stop while it was being made.</summary>
    internal bool StopAsked { get; private set; }

    private long StartWakeAt => making is not null && !isOverdue ? startBy : long.MaxValue;

    /// <summary>Begins an attempt. <see cref="Advance"/> tells what comes of it.</summary>
    /// <param name="attempt">Its number.</param>
    /// <param name="make">Makes the container, by <see cref="Create"/>, and starts it, by <see cref="Start"/>; on a worker's thread. Returns its process.</param>
    /// <exception cref="ContainerException">An earlier attempt hangs, and cannot be ended: what it works on is not to be touched.</exception>
    internal void Begin(int attempt, Func<Interruption, PidFd> make)
    {
        if (making is not null)
        {
            throw new ContainerException("context deadline exceeded: an earlier start of this container still hangs");
        }

        (Attempt, BeganAt, isOverdue, StopAsked, hasExited) = (attempt, MonotonicClock.Now, false, false, false);
        startBy = BeganAt + StartTimeout;
        making = shim.Workers.Begin(make, static process => process.KillAndReap());
    }

    /// <summary>Makes the container of the attempt under way, whose process waits to be started. For its worker's thread: until it is done the loop leaves the streams alone.</summary>
    /// <param name="request">The container but for its streams.</param>
    /// <param name="streamOwner">The host's number of the user who may reopen the streams.</param>
    /// <returns>Its first process.</returns>
    internal PidFd Create(CreateRequest request, uint streamOwner)
    {
        using var streams = Streams.OpenForContainer(Attempt, streamOwner);
        var process = shim.Runtime.Create(request with { Streams = streams.Streams, ConsoleSocket = streams.ConsoleSocket });
        if (streams.ConsoleReceiver is { } receiver)
        {
            UndoOnFailure(process, () => Streams.TakeTerminal(receiver));
        }

        return process;
    }

    /// <summary>Has the process of the container that <see cref="Create"/> made execute its program. A failure leaves nothing of the container.</summary>
    internal void Start(PidFd process, Interruption interruption) => UndoOnFailure(process, () => shim.Runtime.Start(Id, process, interruption));

    /// <summary>It is to be stopped while it is being made: what that comes to is waited for, but not for long.</summary>
    /// <param name="graceMilliseconds">0 for at once.</param>
    internal void StopStart(long graceMilliseconds)
    {
        if (making is null || isOverdue)
        {
            return;
        }

        StopAsked = true;
        startBy = Math.Min(startBy, MonotonicClock.Now + Math.Min(graceMilliseconds, StopPatience));
        if (graceMilliseconds == 0)
        {
            making.Interrupt();
        }
    }

    /// <summary>What is still being made is not wanted any more if it hangs; it was told of already.</summary>
    internal void DropIfOverdue() => isDropped |= making is not null && isOverdue;

    /// <summary>Takes what came of a start.</summary>
    private ContainerNews? AdvanceStart(long now)
    {
        if (making is null)
        {
            return null;
        }

        if (making.IsDone)
        {
            var (work, dropped) = (making, isDropped);
            (making, isOverdue, isDropped) = (null, false, false);
            if (dropped)
            {
                work.Abandon();
                return null;
            }

            try
            {
                (Process, Adopted) = (work.Take(), null);
                return new ContainerNews.Started();
            }
            catch (Exception e) when (shim.Workers.IsExpected(e))
            {
                return new ContainerNews.NotStarted(e);
            }
        }

        if (isOverdue || now < startBy)
        {
            return null;
        }

        // It may come yet; until then nobody waits for it.
        isOverdue = true;
        making.Interrupt();
        return StopAsked ? null : new ContainerNews.NotStarted(new ContainerException($"context deadline exceeded: the start has not ended in {StartTimeout / 1000} seconds"));
    }

    private void DropStart()
    {
        if (making is not null)
        {
            (isOverdue, isDropped) = (true, true);
            making.Interrupt();
        }
    }

    private void AbandonStart()
    {
        if (making is not null)
        {
            shim.Workers.Abandon(making);
            making = null;
        }
    }

    private void UndoOnFailure(PidFd process, Action act)
    {
        try
        {
            act();
        }
        catch
        {
            process.KillAndReap();
            shim.Runtime.Delete(Id);
            throw;
        }
    }
}
