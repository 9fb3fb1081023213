using Peapod.Oci.Json;

namespace Peapod.Pod.Objects;

/// <summary>The AppArmor profile of a container's processes.</summary>
[JsonRecord]
public sealed partial record AppArmorProfile
{
    /// <summary>Never null in a pod that was checked.</summary>
    public ProfileType? Type { get; init; }

    /// <summary>A profile that the host has loaded, for Localhost.</summary>
    public string? LocalhostProfile { get; init; }
}
