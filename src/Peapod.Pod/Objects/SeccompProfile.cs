using Peapod.Oci.Json;

namespace Peapod.Pod.Objects;

/// <summary>Which system calls are allowed.</summary>
[JsonRecord]
public sealed partial record SeccompProfile
{
    /// <summary>Never null in a pod that was checked.</summary>
    public ProfileType? Type { get; init; }

    /// <summary>A file below the host's folder of profiles, for Localhost.</summary>
    public string? LocalhostProfile { get; init; }
}
