using Peapod.Oci.Json;

namespace Peapod.Oci;

/// <summary>A network device moved into the container (config-linux.md, Network Devices).</summary>
[JsonRecord]
public sealed partial record LinuxNetDevice
{
    /// <summary>Its name in the container; absent keeps the host's.</summary>
    public string? Name { get; init; }
}
