using System.Text.Json.Nodes;
using Peapod.Oci.Json;

namespace Peapod.Pod.Objects;

[JsonRecord]
public sealed partial record PodSpec
{
    public IReadOnlyList<Volume> Volumes { get; init => field = value ?? []; } = [];

    /// <summary>Run before the others, each to its end; one that restarts always is a sidecar, which stays.</summary>
    public IReadOnlyList<ContainerSpec> InitContainers { get; init => field = value ?? []; } = [];

    public IReadOnlyList<ContainerSpec> Containers { get; init => field = value ?? []; } = [];

    /// <summary>Added to a running pod to look into it.</summary>
    public IReadOnlyList<ContainerSpec> EphemeralContainers { get; init => field = value ?? []; } = [];

    /// <summary>Set after <see cref="Manifest.ManifestDefaults"/>: Always.</summary>
    public RestartPolicy? RestartPolicy { get; init; }

    /// <summary>Seconds between the stop signal and KILL. Set after <see cref="Manifest.ManifestDefaults"/>: 30.</summary>
    public long? TerminationGracePeriodSeconds { get; init; }

    /// <summary>The pod's host name; without it the pod's name.</summary>
    public string? Hostname { get; init; }

    /// <summary>The pod's full name is <c>hostname.subdomain.namespace.svc.cluster.local</c>, in /etc/hosts.</summary>
    public string? Subdomain { get; init; }

    /// <summary>The host name is that full name.</summary>
    public bool? SetHostnameAsFQDN { get; init; }

    public IReadOnlyList<HostAlias> HostAliases { get; init => field = value ?? []; } = [];

    /// <summary>Set after <see cref="Manifest.ManifestDefaults"/>: ClusterFirst.</summary>
    public DnsPolicy? DnsPolicy { get; init; }

    public PodDnsConfig? DnsConfig { get; init; }

    public bool? ShareProcessNamespace { get; init; }

    [OmitDefault]
    public bool HostNetwork { get; init; }

    [OmitDefault]
    public bool HostPID { get; init; }

    [OmitDefault]
    public bool HostIPC { get; init; }

    /// <summary>False gives the pod a user namespace.</summary>
    public bool? HostUsers { get; init; }

    /// <summary>Seconds that the pod may run, counted from its start.</summary>
    public long? ActiveDeadlineSeconds { get; init; }

    /// <summary>Another OCI runtime of the host's configuration.</summary>
    public string? RuntimeClassName { get; init; }

    /// <summary>Of the pod as a whole.</summary>
    public ResourceRequirements? Resources { get; init; }

    /// <summary>What the sandbox takes besides, by resource.</summary>
    public IReadOnlyDictionary<string, Quantity>? Overhead { get; init; }

    /// <summary>Secrets of type kubernetes.io/dockerconfigjson.</summary>
    public IReadOnlyList<LocalObjectReference> ImagePullSecrets { get; init => field = value ?? []; } = [];

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

    public string? ServiceAccountName { get; init; }

    public string? ServiceAccount { get; init; }

    public bool? AutomountServiceAccountToken { get; init; }

    public bool? EnableServiceLinks { get; init; }

    public string? PreemptionPolicy { get; init; }

    public int? Priority { get; init; }

    public string? NodeName { get; init; }
}
