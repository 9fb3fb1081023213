namespace Peapod.Pod.Supervision.Life;

/// <summary>What there is to know of a pod to decide what to do next.</summary>
/// <param name="Containers">The init containers, the containers and the ephemeral ones, each in the manifest's order.</param>
internal readonly record struct PodFacts(IReadOnlyList<ContainerFacts> Containers)
{
    /// <summary>Without a sandbox nothing can start.</summary>
    public bool HasSandbox { get; init; }

    /// <summary>The containers' turn had come already (<see cref="PodLife.IsInitialized"/>): what becomes of a sidecar does not take it back.</summary>
    public bool WasInitialized { get; init; }

    /// <summary>When <c>activeDeadlineSeconds</c> are over; null without them.</summary>
    public long? DeadlineAt { get; init; }

    /// <summary>The pod is being stopped: when its grace period is over. Null while it is not.</summary>
    public long? StopBy { get; init; }

    /// <summary>The grace period is zero: whatever runs is killed.</summary>
    public bool StopsAtOnce { get; init; }
}
