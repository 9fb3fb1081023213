using Peapod.Oci.Json;

namespace Peapod.Oci;

/// <summary>"linux": what only Linux has; config-linux.md.</summary>
[JsonRecord]
public sealed partial record Linux
{
    public IReadOnlyList<LinuxIdMapping>? UidMappings { get; init; }

    public IReadOnlyList<LinuxIdMapping>? GidMappings { get; init; }

    public IReadOnlyDictionary<string, string>? Sysctl { get; init; }

    public LinuxResources? Resources { get; init; }

    public string? CgroupsPath { get; init; }

    public IReadOnlyList<LinuxNamespace>? Namespaces { get; init; }

    public IReadOnlyList<LinuxDevice>? Devices { get; init; }

    /// <summary>By the device's name on the host.</summary>
    public IReadOnlyDictionary<string, LinuxNetDevice>? NetDevices { get; init; }

    public LinuxSeccomp? Seccomp { get; init; }

    public string? RootfsPropagation { get; init; }

    public IReadOnlyList<string>? MaskedPaths { get; init; }

    public IReadOnlyList<string>? ReadonlyPaths { get; init; }

    public string? MountLabel { get; init; }

    public LinuxIntelRdt? IntelRdt { get; init; }

    public LinuxPersonality? Personality { get; init; }

    /// <summary>By clock: monotonic, boottime.</summary>
    public IReadOnlyDictionary<string, LinuxTimeOffset>? TimeOffsets { get; init; }

    public LinuxMemoryPolicy? MemoryPolicy { get; init; }
}
