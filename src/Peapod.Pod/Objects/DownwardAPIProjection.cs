using Peapod.Oci.Json;

namespace Peapod.Pod.Objects;

/// <summary>Fields of the pod.</summary>
[JsonRecord]
public sealed partial record DownwardAPIProjection
{
    public IReadOnlyList<DownwardAPIVolumeFile> Items { get; init => field = value ?? []; } = [];
}
