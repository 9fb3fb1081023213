using Peapod.Oci.Json;

namespace Peapod.Pod.Objects;

/// <summary>A Kubernetes v1 Pod, as far as a manifest says it.</summary>
[JsonRecord]
public sealed partial record PodManifest
{
    public string ApiVersion { get; init => field = value ?? "v1"; } = "v1";

    public string Kind { get; init => field = value ?? "Pod"; } = "Pod";

    public ObjectMeta Metadata { get; init => field = value ?? new(); } = new();

    public PodSpec Spec { get; init => field = value ?? new(); } = new();
}
