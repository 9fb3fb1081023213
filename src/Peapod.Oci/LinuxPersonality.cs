using Peapod.Oci.Json;

namespace Peapod.Oci;

/// <summary>personality(2).</summary>
[JsonRecord]
public sealed partial record LinuxPersonality
{
    /// <summary>LINUX or LINUX32.</summary>
    public string? Domain { get; init; }

    public IReadOnlyList<string>? Flags { get; init; }
}
