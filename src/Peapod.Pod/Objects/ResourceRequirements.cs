using Peapod.Oci.Json;

namespace Peapod.Pod.Objects;

/// <summary>Quantities by resource name: <c>cpu</c> in cores, <c>memory</c> in bytes.</summary>
[JsonRecord]
public sealed partial record ResourceRequirements
{
    public IReadOnlyDictionary<string, Quantity>? Limits { get; init; }

    public IReadOnlyDictionary<string, Quantity>? Requests { get; init; }

    /// <summary>The limit for <paramref name="resource"/>, or null if there is none.</summary>
    public Quantity? Limit(string resource) => Limits is not null && Limits.TryGetValue(resource, out var limit) ? limit : null;

    /// <summary>The request for <paramref name="resource"/>, or null if there is none.</summary>
    public Quantity? Request(string resource) => Requests is not null && Requests.TryGetValue(resource, out var request) ? request : null;
}
