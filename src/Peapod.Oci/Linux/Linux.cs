using Peapod.Oci.Json;

namespace Peapod.Oci;

/// <summary>What only Linux has (config-linux.md).</summary>
[JsonRecord]
public sealed partial record Linux
{
    /// <summary>User ids of a new user namespace.</summary>
    public IReadOnlyList<LinuxIdMapping> UidMappings { get; init; } = [];

    /// <summary>Group ids of a new user namespace.</summary>
    public IReadOnlyList<LinuxIdMapping> GidMappings { get; init; } = [];

    /// <summary>Kernel parameters set in the container's namespaces.</summary>
    public IReadOnlyDictionary<string, string> Sysctl { get; init; } = JsonMap<string>.Empty;

    /// <summary>The cgroup's limits.</summary>
    public LinuxResources? Resources { get; init; }

    /// <summary>The cgroup: a path, or <c>slice:prefix:name</c> with the systemd driver.</summary>
    public string? CgroupsPath { get; init; }

    /// <summary>The namespaces made or joined; a type that is not listed is inherited.</summary>
    public IReadOnlyList<LinuxNamespace> Namespaces { get; init; } = [];

    /// <summary>Device nodes made besides the default ones.</summary>
    public IReadOnlyList<LinuxDevice> Devices { get; init; } = [];

    /// <summary>Host network devices moved into the container, by their name on the host.</summary>
    public IReadOnlyDictionary<string, LinuxNetDevice> NetDevices { get; init; } = JsonMap<LinuxNetDevice>.Empty;

    /// <summary>The system call filter.</summary>
    public LinuxSeccomp? Seccomp { get; init; }

    /// <summary>Mount propagation of the root: <c>private</c>, <c>shared</c>, <c>slave</c> or <c>unbindable</c>, each also with an <c>r</c> before it.</summary>
    public string? RootfsPropagation { get; init; }

    /// <summary>Paths that cannot be read in the container.</summary>
    public IReadOnlyList<string> MaskedPaths { get; init; } = [];

    /// <summary>Paths that are read-only in the container.</summary>
    public IReadOnlyList<string> ReadonlyPaths { get; init; } = [];

    /// <summary>The SELinux label of the container's mounts.</summary>
    public string? MountLabel { get; init; }

    /// <summary>Cache and memory bandwidth by resctrl.</summary>
    public LinuxIntelRdt? IntelRdt { get; init; }

    /// <summary>The NUMA memory policy, set_mempolicy(2).</summary>
    public LinuxMemoryPolicy? MemoryPolicy { get; init; }

    /// <summary>The execution domain, personality(2).</summary>
    public LinuxPersonality? Personality { get; init; }

    /// <summary>Offsets of the clocks of a new time namespace: <c>monotonic</c> and <c>boottime</c>.</summary>
    public IReadOnlyDictionary<string, LinuxTimeOffset> TimeOffsets { get; init; } = JsonMap<LinuxTimeOffset>.Empty;
}
