using static Peapod.Pod.Manifest.FieldSchema;

namespace Peapod.Pod.Manifest;

/// <summary>
/// The schema (Kubernetes 1.34) of a Pod and of the kinds that stand beside one, field by field, and what this version of Peapod does with
/// each. A field that is <c>Later</c> has its record already; what makes it work takes the word away.
/// </summary>
internal static class PodSchema
{
    private static readonly RecordSchema ObjectMeta = new(
        Text("name"),
        Text("namespace"),
        Map("labels", Text("")),
        Map("annotations", Text("")),
        Dropped("clusterName"),
        Dropped("creationTimestamp"),
        Dropped("deletionGracePeriodSeconds"),
        Dropped("deletionTimestamp"),
        Dropped("finalizers"),
        Dropped("generateName"),
        Dropped("generation"),
        Dropped("managedFields"),
        Dropped("ownerReferences"),
        Dropped("resourceVersion"),
        Dropped("selfLink"),
        Dropped("uid"));

    private static readonly RecordSchema ObjectFieldSelector = new(
        Text("apiVersion"),
        Text("fieldPath"));

    private static readonly RecordSchema ResourceFieldSelector = new(
        Text("containerName"),
        Text("resource"),
        Quantity("divisor"));

    private static readonly RecordSchema KeySelector = new(
        Text("name"),
        Text("key"),
        Flag("optional"));

    private static readonly RecordSchema ObjectReference = new(
        Text("name"),
        Flag("optional"));

    private static readonly RecordSchema EnvVarSource = new(
        Record("fieldRef", ObjectFieldSelector),
        Record("resourceFieldRef", ResourceFieldSelector),
        Record("configMapKeyRef", KeySelector),
        Record("secretKeyRef", KeySelector),
        Later("fileKeyRef"));

    private static readonly RecordSchema EnvVar = new(
        Text("name"),
        Text("value"),
        Record("valueFrom", EnvVarSource));

    private static readonly RecordSchema EnvFrom = new(
        Text("prefix"),
        Record("configMapRef", ObjectReference),
        Record("secretRef", ObjectReference));

    private static readonly RecordSchema ContainerPort = new(
        Text("name"),
        Integer("containerPort"),
        Integer("hostPort"),
        Text("hostIP"),
        Choice("protocol", "SCTP", "TCP", "UDP"));

    private static readonly RecordSchema VolumeMount = new(
        Text("name"),
        Text("mountPath"),
        Flag("readOnly"),
        Text("subPath"),
        Text("subPathExpr"),
        Choice("mountPropagation", "None", "HostToContainer", "Bidirectional"),
        Choice("recursiveReadOnly", "Disabled", "IfPossible", "Enabled"));

    private static readonly RecordSchema VolumeDevice = new(
        Text("name"),
        Text("devicePath"));

    private static readonly RecordSchema Resources = new(
        Map("limits", Quantity("")),
        Map("requests", Quantity("")),
        Later("claims"));

    private static readonly RecordSchema ResizePolicy = new(
        Text("resourceName"),
        Text("restartPolicy"));

    private static readonly RecordSchema Capabilities = new(
        List("add", Text("")),
        List("drop", Text("")));

    private static readonly RecordSchema SecurityProfile = new(
        Choice("type", "Localhost", "RuntimeDefault", "Unconfined"),
        Text("localhostProfile"));

    private static readonly RecordSchema SELinuxOptions = new(
        Text("user"),
        Text("role"),
        Text("type"),
        Text("level"));

    private static readonly RecordSchema SecurityContext = new(
        Record("capabilities", Capabilities),
        LongInteger("runAsUser"),
        LongInteger("runAsGroup"),
        Flag("runAsNonRoot"),
        Flag("readOnlyRootFilesystem"),
        Flag("allowPrivilegeEscalation"),
        Flag("privileged"),
        Choice("procMount", "Default", "Unmasked"),
        Record("seccompProfile", SecurityProfile),
        Record("seLinuxOptions", SELinuxOptions),
        Record("appArmorProfile", SecurityProfile),
        Refused("windowsOptions", "windows options cannot be set for a linux pod"));

    private static readonly RecordSchema Exec = new(
        List("command", Text("")));

    private static readonly RecordSchema HttpHeader = new(
        Text("name"),
        Text("value"));

    private static readonly RecordSchema HttpGet = new(
        Text("path"),
        Port("port"),
        Text("host"),
        Choice("scheme", "HTTP", "HTTPS"),
        List("httpHeaders", Record("", HttpHeader)));

    private static readonly RecordSchema TcpSocket = new(
        Port("port"),
        Text("host"));

    private static readonly RecordSchema Grpc = new(
        Integer("port"),
        Text("service"));

    private static readonly RecordSchema Sleep = new(
        LongInteger("seconds"));

    private static readonly RecordSchema Probe = new(
        Record("exec", Exec),
        Record("httpGet", HttpGet),
        Record("tcpSocket", TcpSocket),
        Record("grpc", Grpc),
        Integer("initialDelaySeconds"),
        Integer("timeoutSeconds"),
        Integer("periodSeconds"),
        Integer("successThreshold"),
        Integer("failureThreshold"),
        LongInteger("terminationGracePeriodSeconds"));

    private static readonly RecordSchema LifecycleHandler = new(
        Record("exec", Exec),
        Record("httpGet", HttpGet),
        Record("tcpSocket", TcpSocket),
        Record("sleep", Sleep));

    private static readonly RecordSchema Lifecycle = new(
        Record("postStart", LifecycleHandler),
        Record("preStop", LifecycleHandler),
        Text("stopSignal"));

    private static readonly FieldSchema[] ContainerFields =
    [
        Text("name"),
        Text("image"),
        Choice("imagePullPolicy", "Always", "IfNotPresent", "Never"),
        List("command", Text("")),
        List("args", Text("")),
        Text("workingDir"),
        List("env", Record("", EnvVar)),
        List("envFrom", Record("", EnvFrom)),
        List("ports", Record("", ContainerPort)),
        List("volumeMounts", Record("", VolumeMount)),
        List("volumeDevices", Record("", VolumeDevice)),
        Record("securityContext", SecurityContext),
        Record("resources", Resources),
        List("resizePolicy", Record("", ResizePolicy)),
        Choice("restartPolicy", "Always", "OnFailure", "Never"),
        Flag("stdin"),
        Flag("stdinOnce"),
        Flag("tty"),
        Record("startupProbe", Probe),
        Record("livenessProbe", Probe),
        Record("readinessProbe", Probe),
        Record("lifecycle", Lifecycle),
        Text("terminationMessagePath"),
        Choice("terminationMessagePolicy", "File", "FallbackToLogsOnError"),
        Later("restartPolicyRules"),
    ];

    private static readonly RecordSchema Container = new(ContainerFields);

    private static readonly RecordSchema EphemeralContainer = new([.. ContainerFields, Text("targetContainerName")]);

    private static readonly RecordSchema EmptyDir = new(
        Choice("medium", "", "Memory", "HugePages", "HugePages-2Mi", "HugePages-1Gi"),
        Quantity("sizeLimit"));

    private static readonly RecordSchema HostPath = new(
        Text("path"),
        Choice("type", "", "BlockDevice", "CharDevice", "Directory", "DirectoryOrCreate", "File", "FileOrCreate", "Socket"));

    private static readonly RecordSchema KeyToPath = new(
        Text("key"),
        Text("path"),
        Integer("mode"));

    private static readonly RecordSchema ConfigMapVolume = new(
        Text("name"),
        List("items", Record("", KeyToPath)),
        Integer("defaultMode"),
        Flag("optional"));

    private static readonly RecordSchema SecretVolume = new(
        Text("secretName"),
        List("items", Record("", KeyToPath)),
        Integer("defaultMode"),
        Flag("optional"));

    private static readonly RecordSchema DownwardAPIFile = new(
        Text("path"),
        Record("fieldRef", ObjectFieldSelector),
        Record("resourceFieldRef", ResourceFieldSelector),
        Integer("mode"));

    private static readonly RecordSchema DownwardAPIVolume = new(
        List("items", Record("", DownwardAPIFile)),
        Integer("defaultMode"));

    private static readonly RecordSchema ConfigMapProjection = new(
        Text("name"),
        List("items", Record("", KeyToPath)),
        Flag("optional"));

    private static readonly RecordSchema DownwardAPIProjection = new(
        List("items", Record("", DownwardAPIFile)));

    private static readonly RecordSchema ServiceAccountToken = new(
        Text("audience"),
        LongInteger("expirationSeconds"),
        Text("path"));

    private static readonly RecordSchema Projection = new(
        Record("configMap", ConfigMapProjection),
        Record("secret", ConfigMapProjection),
        Record("downwardAPI", DownwardAPIProjection),
        LeftOut(Record("serviceAccountToken", ServiceAccountToken)),
        Later("clusterTrustBundle"),
        Later("podCertificate"));

    private static readonly RecordSchema ProjectedVolume = new(
        List("sources", Record("", Projection)),
        Integer("defaultMode"));

    private static readonly RecordSchema ClaimVolume = new(
        Text("claimName"),
        Flag("readOnly"));

    private static readonly RecordSchema ImageVolume = new(
        Text("reference"),
        Choice("pullPolicy", "Always", "IfNotPresent", "Never"));

    private static readonly RecordSchema ClaimResources = new(
        Shown(Map("limits", Quantity(""))),
        Map("requests", Quantity("")));

    private static readonly RecordSchema ClaimSpec = new(
        List("accessModes", Text("")),
        Record("resources", ClaimResources),
        Shown(Text("storageClassName")),
        Shown(Text("volumeName")),
        Text("volumeMode"),
        Shown(AnyObject("selector")),
        Refused("dataSource", "there are no snapshots or populated volumes here; a claim begins empty"),
        Refused("dataSourceRef", "there are no snapshots or populated volumes here; a claim begins empty"),
        Shown(Text("volumeAttributesClassName")));

    private static readonly RecordSchema ClaimTemplate = new(
        Record("metadata", ObjectMeta),
        Record("spec", ClaimSpec));

    private static readonly RecordSchema EphemeralVolume = new(
        Record("volumeClaimTemplate", ClaimTemplate));

    private static readonly RecordSchema Volume = new(
        Text("name"),
        Record("emptyDir", EmptyDir),
        Record("hostPath", HostPath),
        Record("configMap", ConfigMapVolume),
        Record("secret", SecretVolume),
        Record("projected", ProjectedVolume),
        Record("downwardAPI", DownwardAPIVolume),
        Record("persistentVolumeClaim", ClaimVolume),
        Record("image", ImageVolume),
        Record("ephemeral", EphemeralVolume),
        Later("awsElasticBlockStore"),
        Later("azureDisk"),
        Later("azureFile"),
        Later("cephfs"),
        Later("cinder"),
        Later("csi"),
        Later("fc"),
        Later("flexVolume"),
        Later("flocker"),
        Later("gcePersistentDisk"),
        Later("gitRepo"),
        Later("glusterfs"),
        Later("iscsi"),
        Later("nfs"),
        Later("photonPersistentDisk"),
        Later("portworxVolume"),
        Later("quobyte"),
        Later("rbd"),
        Later("scaleIO"),
        Later("storageos"),
        Later("vsphereVolume"));

    private static readonly RecordSchema Sysctl = new(
        Text("name"),
        Text("value"));

    private static readonly RecordSchema PodSecurityContext = new(
        LongInteger("runAsUser"),
        LongInteger("runAsGroup"),
        Flag("runAsNonRoot"),
        List("supplementalGroups", LongInteger("")),
        LongInteger("fsGroup"),
        Choice("fsGroupChangePolicy", "Always", "OnRootMismatch"),
        Choice("supplementalGroupsPolicy", "Merge", "Strict"),
        List("sysctls", Record("", Sysctl)),
        Record("seccompProfile", SecurityProfile),
        Record("seLinuxOptions", SELinuxOptions),
        Record("appArmorProfile", SecurityProfile),
        Later("seLinuxChangePolicy"),
        Refused("windowsOptions", "windows options cannot be set for a linux pod"));

    private static readonly RecordSchema HostAlias = new(
        Text("ip"),
        List("hostnames", Text("")));

    private static readonly RecordSchema DnsOption = new(
        Text("name"),
        Text("value"));

    private static readonly RecordSchema DnsConfig = new(
        List("nameservers", Text("")),
        List("searches", Text("")),
        List("options", Record("", DnsOption)));

    private static readonly RecordSchema LocalObjectReference = new(
        Text("name"));

    private static readonly RecordSchema PodSpec = new(
        List("initContainers", Record("", Container)),
        List("containers", Record("", Container)),
        List("ephemeralContainers", Record("", EphemeralContainer)),
        List("volumes", Record("", Volume)),
        Choice("restartPolicy", "Always", "OnFailure", "Never"),
        LongInteger("terminationGracePeriodSeconds"),
        LongInteger("activeDeadlineSeconds"),
        Text("hostname"),
        Text("subdomain"),
        Flag("setHostnameAsFQDN"),
        List("hostAliases", Record("", HostAlias)),
        Choice("dnsPolicy", "ClusterFirst", "ClusterFirstWithHostNet", "Default", "None"),
        Record("dnsConfig", DnsConfig),
        Flag("shareProcessNamespace"),
        Flag("hostNetwork"),
        Flag("hostPID"),
        Flag("hostIPC"),
        Flag("hostUsers"),
        Record("securityContext", PodSecurityContext),
        Text("runtimeClassName"),
        Record("resources", Resources),
        Map("overhead", Quantity("")),
        Shown(List("imagePullSecrets", Record("", LocalObjectReference))),
        Shown(Map("nodeSelector", Text(""))),
        Shown(AnyObject("affinity")),
        Shown(List("tolerations", AnyObject(""))),
        Shown(List("topologySpreadConstraints", AnyObject(""))),
        Shown(Text("schedulerName")),
        Shown(Text("priorityClassName")),
        Shown(List("readinessGates", AnyObject(""))),
        Shown(AnyObject("os")),
        Shown(Text("serviceAccountName")),
        Shown(Text("serviceAccount")),
        Shown(Flag("automountServiceAccountToken")),
        Shown(Flag("enableServiceLinks")),
        Shown(Text("preemptionPolicy")),
        Shown(Integer("priority")),
        Shown(Text("nodeName")),
        Later("hostnameOverride"),
        Later("resourceClaims"),
        Refused("schedulingGates", "a pod with scheduling gates waits for a controller to lift them, and there is none"),
        Later("workloadRef"));

    /// <summary>The Pod itself. Every type that has fields hangs below it.</summary>
    public static RecordSchema Pod { get; } = Kind(
        Record("spec", PodSpec),
        Dropped("status"));

    public static RecordSchema ConfigMap { get; } = Kind(
        Map("data", Text("")),
        Map("binaryData", Text("")),
        Flag("immutable"));

    public static RecordSchema Secret { get; } = Kind(
        Map("data", Text("")),
        Map("stringData", Text("")),
        Text("type"),
        Flag("immutable"));

    public static RecordSchema PersistentVolumeClaim { get; } = Kind(
        Record("spec", ClaimSpec),
        Dropped("status"));

    public static RecordSchema RuntimeClass { get; } = Kind(
        Text("handler"),
        Record("overhead", new(Map("podFixed", Quantity("")))),
        Shown(AnyObject("scheduling")));

    private static RecordSchema Kind(params FieldSchema[] fields) =>
        new([Text("apiVersion"), Text("kind"), Record("metadata", ObjectMeta), .. fields]);
}
