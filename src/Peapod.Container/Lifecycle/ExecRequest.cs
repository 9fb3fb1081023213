using Peapod.Container.Spawning;
using Peapod.Kernel;
using Peapod.Oci;

namespace Peapod.Container.Lifecycle;

/// <summary>One more process for a running container.</summary>
public sealed record ExecRequest
{
    public required Process Process { get; init; }

    public StandardStreams Streams { get; init; }

    /// <inheritdoc cref="CreateRequest.ConsoleSocket"/>
    public SafeFd? ConsoleSocket { get; init; }

    /// <inheritdoc cref="Plans.PlanRequest.RelaysTerminal"/>
    public bool RelaysTerminal { get; init; }

    public int PreserveFds { get; init; }

    /// <summary>Execute in a paused container, too: the process waits there until it is resumed.</summary>
    public bool IgnorePaused { get; init; }

    /// <summary>In the cgroup of the container's first process, whichever that is.</summary>
    internal bool BesideFirst { get; init; }

    /// <summary>A cgroup below the container's, from there, which the process lives in; null for the container's own.</summary>
    public string? Cgroup { get; init; }

    /// <inheritdoc cref="CreateRequest.PidfdSocket"/>
    public SafeFd? PidfdSocket { get; init; }

    /// <inheritdoc cref="CreateRequest.PidFile"/>
    public string? PidFile { get; init; }

    /// <inheritdoc cref="CreateRequest.Interruption"/>
    public Interruption? Interruption { get; init; }
}
