using Microsoft.Extensions.Logging;
using Peapod.Container;
using Peapod.Container.Spawning;
using Peapod.Kernel.Interop;

namespace Peapod.Shim.Loop;

/// <summary>What a supervisor has others do for it, beside its loop.</summary>
/// <param name="log">Is told of faults of ours.</param>
/// <param name="isExpected">Tells what goes wrong with what is done, and is its failure, from what is wrong with Peapod.</param>
internal sealed class Workers(ILogger log, Predicate<Exception> isExpected) : IDisposable
{
    /// <summary>Works that nobody waits for any more and that still hang: with so many none is begun that can be done without.</summary>
    private const int MostStuck = 16;

    /// <summary>Milliseconds between two attempts to end one that hangs.</summary>
    private const long Pause = 1000;

    private readonly List<IWork> stuck = [];
    private long interruptAt = long.MaxValue;

    /// <summary>Rings when a work is done.</summary>
    internal Bell Bell { get; } = new();

    internal ILogger Log { get; } = log;

    internal bool IsExpected(Exception e) => isExpected(e);

    internal long WakeAt => interruptAt;

    /// <inheritdoc cref="Work{T}"/>
    internal Work<T> Begin<T>(Func<Interruption, T> act, Action<T> discard) => new(this, act, discard);

    /// <summary>As <see cref="Begin"/>, for what is done again and again whether or not the last time hangs.</summary>
    /// <exception cref="ContainerException">Too much hangs already.</exception>
    internal Work<T> BeginRepeated<T>(Func<Interruption, T> act, Action<T> discard) =>
        stuck.Count < MostStuck ? Begin(act, discard) : throw new ContainerException($"{stuck.Count} earlier commands of probes hang and cannot be killed");

    /// <summary>Gives up a work. It is ended as soon as it can be.</summary>
    internal void Abandon<T>(Work<T> work)
    {
        work.Abandon();
        if (!work.IsDone)
        {
            stuck.Add(work);
            interruptAt = MonotonicClock.Now + Pause;
        }
    }

    /// <summary>Looks after those that were given up.</summary>
    internal void Advance(long now)
    {
        Bell.Silence();
        if (stuck.Count == 0)
        {
            return;
        }

        stuck.RemoveAll(static work => work.IsDone);
        if (now >= interruptAt)
        {
            stuck.ForEach(static work => work.Interrupt());
            interruptAt = now + Pause;
        }

        interruptAt = stuck.Count == 0 ? long.MaxValue : interruptAt;
    }

    internal void AddTo(List<PollFd> entries) => Bell.AddTo(entries);

    public void Dispose() => Bell.Dispose();
}
