using Peapod.Oci.Json;

namespace Peapod.Oci;

/// <summary>Block device weights and throttles (config-linux.md, Block IO).</summary>
[JsonRecord]
public sealed partial record LinuxBlockIO
{
    /// <summary>The default weight, 10 to 1000.</summary>
    public ushort? Weight { get; init; }

    /// <summary>The weight against child cgroups; cgroup v1 only.</summary>
    public ushort? LeafWeight { get; init; }

    /// <summary>Weights of single devices.</summary>
    public IReadOnlyList<LinuxWeightDevice> WeightDevice { get; init; } = [];

    /// <summary>Reading, bytes per second.</summary>
    public IReadOnlyList<LinuxThrottleDevice> ThrottleReadBpsDevice { get; init; } = [];

    /// <summary>Writing, bytes per second.</summary>
    public IReadOnlyList<LinuxThrottleDevice> ThrottleWriteBpsDevice { get; init; } = [];

    /// <summary>Reading, operations per second.</summary>
    public IReadOnlyList<LinuxThrottleDevice> ThrottleReadIOPSDevice { get; init; } = [];

    /// <summary>Writing, operations per second.</summary>
    public IReadOnlyList<LinuxThrottleDevice> ThrottleWriteIOPSDevice { get; init; } = [];
}
