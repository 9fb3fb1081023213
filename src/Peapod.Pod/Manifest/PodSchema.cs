using static Peapod.Pod.Manifest.FieldSchema;

namespace Peapod.Pod.Manifest;

/// <summary>
/// The Kubernetes v1 Pod schema (1.34), field by field, and what this version of Peapod does with each.
/// To support a field, give it its kind here, a property in its record, and its rules in ManifestValidation.
/// </summary>
internal static class PodSchema
{
    private static readonly RecordSchema ObjectMeta = new(
        Text("name"),
        Text("namespace"),
        Map("labels", Text("")),
        Map("annotations", Text("")),
        Dropped("creationTimestamp"),
        Dropped("deletionGracePeriodSeconds"),
        Dropped("deletionTimestamp"),
        Dropped("generation"),
        Dropped("managedFields"),
        Dropped("resourceVersion"),
        Dropped("selfLink"),
        Dropped("uid"),
        Later("finalizers"),
        Later("generateName"),
        Later("ownerReferences"));

    private static readonly RecordSchema EnvVar = new(
        Text("name"),
        Text("value"),
        Later("valueFrom"));

    private static readonly RecordSchema ContainerPort = new(
        Text("name"),
        Integer("containerPort"),
        Integer("hostPort"),
        Text("hostIP"),
        Choice("protocol", "TCP", "UDP", "SCTP"));

    private static readonly RecordSchema VolumeMount = new(
        Text("name"),
        Text("mountPath"),
        Flag("readOnly"),
        Text("subPath"),
        Later("mountPropagation", "\"None\""),
        Later("recursiveReadOnly", "\"Disabled\""),
        Later("subPathExpr", "\"\""));

    private static readonly RecordSchema Resources = new(
        Map("limits", Quantity("")),
        Map("requests", Quantity("")),
        Later("claims"));

    private static readonly RecordSchema Capabilities = new(
        List("add", Text("")),
        List("drop", Text("")));

    private static readonly RecordSchema SecurityContext = new(
        Record("capabilities", Capabilities),
        LongInteger("runAsUser"),
        LongInteger("runAsGroup"),
        Flag("runAsNonRoot"),
        Flag("readOnlyRootFilesystem"),
        Flag("allowPrivilegeEscalation"),
        Later("appArmorProfile"),
        Later("privileged", "false"),
        Later("procMount", "\"Default\""),
        Later("seLinuxOptions", "{}"),
        Later("seccompProfile"),
        Later("windowsOptions", "{}"));

    private static readonly RecordSchema Container = new(
        Text("name"),
        Text("image"),
        Choice("imagePullPolicy", "Always", "IfNotPresent", "Never"),
        List("command", Text("")),
        List("args", Text("")),
        Text("workingDir"),
        List("env", Record("", EnvVar)),
        List("ports", Record("", ContainerPort)),
        List("volumeMounts", Record("", VolumeMount)),
        Record("securityContext", SecurityContext),
        Record("resources", Resources),
        Flag("stdin"),
        Flag("stdinOnce"),
        Flag("tty"),
        Later("envFrom"),
        Later("lifecycle", "{}"),
        Later("livenessProbe"),
        Later("readinessProbe"),
        Later("resizePolicy"),
        Later("restartPolicy"),
        Later("restartPolicyRules"),
        Later("startupProbe"),
        Later("terminationMessagePath", "\"/dev/termination-log\""),
        Later("terminationMessagePolicy", "\"File\""),
        Later("volumeDevices"));

    private static readonly RecordSchema EmptyDir = new(
        Choice("medium", "", "Memory"),
        Quantity("sizeLimit"));

    private static readonly RecordSchema HostPath = new(
        Text("path"),
        Choice("type", "", "DirectoryOrCreate", "Directory", "FileOrCreate", "File", "Socket", "CharDevice", "BlockDevice"));

    private static readonly RecordSchema Volume = new(
        Text("name"),
        Record("emptyDir", EmptyDir),
        Record("hostPath", HostPath),
        Later("awsElasticBlockStore"),
        Later("azureDisk"),
        Later("azureFile"),
        Later("cephfs"),
        Later("cinder"),
        Later("configMap"),
        Later("csi"),
        Later("downwardAPI"),
        Later("ephemeral"),
        Later("fc"),
        Later("flexVolume"),
        Later("flocker"),
        Later("gcePersistentDisk"),
        Later("gitRepo"),
        Later("glusterfs"),
        Later("image"),
        Later("iscsi"),
        Later("nfs"),
        Later("persistentVolumeClaim"),
        Later("photonPersistentDisk"),
        Later("portworxVolume"),
        Later("projected"),
        Later("quobyte"),
        Later("rbd"),
        Later("scaleIO"),
        Later("secret"),
        Later("storageos"),
        Later("vsphereVolume"));

    private static readonly RecordSchema PodSecurityContext = new(
        LongInteger("runAsUser"),
        LongInteger("runAsGroup"),
        Flag("runAsNonRoot"),
        List("supplementalGroups", LongInteger("")),
        LongInteger("fsGroup"),
        Later("appArmorProfile"),
        Later("fsGroupChangePolicy", "\"Always\""),
        Later("seLinuxChangePolicy"),
        Later("seLinuxOptions", "{}"),
        Later("seccompProfile"),
        Later("supplementalGroupsPolicy", "\"Merge\""),
        Later("sysctls"),
        Later("windowsOptions", "{}"));

    private static readonly RecordSchema PodSpec = new(
        List("containers", Record("", Container)),
        List("volumes", Record("", Volume)),
        Choice("restartPolicy", "Always", "OnFailure", "Never"),
        LongInteger("terminationGracePeriodSeconds"),
        Text("hostname"),
        Flag("shareProcessNamespace"),
        Record("securityContext", PodSecurityContext),
        // Accepted and shown, without effect on one host.
        Map("nodeSelector", Text("")),
        AnyObject("affinity"),
        List("tolerations", AnyObject("")),
        List("topologySpreadConstraints", AnyObject("")),
        Text("schedulerName"),
        Text("priorityClassName"),
        List("readinessGates", AnyObject("")),
        AnyObject("os"),
        Later("activeDeadlineSeconds"),
        Later("automountServiceAccountToken", "false"),
        Later("dnsConfig", "{}"),
        Later("dnsPolicy", "\"ClusterFirst\""),
        Later("enableServiceLinks", "true"),
        Later("ephemeralContainers"),
        Later("hostAliases"),
        Later("hostIPC", "false"),
        Later("hostNetwork", "false"),
        Later("hostPID", "false"),
        Later("hostUsers", "true"),
        Later("hostnameOverride"),
        Later("imagePullSecrets"),
        Later("initContainers"),
        Later("nodeName"),
        Later("overhead", "{}"),
        Later("preemptionPolicy", "\"PreemptLowerPriority\""),
        Later("priority", "0"),
        Later("resourceClaims"),
        Later("resources", "{}"),
        Later("runtimeClassName"),
        Later("schedulingGates"),
        Later("serviceAccount"),
        Later("serviceAccountName"),
        Later("setHostnameAsFQDN", "false"),
        Later("subdomain"),
        Later("workloadRef"));

    /// <summary>The Pod itself. Every type that has fields hangs below it.</summary>
    public static RecordSchema Pod { get; } = new(
        Text("apiVersion"),
        Text("kind"),
        Record("metadata", ObjectMeta),
        Record("spec", PodSpec),
        Dropped("status"));
}
