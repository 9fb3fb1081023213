namespace Peapod.Container.Criu;

/// <summary>How a container is checkpointed: runc's flags.</summary>
public sealed record CheckpointRequest(ImageOptions Options)
{
    /// <summary>--parent-path, from the images' folder.</summary>
    public string? Parent { get; init; }

    public bool LeaveRunning { get; init; }

    public bool PreDump { get; init; }

    public bool TcpSkipInFlight { get; init; }

    public bool LinkRemap { get; init; }

    public (string Address, int Port)? PageServer { get; init; }

    /// <summary>--status-fd, a descriptor of the caller's that gets a NUL byte when lazy pages can be fetched; null for none.</summary>
    public int? StatusFd { get; init; }
}
