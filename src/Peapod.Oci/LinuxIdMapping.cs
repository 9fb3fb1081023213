using Peapod.Oci.Json;

namespace Peapod.Oci;

/// <summary>A range of ids; user_namespaces(7).</summary>
[JsonRecord]
public sealed partial record LinuxIdMapping
{
    public uint ContainerID { get; init; }

    public uint HostID { get; init; }

    public uint Size { get; init; }
}
