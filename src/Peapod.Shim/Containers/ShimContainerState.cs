namespace Peapod.Shim.Containers;

/// <summary>Where the present attempt at running a container is in its life.</summary>
internal enum ShimContainerState
{
    /// <summary>There is none, or it could not be made.</summary>
    None,

    /// <summary>It is being made and started, by a worker that is still waited for.</summary>
    Starting,

    /// <summary>Its process runs.</summary>
    Running,

    /// <summary>Its process has ended; how is not known yet.</summary>
    Ending,

    /// <summary>It is over, and how is known, or never will be.</summary>
    Exited,
}
