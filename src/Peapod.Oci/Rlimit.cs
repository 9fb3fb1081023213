using Peapod.Oci.Json;

namespace Peapod.Oci;

/// <summary>One resource limit, in the unit of its type; getrlimit(2).</summary>
[JsonRecord]
public sealed partial record Rlimit
{
    /// <summary>RLIMIT_*.</summary>
    public string? Type { get; init; }

    public ulong Hard { get; init; }

    public ulong Soft { get; init; }
}
