using Peapod.Oci.Json;

namespace Peapod.Oci;

/// <summary>One entry of "mounts", done in order.</summary>
[JsonRecord]
public sealed partial record Mount
{
    public string? Destination { get; init; }

    public string? Type { get; init; }

    public string? Source { get; init; }

    public IReadOnlyList<string>? Options { get; init; }

    public IReadOnlyList<LinuxIdMapping>? UidMappings { get; init; }

    public IReadOnlyList<LinuxIdMapping>? GidMappings { get; init; }
}
