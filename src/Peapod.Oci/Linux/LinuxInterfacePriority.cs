using Peapod.Oci.Json;

namespace Peapod.Oci;

/// <summary>The priority of one network interface (config-linux.md, Network, priorities).</summary>
[JsonRecord]
public sealed partial record LinuxInterfacePriority
{
    /// <summary>The interface.</summary>
    public string Name { get; init; } = "";

    /// <summary>Its priority.</summary>
    public uint Priority { get; init; }
}
