using System.Text.Json.Serialization;
using Peapod.Oci.Json;

namespace Peapod.Pod.Objects;

/// <summary>What is known of a pod that is or was there, as Kubernetes shows it. Written by the supervisor.</summary>
[JsonRecord]
public sealed partial record PodStatus
{
    public PodPhase Phase { get; init; }

    public IReadOnlyList<PodCondition> Conditions { get; init => field = value ?? []; } = [];

    /// <summary>For people.</summary>
    public string? Message { get; init; }

    /// <summary>For programs, in one word, such as DeadlineExceeded.</summary>
    public string? Reason { get; init; }

    public string? HostIP { get; init; }

    public string? PodIP { get; init; }

    /// <summary>IPv4 first.</summary>
    [JsonPropertyName("podIPs")]
    public IReadOnlyList<PodIP> Addresses { get; init => field = value ?? []; } = [];

    /// <summary>When its supervisor began with it.</summary>
    public DateTime? StartTime { get; init; }

    public IReadOnlyList<ContainerStatus> InitContainerStatuses { get; init => field = value ?? []; } = [];

    public IReadOnlyList<ContainerStatus> ContainerStatuses { get; init => field = value ?? []; } = [];

    public IReadOnlyList<ContainerStatus> EphemeralContainerStatuses { get; init => field = value ?? []; } = [];

    public QosClass? QosClass { get; init; }
}
