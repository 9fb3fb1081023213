using Peapod.Oci.Json;

namespace Peapod.Oci;

/// <summary>CPU lists, such as "0-3,7", for exec.</summary>
[JsonRecord]
public sealed partial record CpuAffinity
{
    public string? Initial { get; init; }

    public string? Final { get; init; }
}
