using Peapod.Oci.Json;

namespace Peapod.Pod.Objects;

/// <summary>One source of a projected volume: exactly one is set.</summary>
[JsonRecord]
public sealed partial record VolumeProjection
{
    public ConfigMapProjection? ConfigMap { get; init; }

    public ConfigMapProjection? Secret { get; init; }

    public DownwardAPIProjection? DownwardAPI { get; init; }

    public ServiceAccountTokenProjection? ServiceAccountToken { get; init; }
}
