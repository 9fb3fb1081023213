using Peapod.Oci.Json;

namespace Peapod.Oci;

/// <summary>A rate for one block device, bytes or operations a second.</summary>
[JsonRecord]
public sealed partial record LinuxThrottleDevice
{
    public long Major { get; init; }

    public long Minor { get; init; }

    public ulong Rate { get; init; }
}
