using Peapod.Oci.Json;

namespace Peapod.Pod.Objects;

/// <summary>A volume of a pod: exactly one of the sources is set.</summary>
[JsonRecord]
public sealed partial record Volume
{
    /// <summary>A DNS-1123 label, unique in the pod.</summary>
    public string Name { get; init => field = value ?? ""; } = "";

    public EmptyDirVolumeSource? EmptyDir { get; init; }

    public HostPathVolumeSource? HostPath { get; init; }

    public ConfigMapVolumeSource? ConfigMap { get; init; }

    public SecretVolumeSource? Secret { get; init; }

    public ProjectedVolumeSource? Projected { get; init; }

    public DownwardAPIVolumeSource? DownwardAPI { get; init; }

    public PersistentVolumeClaimVolumeSource? PersistentVolumeClaim { get; init; }

    public ImageVolumeSource? Image { get; init; }

    public EphemeralVolumeSource? Ephemeral { get; init; }
}
