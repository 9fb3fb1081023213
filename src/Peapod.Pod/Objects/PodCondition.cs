using Peapod.Oci.Json;

namespace Peapod.Pod.Objects;

/// <summary>One thing that holds of a pod or does not.</summary>
[JsonRecord]
public sealed partial record PodCondition
{
    /// <summary>PodScheduled, PodReadyToStartContainers, Initialized, ContainersReady or Ready.</summary>
    public string Type { get; init => field = value ?? ""; } = "";

    /// <summary>True, False or Unknown.</summary>
    public string Status { get; init => field = value ?? ""; } = "";

    public DateTime? LastTransitionTime { get; init; }

    public string? Reason { get; init; }

    public string? Message { get; init; }
}
