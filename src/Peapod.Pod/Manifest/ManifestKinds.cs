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

    private const string AnyList = "List";

    /// <summary>Those that Peapod does something with.</summary>
    public static readonly string[] Read = [Pod, ConfigMap, Secret, PersistentVolumeClaim, RuntimeClass];

    private static readonly FrozenSet<string> Known = new[]
    {
        Pod, AnyList, "PodList", ConfigMap, Secret, PersistentVolumeClaim, "PersistentVolume", "Service", "ServiceAccount",
        "Namespace", "Endpoints", "EndpointSlice", "LimitRange", "ResourceQuota", "PodTemplate", "ReplicationController",
        "Deployment", "ReplicaSet", "DaemonSet", "StatefulSet", "ControllerRevision", "Job", "CronJob",
        "HorizontalPodAutoscaler", "PodDisruptionBudget", "Ingress", "IngressClass", "NetworkPolicy", "StorageClass",
        "VolumeAttachment", "CSIDriver", "CSINode", "PriorityClass", RuntimeClass, "Role", "RoleBinding", "ClusterRole",
        "ClusterRoleBinding", "CustomResourceDefinition", "ResourceClaim", "ResourceClaimTemplate", "DeviceClass", "Node",
        "Event", "Lease", "MutatingWebhookConfiguration", "ValidatingWebhookConfiguration", "Binding",
    }.ToFrozenSet();

    /// <summary>The version of the API that it is read in.</summary>
    public static string VersionOf(string kind) => kind == RuntimeClass ? "node.k8s.io/v1" : Version;

    /// <summary>Whether it is a list: of anything, or of one known kind as the API server gives it (PodList).</summary>
    public static bool IsList(string kind) => kind == AnyList || OfItems(kind) is not null;

    /// <summary>Of PodList and its like the kind of the items, which do not say it themselves.</summary>
    public static string? OfItems(string kind) =>
        kind != AnyList && kind.EndsWith(AnyList, StringComparison.Ordinal) && Known.Contains(kind[..^AnyList.Length]) ? kind[..^AnyList.Length] : null;

    /// <summary>Whether it is one that Peapod does something with.</summary>
    public static bool IsRead(string kind) => Read.Contains(kind);

    /// <summary>
    /// Whether it is none of those, but somebody else's: another kind of Kubernetes', or one that a cluster has learnt. A kind of the core
    /// that Kubernetes does not have is a misspelt one, and so is a known kind in a version of Kubernetes' own that it does not have.
    /// </summary>
    public static bool IsOfOthers(string kind, string version)
    {
        var slash = version.IndexOf('/', StringComparison.Ordinal);
        var group = slash < 0 ? "" : version[..slash];
        var learnt = group.Contains('.', StringComparison.Ordinal) && !group.EndsWith(".k8s.io", StringComparison.Ordinal);
        return learnt || (!IsRead(kind) && (Known.Contains(kind) || group.Length > 0));
    }

    public static string? Nearest(string kind) => Spelling.Nearest(kind, Known);
}
