using Peapod.Oci.Json;

namespace Peapod.Pod.Objects;

/// <summary>Several sources in one folder.</summary>
[JsonRecord]
public sealed partial record ProjectedVolumeSource
{
    public IReadOnlyList<VolumeProjection> Sources { get; init => field = value ?? []; } = [];

    /// <summary>Permission bits. Set after <see cref="Manifest.ManifestDefaults"/>: 0644.</summary>
    public int? DefaultMode { get; init; }
}
