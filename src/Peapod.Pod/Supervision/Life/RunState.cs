namespace Peapod.Pod.Supervision.Life;

/// <summary>Whether a container runs.</summary>
internal enum RunState
{
    /// <summary>It has not run in this sandbox.</summary>
    New,

    /// <summary>It is being made.</summary>
    Starting,

    Running,

    Ended,
}
