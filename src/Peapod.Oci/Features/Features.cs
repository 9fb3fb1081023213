using Peapod.Oci.Json;

namespace Peapod.Oci;

/// <summary>What the runtime can do (features.md). An absent member means "unknown", not "none".</summary>
[JsonRecord]
public sealed partial record Features
{
    /// <summary>The oldest runtime-spec that is accepted.</summary>
    public string OciVersionMin { get; init; } = "";

    /// <summary>The newest runtime-spec that is known.</summary>
    public string OciVersionMax { get; init; } = "";

    /// <summary>The hooks, by name; empty means that none is run.</summary>
    public IReadOnlyList<string>? Hooks { get; init; }

    /// <summary>The mount options that are not left to the file system.</summary>
    public IReadOnlyList<string> MountOptions { get; init; } = [];

    /// <summary>What only Linux has.</summary>
    public LinuxFeatures? Linux { get; init; }

    /// <summary>Free metadata, such as versions of what is linked.</summary>
    public IReadOnlyDictionary<string, string> Annotations { get; init; } = JsonMap<string>.Empty;

    /// <summary>Annotations of config.json that change what the runtime does; a prefix when it ends with a dot.</summary>
    public IReadOnlyList<string> PotentiallyUnsafeConfigAnnotations { get; init; } = [];
}
