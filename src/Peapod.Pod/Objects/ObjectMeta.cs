using Peapod.Oci.Json;

namespace Peapod.Pod.Objects;

[JsonRecord]
public sealed partial record ObjectMeta
{
    /// <summary>A DNS-1123 subdomain; unique in its namespace.</summary>
    public string Name { get; init => field = value ?? ""; } = "";

    /// <summary>A DNS-1123 label; <c>default</c> after <see cref="Manifest.ManifestDefaults"/>.</summary>
    public string? Namespace { get; init; }

    /// <summary>Of this one pod: another of the same name has another. Set when the pod is made; what a manifest says is dropped.</summary>
    public string? Uid { get; init; }

    /// <inheritdoc cref="Uid"/>
    public DateTime? CreationTimestamp { get; init; }

    /// <summary>When it was told to go; it may take its grace period for that.</summary>
    public DateTime? DeletionTimestamp { get; init; }

    public IReadOnlyDictionary<string, string>? Labels { get; init; }

    public IReadOnlyDictionary<string, string>? Annotations { get; init; }
}
