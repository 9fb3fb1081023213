using Peapod.Oci.Json;

namespace Peapod.Oci;

/// <summary>Limits of one RDMA device (config-linux.md, RDMA).</summary>
[JsonRecord]
public sealed partial record LinuxRdma
{
    /// <summary>How many handles may be open.</summary>
    public uint? HcaHandles { get; init; }

    /// <summary>How many objects may be made.</summary>
    public uint? HcaObjects { get; init; }
}
