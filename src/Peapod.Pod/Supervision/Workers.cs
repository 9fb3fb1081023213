using Microsoft.Extensions.Logging;
using Peapod.Container.Spawning;
using Peapod.Kernel.Interop;

namespace Peapod.Pod.Supervision;

/// <summary>What a supervisor has others do for it, beside its loop.</summary>
internal sealed class Workers(ILogger log) : IDisposable
{
    /// <summary>Works that nobody waits for any more and that still hang: with so many none is begun that can be done without.</summary>
    private const int MostStuck = 16;

    /// <summary>Milliseconds between two attempts to end one that hangs.</summary>
    private const long Pause = 1000;

    private readonly Bell bell = new();
    private readonly List<IWork> stuck = [];
    private long interruptAt = long.MaxValue;

    internal long WakeAt => interruptAt;

    /// <inheritdoc cref="Work{T}"/>
    internal Work<T> Begin<T>(Func<Interruption, T> act, Action<T> discard) => new(bell, log, act, discard);

    /// <summary>As <see cref="Begin"/>, for what is done again and again whether or not the last time hangs.</summary>
    /// <exception cref="PodException">Too much hangs already.</exception>
    internal Work<T> BeginRepeated<T>(Func<Interruption, T> act, Action<T> discard) =>
        stuck.Count < MostStuck ? Begin(act, discard) : throw new PodException($"{stuck.Count} earlier commands of probes hang and cannot be killed");

    /// <summary>Gives up a work. It is ended as soon as it can be.</summary>
    internal void Abandon<T>(Work<T> work)
    {
        work.Abandon();
        if (!work.IsDone)
        {
            stuck.Add(work);
            interruptAt = PodContext.Now + Pause;
        }
    }

    /// <summary>Looks after those that were given up.</summary>
    internal void Advance(long now)
    {
        bell.Silence();
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

    internal void AddTo(List<PollFd> entries) => bell.AddTo(entries);

    public void Dispose() => bell.Dispose();
}
