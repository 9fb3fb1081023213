using Peapod.Oci.Json;

namespace Peapod.Oci;

/// <summary>set_mempolicy(2).</summary>
[JsonRecord]
public sealed partial record LinuxMemoryPolicy
{
    public string? Mode { get; init; }

    public string? Nodes { get; init; }

    public IReadOnlyList<string>? Flags { get; init; }
}
