namespace Peapod.Pod.Objects;

/// <summary>Where a pod is in its life.</summary>
public enum PodPhase
{
    /// <summary>Not all of its containers have run yet.</summary>
    Pending,

    /// <summary>One runs, or is started again.</summary>
    Running,

    /// <summary>All have ended with 0, for good.</summary>
    Succeeded,

    /// <summary>All have ended for good, and one badly.</summary>
    Failed,

    /// <summary>Its supervisor cannot be asked.</summary>
    Unknown,
}
