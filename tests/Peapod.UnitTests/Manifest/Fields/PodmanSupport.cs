namespace Peapod.UnitTests.Manifest.Fields;

/// <summary>
/// What <c>podman kube play</c> does with a field: the table of podman's documentation (docs/kubernetes_support.md), by the longest path that
/// the field is or stands below. What that table does not name, podman does not have.
/// </summary>
internal static class PodmanSupport
{
    private const string Yes = "yes";
    private const string No = "no";
    private const string OneHost = "no effect on one host";

    private static readonly Dictionary<string, string> Table = Read(
        (Yes, "apiVersion kind ConfigMap.apiVersion ConfigMap.kind Secret.apiVersion Secret.kind PersistentVolumeClaim.apiVersion PersistentVolumeClaim.kind"),
        (Yes, "metadata.name metadata.labels metadata.annotations"),
        (Yes, "spec.containers[].name spec.containers[].image spec.containers[].imagePullPolicy spec.containers[].command spec.containers[].args spec.containers[].workingDir"),
        (Yes, "spec.containers[].ports spec.containers[].env spec.containers[].envFrom"),
        (No, "spec.containers[].envFrom[].prefix"),
        (Yes, "spec.containers[].volumeMounts"),
        (No, "spec.containers[].volumeMounts[].mountPropagation spec.containers[].volumeMounts[].recursiveReadOnly spec.containers[].volumeMounts[].subPathExpr"),
        (Yes, "spec.containers[].resources.limits spec.containers[].resources.requests"),
        (Yes, "spec.containers[].lifecycle.stopSignal spec.containers[].livenessProbe"),
        (No, "spec.containers[].livenessProbe.grpc"),
        (Yes, "spec.containers[].securityContext.runAsUser spec.containers[].securityContext.runAsGroup spec.containers[].securityContext.readOnlyRootFilesystem"),
        (Yes, "spec.containers[].securityContext.procMount spec.containers[].securityContext.privileged spec.containers[].securityContext.allowPrivilegeEscalation"),
        (Yes, "spec.containers[].securityContext.capabilities spec.containers[].securityContext.seLinuxOptions"),
        (Yes, "spec.initContainers spec.restartPolicy spec.terminationGracePeriodSeconds spec.hostname spec.hostAliases spec.dnsConfig"),
        (Yes, "spec.hostNetwork spec.hostPID spec.hostIPC spec.hostUsers spec.shareProcessNamespace"),
        (Yes, "spec.securityContext.runAsUser spec.securityContext.runAsGroup spec.securityContext.supplementalGroups spec.securityContext.seLinuxOptions spec.securityContext.sysctls"),
        (Yes, "spec.volumes[].name spec.volumes[].emptyDir spec.volumes[].hostPath spec.volumes[].configMap spec.volumes[].secret spec.volumes[].persistentVolumeClaim spec.volumes[].image"),
        (OneHost, "spec.nodeSelector spec.nodeName spec.affinity spec.tolerations spec.schedulerName spec.topologySpreadConstraints"),
        (Yes, "ConfigMap.metadata.name ConfigMap.data ConfigMap.binaryData Secret.metadata.name Secret.data Secret.stringData"),
        (Yes, "PersistentVolumeClaim.metadata.name PersistentVolumeClaim.spec.storageClassName PersistentVolumeClaim.spec.accessModes PersistentVolumeClaim.spec.resources.requests"));

    public static string Of(string path)
    {
        var longest = Table.Keys.Where(key => path.StartsWith(key, StringComparison.Ordinal) && (path.Length == key.Length || path[key.Length] is '.' or '[')).MaxBy(static key => key.Length);
        return longest is null ? No : Table[longest];
    }

    private static Dictionary<string, string> Read(params (string Support, string Paths)[] lines) =>
        lines.SelectMany(static line => line.Paths.Split(' ').Select(path => (path, line.Support))).ToDictionary(static pair => pair.path, static pair => pair.Support);
}
