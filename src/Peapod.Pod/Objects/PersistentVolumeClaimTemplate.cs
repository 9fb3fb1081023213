using Peapod.Oci.Json;

namespace Peapod.Pod.Objects;

/// <summary>What such a claim is made from.</summary>
[JsonRecord]
public sealed partial record PersistentVolumeClaimTemplate
{
    public ObjectMeta? Metadata { get; init; }

    public PersistentVolumeClaimSpec? Spec { get; init; }
}
