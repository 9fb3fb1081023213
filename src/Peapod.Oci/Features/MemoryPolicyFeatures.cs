using Peapod.Oci.Json;

namespace Peapod.Oci;

/// <summary>Which NUMA memory policies are known (features-linux.md, Memory Policy).</summary>
[JsonRecord]
public sealed partial record MemoryPolicyFeatures
{
    /// <summary><c>MPOL_…</c>.</summary>
    public IReadOnlyList<string> Modes { get; init; } = [];

    /// <summary><c>MPOL_F_…</c>.</summary>
    public IReadOnlyList<string> Flags { get; init; } = [];
}
