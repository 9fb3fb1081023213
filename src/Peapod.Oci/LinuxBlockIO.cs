using Peapod.Oci.Json;

namespace Peapod.Oci;

/// <summary>Block devices.</summary>
[JsonRecord]
public sealed partial record LinuxBlockIO
{
    public ushort? Weight { get; init; }

    public ushort? LeafWeight { get; init; }

    public IReadOnlyList<LinuxWeightDevice>? WeightDevice { get; init; }

    public IReadOnlyList<LinuxThrottleDevice>? ThrottleReadBpsDevice { get; init; }

    public IReadOnlyList<LinuxThrottleDevice>? ThrottleWriteBpsDevice { get; init; }

    public IReadOnlyList<LinuxThrottleDevice>? ThrottleReadIOPSDevice { get; init; }

    public IReadOnlyList<LinuxThrottleDevice>? ThrottleWriteIOPSDevice { get; init; }
}
