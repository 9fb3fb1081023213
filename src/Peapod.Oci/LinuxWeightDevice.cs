using Peapod.Oci.Json;

namespace Peapod.Oci;

/// <summary>A weight for one block device.</summary>
[JsonRecord]
public sealed partial record LinuxWeightDevice
{
    public long Major { get; init; }

    public long Minor { get; init; }

    public ushort? Weight { get; init; }

    public ushort? LeafWeight { get; init; }
}
