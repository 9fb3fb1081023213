using Peapod.Container.Cgroups;
using Peapod.Container.Spawning;
using Peapod.Kernel;
using Peapod.Oci;

namespace Peapod.Container.Criu;

/// <summary>What a container is restored from.</summary>
public sealed record RestoreRequest
{
    public required string Id { get; init; }

    public required Spec Spec { get; init; }

    /// <summary>The configuration as it was read; kept for later commands.</summary>
    public required ReadOnlyMemory<byte> SpecJson { get; init; }

    /// <summary>The bundle's absolute path.</summary>
    public required string Bundle { get; init; }

    public required ImageOptions Options { get; init; }

    public CgroupManager CgroupManager { get; init; }

    /// <summary>The connected socket that takes the terminal's master side; null when the image's terminal is not looked for.</summary>
    public SafeFd? ConsoleSocket { get; init; }

    /// <summary>What takes the place of the standard streams, where those were pipes.</summary>
    public StandardStreams Streams { get; init; }

    /// <summary>Where the process's number is written, absolute, or null.</summary>
    public string? PidFile { get; init; }

    public string? LsmProfile { get; init; }

    public string? LsmMountContext { get; init; }

    /// <summary>As <see cref="Lifecycle.CreateRequest.CallerDeletes"/>.</summary>
    public bool CallerDeletes { get; init; }
}
