using Peapod.Oci.Json;

namespace Peapod.Pod.Objects;

/// <summary>A Kubernetes v1 ConfigMap.</summary>
[JsonRecord]
public sealed partial record ConfigMap
{
    public string ApiVersion { get; init => field = value ?? "v1"; } = "v1";

    public string Kind { get; init => field = value ?? "ConfigMap"; } = "ConfigMap";

    public ObjectMeta Metadata { get; init => field = value ?? new(); } = new();

    /// <summary>Text by key.</summary>
    public IReadOnlyDictionary<string, string>? Data { get; init; }

    /// <summary>Base64 by key.</summary>
    public IReadOnlyDictionary<string, string>? BinaryData { get; init; }

    public bool? Immutable { get; init; }
}
