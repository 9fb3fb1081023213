using Peapod.Pod.Objects;

namespace Peapod.Pod.Supervision.Life;

/// <summary>What there is to know of a container to decide about it. Times are milliseconds of a clock that only goes on.</summary>
internal readonly record struct ContainerFacts(ContainerRole Role, RestartPolicy Policy)
{
    public RunState Run { get; init; }

    /// <summary>How it ended.</summary>
    public int ExitCode { get; init; }

    /// <summary>Its postStart hook, if it has one, is done.</summary>
    public bool PostStartDone { get; init; }

    /// <summary>It runs, its postStart is done and its start-up probe has succeeded.</summary>
    public bool Started { get; init; }

    /// <summary>Its stop has begun.</summary>
    public bool Stopping { get; init; }

    /// <summary>Someone has asked to have it restarted: it starts again whatever its policy says.</summary>
    public bool RestartAsked { get; init; }

    /// <summary>It must not start before; the end of its back-off.</summary>
    public long NotBefore { get; init; }

    /// <summary>Whether, having ended so, it is to be started again.</summary>
    public bool Restarts => RestartAsked || Role switch
    {
        ContainerRole.Sidecar => true,
        ContainerRole.Init => ExitCode != 0 && Policy != RestartPolicy.Never,
        ContainerRole.Ephemeral => false,
        _ => Policy == RestartPolicy.Always || (Policy == RestartPolicy.OnFailure && ExitCode != 0),
    };
}
