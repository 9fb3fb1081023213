using Peapod.Oci.Json;

namespace Peapod.Oci;

/// <summary>The throttle of one block device (config-linux.md, Block IO).</summary>
[JsonRecord]
public sealed partial record LinuxThrottleDevice
{
    /// <summary>The device's major number.</summary>
    public long Major { get; init; }

    /// <summary>The device's minor number.</summary>
    public long Minor { get; init; }

    /// <summary>Bytes or operations per second.</summary>
    public ulong Rate { get; init; }
}
