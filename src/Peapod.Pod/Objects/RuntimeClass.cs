using System.Text.Json.Nodes;
using Peapod.Oci.Json;

namespace Peapod.Pod.Objects;

/// <summary>A Kubernetes node.k8s.io/v1 RuntimeClass: which handler of the host's makes the containers of the pods that name it. It has no namespace.</summary>
[JsonRecord]
public sealed partial record RuntimeClass
{
    public string ApiVersion { get; init => field = value ?? "node.k8s.io/v1"; } = "node.k8s.io/v1";

    public string Kind { get; init => field = value ?? "RuntimeClass"; } = "RuntimeClass";

    public ObjectMeta Metadata { get; init => field = value ?? new(); } = new();

    /// <summary>A DNS-1123 label.</summary>
    public string Handler { get; init => field = value ?? ""; } = "";

    public RuntimeClassOverhead? Overhead { get; init; }

    /// <summary>For a cluster's scheduler.</summary>
    public JsonObject? Scheduling { get; init; }
}
