using Peapod.Oci.Json;

namespace Peapod.Oci;

/// <summary>Cgroup v1 network classes; without effect on v2.</summary>
[JsonRecord]
public sealed partial record LinuxNetwork
{
    public uint? ClassID { get; init; }

    public IReadOnlyList<LinuxInterfacePriority>? Priorities { get; init; }
}
