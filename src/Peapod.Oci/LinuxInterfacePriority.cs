using Peapod.Oci.Json;

namespace Peapod.Oci;

/// <summary>Cgroup v1.</summary>
[JsonRecord]
public sealed partial record LinuxInterfacePriority
{
    public string? Name { get; init; }

    public uint Priority { get; init; }
}
