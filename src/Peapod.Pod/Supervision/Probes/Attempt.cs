using Microsoft.Extensions.Logging;
using Peapod.Kernel;
using Peapod.Kernel.Interop;
using Peapod.Shim.Logging;

namespace Peapod.Pod.Supervision.Probes;

/// <summary>One thing that a probe or a hook does, in steps that never wait: the supervisor polls for it.</summary>
internal abstract class Attempt : IDisposable
{
    /// <summary>When it wants to go on even if nothing happens to its descriptors.</summary>
    internal virtual long WakeAt => long.MaxValue;

    /// <summary>Adds what is to be polled for.</summary>
    internal abstract void AddTo(List<PollFd> entries);

    /// <summary>Goes on as far as it can. A fault of ours ends this attempt, and never the supervisor.</summary>
    /// <returns>Null while it is not over.</returns>
    internal AttemptResult? Advance(long now, ILogger log)
    {
        try
        {
            return Go(now);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            log.Faulted("probe or hook", e);
            return new(false, $"internal error: {e.Message}");
        }
    }

    /// <inheritdoc cref="Advance"/>
    protected abstract AttemptResult? Go(long now);

    /// <summary>The result when it has taken longer than it may, in the kubelet's words.</summary>
    internal virtual AttemptResult TimedOut(long seconds) => new(false, $"timed out after {seconds}s");

    /// <summary>Gives it up, if it is not over.</summary>
    public abstract void Dispose();

    protected static void Add(List<PollFd> entries, SafeFd fd, short events) => entries.Add(new() { Fd = fd.Number, Events = events });
}
