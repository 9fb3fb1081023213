using Peapod.Oci.Json;

namespace Peapod.Pod.Objects;

/// <summary>A claim, whose data outlive the pod.</summary>
[JsonRecord]
public sealed partial record PersistentVolumeClaimVolumeSource
{
    public string ClaimName { get; init => field = value ?? ""; } = "";

    [OmitDefault]
    public bool ReadOnly { get; init; }
}
