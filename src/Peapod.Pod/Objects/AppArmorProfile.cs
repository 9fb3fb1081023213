using Peapod.Oci.Json;

namespace Peapod.Pod.Objects;

/// <summary>The AppArmor profile of a container's processes.</summary>
[JsonRecord]
public sealed partial record AppArmorProfile
{
    public ProfileType Type { get; init; }

    /// <summary>A profile that the host has loaded, for Localhost.</summary>
    public string? LocalhostProfile { get; init; }
}
