using System.Text.Json.Nodes;
using Peapod.Oci.Json;

namespace Peapod.Pod.Manifest;

[JsonRecord]
public sealed partial record PodSpec
{
    public IReadOnlyList<Volume> Volumes { get; init => field = value ?? []; } = [];

    public IReadOnlyList<ContainerSpec> Containers { get; init => field = value ?? []; } = [];

    /// <summary>Set after <see cref="ManifestDefaults"/>: Always.</summary>
    public RestartPolicy? RestartPolicy { get; init; }

    /// <summary>Seconds between the stop signal and KILL. Set after <see cref="ManifestDefaults"/>: 30.</summary>
    public long? TerminationGracePeriodSeconds { get; init; }

    /// <summary>The pod's host name; without it the pod's name.</summary>
    public string? Hostname { get; init; }

    public bool? ShareProcessNamespace { get; init; }

    public PodSecurityContext? SecurityContext { get; init; }

    // Accepted and shown, without effect on one host.
    public IReadOnlyDictionary<string, string>? NodeSelector { get; init; }

    public JsonObject? Affinity { get; init; }

    public JsonArray? Tolerations { get; init; }

    public JsonArray? TopologySpreadConstraints { get; init; }

    public string? SchedulerName { get; init; }

    public string? PriorityClassName { get; init; }

    public JsonArray? ReadinessGates { get; init; }

    public JsonObject? Os { get; init; }
}
