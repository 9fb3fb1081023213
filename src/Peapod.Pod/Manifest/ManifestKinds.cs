using System.Collections.Frozen;

namespace Peapod.Pod.Manifest;

/// <summary>The kinds of objects that Kubernetes has and that stand in manifests next to pods.</summary>
internal static class ManifestKinds
{
    public const string Pod = "Pod";

    public const string ConfigMap = "ConfigMap";

    public const string Secret = "Secret";

    public const string PersistentVolumeClaim = "PersistentVolumeClaim";

    public const string RuntimeClass = "RuntimeClass";

    public const string Version = "v1";

    /// <summary>Those that Peapod does something with.</summary>
    public static readonly string[] Read = [Pod, ConfigMap, Secret, PersistentVolumeClaim, RuntimeClass];

    private static readonly FrozenSet<string> Known = new[]
    {
        Pod, "List", "PodList", ConfigMap, Secret, PersistentVolumeClaim, "PersistentVolume", "Service", "ServiceAccount",
        "Namespace", "Endpoints", "EndpointSlice", "LimitRange", "ResourceQuota", "PodTemplate", "ReplicationController",
        "Deployment", "ReplicaSet", "DaemonSet", "StatefulSet", "ControllerRevision", "Job", "CronJob",
        "HorizontalPodAutoscaler", "PodDisruptionBudget", "Ingress", "IngressClass", "NetworkPolicy", "StorageClass",
        "VolumeAttachment", "CSIDriver", "CSINode", "PriorityClass", RuntimeClass, "Role", "RoleBinding", "ClusterRole",
        "ClusterRoleBinding", "CustomResourceDefinition", "ResourceClaim", "ResourceClaimTemplate", "DeviceClass", "Node",
        "Event", "Lease", "MutatingWebhookConfiguration", "ValidatingWebhookConfiguration", "Binding",
    }.ToFrozenSet();

    /// <summary>The version of the API that it is read in.</summary>
    public static string VersionOf(string kind) => kind == RuntimeClass ? "node.k8s.io/v1" : Version;

    /// <summary>Whether it is a list of objects that may be pods.</summary>
    public static bool IsList(string kind) => kind is "List" or "PodList";

    /// <summary>Whether it is one that Peapod does something with, or a list.</summary>
    public static bool IsRead(string kind) => Read.Contains(kind) || IsList(kind);

    public static bool IsKnown(string kind) => Known.Contains(kind);

    public static string? Nearest(string kind) => Spelling.Nearest(kind, Known);
}
