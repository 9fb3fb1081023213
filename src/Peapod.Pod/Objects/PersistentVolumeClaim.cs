using Peapod.Oci.Json;

namespace Peapod.Pod.Objects;

/// <summary>A Kubernetes v1 PersistentVolumeClaim.</summary>
[JsonRecord]
public sealed partial record PersistentVolumeClaim
{
    public string ApiVersion { get; init => field = value ?? "v1"; } = "v1";

    public string Kind { get; init => field = value ?? "PersistentVolumeClaim"; } = "PersistentVolumeClaim";

    public ObjectMeta Metadata { get; init => field = value ?? new(); } = new();

    public PersistentVolumeClaimSpec Spec { get; init => field = value ?? new(); } = new();
}
