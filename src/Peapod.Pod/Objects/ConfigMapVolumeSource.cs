using Peapod.Oci.Json;

namespace Peapod.Pod.Objects;

/// <summary>The keys of a ConfigMap as files.</summary>
[JsonRecord]
public sealed partial record ConfigMapVolumeSource
{
    public string Name { get; init => field = value ?? ""; } = "";

    /// <summary>Which keys; empty for all, each under its own name.</summary>
    public IReadOnlyList<KeyToPath> Items { get; init => field = value ?? []; } = [];

    /// <summary>Permission bits. Set after <see cref="Manifest.ManifestDefaults"/>: 0644.</summary>
    public int? DefaultMode { get; init; }

    public bool? Optional { get; init; }
}
