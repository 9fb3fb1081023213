using Peapod.Oci.Json;

namespace Peapod.Oci;

/// <summary>A network device moved into the container.</summary>
[JsonRecord]
public sealed partial record LinuxNetDevice
{
    /// <summary>Its name there.</summary>
    public string? Name { get; init; }
}
