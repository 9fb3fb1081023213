using Peapod.Oci.Json;

namespace Peapod.Oci;

/// <summary>The weight of one block device (config-linux.md, Block IO, weightDevice).</summary>
[JsonRecord]
public sealed partial record LinuxWeightDevice
{
    /// <summary>The device's major number.</summary>
    public long Major { get; init; }

    /// <summary>The device's minor number.</summary>
    public long Minor { get; init; }

    /// <summary>The weight, 10 to 1000.</summary>
    public ushort? Weight { get; init; }

    /// <summary>The weight against child cgroups; cgroup v1 only.</summary>
    public ushort? LeafWeight { get; init; }
}
