using Peapod.Oci.Json;

namespace Peapod.Oci;

/// <summary>The NUMA memory policy (config-linux.md, Memory Policy; set_mempolicy(2)).</summary>
[JsonRecord]
public sealed partial record LinuxMemoryPolicy
{
    /// <summary><c>MPOL_…</c>.</summary>
    public string Mode { get; init; } = "";

    /// <summary>The memory nodes, a list such as <c>0-1,3</c>.</summary>
    public string? Nodes { get; init; }

    /// <summary><c>MPOL_F_…</c> names.</summary>
    public IReadOnlyList<string> Flags { get; init; } = [];
}
