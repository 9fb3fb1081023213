using Peapod.Oci.Json;

namespace Peapod.Pod.Objects;

/// <summary>Fields of the pod as files.</summary>
[JsonRecord]
public sealed partial record DownwardAPIVolumeSource
{
    public IReadOnlyList<DownwardAPIVolumeFile> Items { get; init => field = value ?? []; } = [];

    /// <summary>Permission bits. Set after <see cref="Manifest.ManifestDefaults"/>: 0644.</summary>
    public int? DefaultMode { get; init; }
}
