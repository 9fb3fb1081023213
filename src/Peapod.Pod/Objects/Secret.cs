using Peapod.Oci.Json;

namespace Peapod.Pod.Objects;

/// <summary>A Kubernetes v1 Secret.</summary>
[JsonRecord]
public sealed partial record Secret
{
    public string ApiVersion { get; init => field = value ?? "v1"; } = "v1";

    public string Kind { get; init => field = value ?? "Secret"; } = "Secret";

    public ObjectMeta Metadata { get; init => field = value ?? new(); } = new();

    /// <summary>Base64 by key.</summary>
    public IReadOnlyDictionary<string, string>? Data { get; init; }

    /// <summary>Text by key; wins over <see cref="Data"/>.</summary>
    public IReadOnlyDictionary<string, string>? StringData { get; init; }

    public string? Type { get; init; }

    public bool? Immutable { get; init; }
}
