namespace Peapod.Pod.Supervision.Life;

/// <summary>One thing that is to be done now.</summary>
/// <param name="Kind">What.</param>
/// <param name="Container">The index of the container it is done to; -1 for the pod.</param>
/// <param name="Grace">Milliseconds that a container has to stop.</param>
internal readonly record struct Step(StepKind Kind, int Container = -1, long Grace = 0);

internal enum StepKind
{
    /// <summary>Start a container, for the first time or again.</summary>
    Start,

    /// <summary>Stop a container: preStop, its stop signal, KILL.</summary>
    Stop,

    /// <summary>The pod has run longer than it may: stop it.</summary>
    Expire,

    /// <summary>All containers have ended for good: stop the sidecars and whatever else runs.</summary>
    Finish,

    /// <summary>Nothing runs any more, nor will.</summary>
    End,
}
