using Peapod.Oci.Json;

namespace Peapod.Oci;

/// <summary>One mount in the container (config.md, Mounts).</summary>
[JsonRecord]
public sealed partial record Mount
{
    /// <summary>Where it is mounted in the container.</summary>
    public string Destination { get; init; } = "";

    /// <summary>The file system type, as in /proc/filesystems; <c>bind</c> or absent for bind mounts.</summary>
    public string? Type { get; init; }

    /// <summary>A device, a name, or for bind mounts a path, absolute or relative to the bundle.</summary>
    public string? Source { get; init; }

    /// <summary>Options of mount(8) and the runtime-spec.</summary>
    public IReadOnlyList<string> Options { get; init; } = [];

    /// <summary>The user ids of an id-mapped mount.</summary>
    public IReadOnlyList<LinuxIdMapping> UidMappings { get; init; } = [];

    /// <summary>The group ids of an id-mapped mount.</summary>
    public IReadOnlyList<LinuxIdMapping> GidMappings { get; init; } = [];
}
