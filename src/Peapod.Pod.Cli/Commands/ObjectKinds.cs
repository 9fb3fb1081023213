using Peapod.Pod.Manifest;

namespace Peapod.Pod.Cli.Commands;

/// <summary>The kinds of objects that are kept on this host, by the names that kubectl takes for them.</summary>
internal sealed record ObjectKinds(string Kind, string Singular, string Plural)
{
    internal static readonly ObjectKinds Pod = new(ManifestKinds.Pod, "pod", "pods");
    internal static readonly ObjectKinds ConfigMap = new(ManifestKinds.ConfigMap, "configmap", "configmaps");
    internal static readonly ObjectKinds Secret = new(ManifestKinds.Secret, "secret", "secrets");
    internal static readonly ObjectKinds Claim = new(ManifestKinds.PersistentVolumeClaim, "persistentvolumeclaim", "persistentvolumeclaims");

    internal static readonly ObjectKinds RuntimeClass = new(ManifestKinds.RuntimeClass, "runtimeclass.node.k8s.io", "runtimeclasses.node.k8s.io");

    internal static readonly string[] Words = ["pods", "configmaps", "secrets", "persistentvolumeclaims", "runtimeclasses"];

    internal static ObjectKinds? TryParse(string word) => word.ToLowerInvariant() switch
    {
        "pod" or "pods" or "po" => Pod,
        "configmap" or "configmaps" or "cm" => ConfigMap,
        "secret" or "secrets" => Secret,
        "persistentvolumeclaim" or "persistentvolumeclaims" or "pvc" => Claim,
        "runtimeclass" or "runtimeclasses" or "runtimeclass.node.k8s.io" => RuntimeClass,
        _ => null,
    };
}
