using Peapod.Container;
using Peapod.Container.Spawning;
using Peapod.Shim.Logging;

namespace Peapod.Shim.Loop;

/// <summary>
/// Something that may hang (a start, an exec, a foreign runtime, a dead file system), done by a thread of its own beside the supervisor's loop,
/// which looks for its result and decides how long it waits.
/// </summary>
internal sealed class Work<T> : IWork
{
    /// <summary>Virtual memory: what is not touched costs nothing.</summary>
    private const int StackSize = 1 << 20;

    private readonly Interruption interruption = new();
    private readonly Action<T> discard;
    private readonly Workers workers;
    private readonly object sync = new();
    private T? result;
    private Exception? failure;
    private bool done;
    private bool abandoned;

    /// <param name="workers">Those it belongs to.</param>
    /// <param name="act">What is done; the interruption ends it early.</param>
    /// <param name="discard">Takes back a result that nobody wants any more; in that thread.</param>
    internal Work(Workers workers, Func<Interruption, T> act, Action<T> discard)
    {
        this.workers = workers;
        this.discard = discard;
        try
        {
            new Thread(() => Run(act), StackSize) { IsBackground = true }.Start();
        }
        catch (Exception e) when (e is OutOfMemoryException or ThreadStartException)
        {
            (failure, done) = (new ContainerException($"cannot begin a thread: {e.Message}", innerException: e), true);
        }
    }

    public bool IsDone
    {
        get
        {
            lock (sync)
            {
                return done;
            }
        }
    }

    /// <summary>The result of what is done.</summary>
    /// <exception cref="Exception">Why it failed, in words for the user.</exception>
    internal T Take() => failure is null ? result! : throw failure;

    /// <summary>Ends it early, if it can be ended. To be called again until it is done: what it makes may not be there yet.</summary>
    public void Interrupt() => interruption.Interrupt();

    /// <summary>Nobody waits for it any more.</summary>
    internal void Abandon()
    {
        interruption.Interrupt();
        lock (sync)
        {
            abandoned = true;
            if (!done)
            {
                return;
            }
        }

        DiscardResult();
    }

    private void Run(Func<Interruption, T> act)
    {
        try
        {
            result = act(interruption);
        }
        catch (Exception e) when (workers.IsExpected(e))
        {
            failure = e;
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // A fault of ours ends what was to be done, and is told as its failure; the supervisor goes on.
            workers.Log.Faulted("worker", e);
            failure = new ContainerException($"internal error: {e.Message}", innerException: e);
        }

        bool discards;
        lock (sync)
        {
            (done, discards) = (true, abandoned);
        }

        if (discards)
        {
            DiscardResult();
        }

        workers.Bell.Ring();
    }

    private void DiscardResult()
    {
        if (failure is null)
        {
            discard(result!);
        }
    }
}

/// <summary>Work whatever its result.</summary>
internal interface IWork
{
    bool IsDone { get; }

    /// <inheritdoc cref="Work{T}.Interrupt"/>
    void Interrupt();
}
