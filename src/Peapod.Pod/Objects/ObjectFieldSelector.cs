using Peapod.Oci.Json;

namespace Peapod.Pod.Objects;

/// <summary>A field of the pod, as the downward API names it.</summary>
[JsonRecord]
public sealed partial record ObjectFieldSelector
{
    public string? ApiVersion { get; init; }

    /// <summary>Such as <c>metadata.name</c> or <c>metadata.labels['tier']</c>.</summary>
    public string FieldPath { get; init => field = value ?? ""; } = "";
}
