namespace Peapod.Container.Criu;

/// <summary>The flags that checkpoint and restore have in common.</summary>
public sealed record ImageOptions
{
    /// <summary>--image-path, absolute.</summary>
    public required string Images { get; init; }

    /// <summary>--work-path, absolute; null for the images' folder.</summary>
    public string? Work { get; init; }

    public bool TcpEstablished { get; init; }

    public bool ExtUnixSk { get; init; }

    public bool ShellJob { get; init; }

    public bool FileLocks { get; init; }

    public bool AutoDedup { get; init; }

    public bool LazyPages { get; init; }

    public CgroupsMode CgroupsMode { get; init; } = CgroupsMode.Default;
}
