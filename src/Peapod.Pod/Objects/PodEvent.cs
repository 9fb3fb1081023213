using Peapod.Oci.Json;

namespace Peapod.Pod.Objects;

/// <summary>Something that happened to a pod; of a Kubernetes v1 Event what one pod needs.</summary>
[JsonRecord]
public sealed partial record PodEvent
{
    /// <summary>Normal or Warning.</summary>
    public string Type { get; init => field = value ?? ""; } = "Normal";

    /// <summary>In one word: Scheduled, Pulled, Created, Started, Killing, Unhealthy, BackOff, Failed.</summary>
    public string Reason { get; init => field = value ?? ""; } = "";

    /// <summary>Whom it is about, such as <c>spec.containers{web}</c>; null for the pod as a whole.</summary>
    public string? FieldPath { get; init; }

    public string Message { get; init => field = value ?? ""; } = "";

    /// <summary>How often it has happened.</summary>
    public int Count { get; init; } = 1;

    public DateTime FirstTimestamp { get; init; }

    public DateTime LastTimestamp { get; init; }
}
