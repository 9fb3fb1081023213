namespace Peapod.Pod.Manifest;

/// <summary>A Kubernetes v1 Pod, as far as a manifest says it.</summary>
public sealed record PodManifest
{
    public string ApiVersion { get => field ?? "v1"; init; }

    public string Kind { get => field ?? "Pod"; init; }

    public ObjectMeta Metadata { get => field ?? new(); init; }

    public PodSpec Spec { get => field ?? new(); init; }
}
