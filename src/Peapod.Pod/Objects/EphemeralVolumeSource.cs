using Peapod.Oci.Json;

namespace Peapod.Pod.Objects;

/// <summary>A claim of its own, which goes with the pod.</summary>
[JsonRecord]
public sealed partial record EphemeralVolumeSource
{
    public PersistentVolumeClaimTemplate? VolumeClaimTemplate { get; init; }
}
