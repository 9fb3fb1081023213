using Peapod.Oci.Json;

namespace Peapod.Oci;

/// <summary>RDMA handles and objects.</summary>
[JsonRecord]
public sealed partial record LinuxRdma
{
    public uint? HcaHandles { get; init; }

    public uint? HcaObjects { get; init; }
}
