using Peapod.Oci.Json;

namespace Peapod.Oci;

/// <summary>Network class and priorities; cgroup v1 only (config-linux.md, Network).</summary>
[JsonRecord]
public sealed partial record LinuxNetwork
{
    /// <summary>The class identifier of the container's packets.</summary>
    public uint? ClassID { get; init; }

    /// <summary>Priorities by interface.</summary>
    public IReadOnlyList<LinuxInterfacePriority> Priorities { get; init; } = [];
}
