using System.Reflection;
using System.Text.Json.Serialization;
using Peapod.Pod.Manifest;
using Peapod.Pod.Objects;

namespace Peapod.UnitTests.Manifest;

public sealed class ManifestSchemaTests
{
    [Theory]
    [InlineData("comand: [sh]", "spec.containers[0].comand: unknown field, did you mean \"command\"?")]
    [InlineData("Command: [sh]", "spec.containers[0].Command: unknown field, did you mean \"command\"?")]
    [InlineData("volumesMount: []", "spec.containers[0].volumesMount: unknown field, did you mean \"volumeMounts\"?")]
    [InlineData("livenesProbe: {}", "spec.containers[0].livenesProbe: unknown field, did you mean \"livenessProbe\"?")]
    [InlineData("frobnicate: 1", "spec.containers[0].frobnicate: unknown field")]
    [InlineData("env: [{nmae: A, name: A}]", "spec.containers[0].env[0].nmae: unknown field, did you mean \"name\"?")]
    [InlineData("securityContext: {capabilities: {ad: []}}", "spec.containers[0].securityContext.capabilities.ad: unknown field, did you mean \"add\"?")]
    [InlineData("comand: ", "spec.containers[0].comand: unknown field, did you mean \"command\"?")]
    public void A_field_that_Kubernetes_does_not_know_is_an_error_with_the_nearest_name(string line, string error)
    {
        Assert.Equal(["pod.yaml:8: " + error], Manifests.Errors(Manifests.WithContainer(line)));
    }

    public static TheoryData<string> LaterPodFields =>
    [
        "hostnameOverride", "resourceClaims",
    ];

    [Theory]
    [MemberData(nameof(LaterPodFields))]
    public void A_pod_field_that_is_not_done_yet_is_an_error_that_says_so(string field)
    {
        var text = Manifests.WithSpec($"{field}: [x]\ncontainers: [{{name: c, image: i}}]");
        Assert.Equal([$"pod.yaml:5: spec.{field}: not supported by this version of Peapod"], Manifests.Errors(text));
    }

    public static TheoryData<string> LaterContainerFields =>
    [
        "restartPolicyRules",
    ];

    [Theory]
    [MemberData(nameof(LaterContainerFields))]
    public void A_container_field_that_is_not_done_yet_is_an_error_that_says_so(string field)
    {
        Assert.Equal(
            [$"pod.yaml:8: spec.containers[0].{field}: not supported by this version of Peapod"],
            Manifests.Errors(Manifests.WithContainer($"{field}: [x]")));
    }

    public static TheoryData<string> LaterVolumes =>
    [
        "awsElasticBlockStore", "azureDisk", "azureFile", "cephfs", "cinder", "csi", "fc",
        "flexVolume", "flocker", "gcePersistentDisk", "gitRepo", "glusterfs", "iscsi", "nfs",
        "photonPersistentDisk", "portworxVolume", "quobyte", "rbd", "scaleIO", "storageos", "vsphereVolume",
    ];

    [Theory]
    [MemberData(nameof(LaterVolumes))]
    public void A_volume_type_that_is_not_done_yet_is_an_error_that_says_so(string field)
    {
        var text = Manifests.WithSpec($"containers: [{{name: c, image: i, volumeMounts: [{{name: v, mountPath: /v}}]}}]\nvolumes:\n- name: v\n  {field}: {{}}");
        Assert.Equal([$"pod.yaml:8: spec.volumes[0].{field}: not supported by this version of Peapod"], Manifests.Errors(text));
    }

    [Theory]
    [InlineData("env: [{name: A, valueFrom: {fieldRef: {fieldPath: metadata.name}, fileKeyRef: {}}}]", "env[0].valueFrom.fileKeyRef")]
    [InlineData("resources: {claims: [{name: x}]}", "resources.claims")]
    public void An_inner_field_that_is_not_done_yet_is_an_error_that_says_so(string line, string path)
    {
        Assert.Equal(
            [$"pod.yaml:8: spec.containers[0].{path}: not supported by this version of Peapod"],
            Manifests.Errors(Manifests.WithContainer(line)));
    }

    [Theory]
    [InlineData("seLinuxChangePolicy: Recursive", "seLinuxChangePolicy")]
    public void A_pod_security_setting_that_is_not_done_yet_is_an_error_that_says_so(string setting, string name)
    {
        var text = Manifests.WithSpec($"securityContext: {{{setting}}}\ncontainers: [{{name: c, image: i}}]");
        Assert.Equal([$"pod.yaml:5: spec.securityContext.{name}: not supported by this version of Peapod"], Manifests.Errors(text));
    }

    [Fact]
    public void A_field_to_come_that_asks_for_what_is_done_anyway_is_taken()
    {
        var pod = Manifests.Pod(Manifests.WithSpec("""
            dnsPolicy: ClusterFirst
            enableServiceLinks: true
            hostNetwork: false
            hostUsers: true
            priority: 0
            initContainers: []
            imagePullSecrets: null
            activeDeadlineSeconds:
            overhead: {}
            securityContext: {sysctls: [], fsGroupChangePolicy: Always}
            containers:
            - name: c
              image: i
              livenessProbe: null
              lifecycle: {}
              terminationMessagePath: /dev/termination-log
              terminationMessagePolicy: File
              securityContext: {privileged: false, procMount: Default}
              volumeMounts: [{name: v, mountPath: /v, mountPropagation: None}]
            volumes: [{name: v, configMap: null}]
            """));
        Assert.Equal("p", pod.Metadata.Name);
    }

    [Theory]
    [InlineData("image: 5", "image", "string", "integer", " (put the value in quotes)")]
    [InlineData("command: sh", "command", "array", "string", "")]
    [InlineData("command: [sh, 5]", "command[1]", "string", "integer", " (put the value in quotes)")]
    [InlineData("command: [sh, ]\nargs: [~]", "args[0]", "string", "null", "")]
    [InlineData("env: [{name: A, value: yes}]", "env[0].value", "string", "boolean", " (put the value in quotes)")]
    [InlineData("env: [{name: A, value: 1.5}]", "env[0].value", "string", "number", " (put the value in quotes)")]
    [InlineData("env: {A: b}", "env", "array", "object", "")]
    [InlineData("env: [A=b]", "env[0]", "object", "string", "")]
    [InlineData("tty: 'true'", "tty", "boolean", "string", "")]
    [InlineData("tty: 1", "tty", "boolean", "integer", "")]
    [InlineData("ports: [{containerPort: '80'}]", "ports[0].containerPort", "integer", "string", "")]
    [InlineData("ports: [{containerPort: 80.5}]", "ports[0].containerPort", "integer", "number", "")]
    [InlineData("ports: [80]", "ports[0]", "object", "integer", "")]
    [InlineData("resources: []", "resources", "object", "array", "")]
    [InlineData("resources: {limits: [a]}", "resources.limits", "object", "array", "")]
    [InlineData("resources: {limits: {cpu: true}}", "resources.limits.cpu", "string or number", "boolean", "")]
    [InlineData("imagePullPolicy: 5", "imagePullPolicy", "string", "integer", " (put the value in quotes)")]
    public void A_wrong_type_is_one_error_that_says_which_is_right(string line, string path, string expected, string actual, string hint)
    {
        path = "spec.containers[0]." + path;
        var text = line.StartsWith("image:", StringComparison.Ordinal)
            ? Manifests.WithSpec("containers:\n- name: c\n\n  " + line)
            : Manifests.WithContainer(line);
        var number = 8 + line.Count(c => c == '\n');
        Assert.Equal([$"pod.yaml:{number}: {path}: Invalid value: \"{actual}\": {path} in body must be of type {expected}: \"{actual}\"{hint}"], Manifests.Errors(text));
    }

    [Theory]
    [InlineData("restartPolicy: always", "restartPolicy: Unsupported value: \"always\": supported values: \"Always\", \"OnFailure\", \"Never\"")]
    [InlineData("terminationGracePeriodSeconds: soon", "terminationGracePeriodSeconds: Invalid value: \"string\": spec.terminationGracePeriodSeconds in body must be of type integer: \"string\"")]
    [InlineData("terminationGracePeriodSeconds: 99999999999999999999", "terminationGracePeriodSeconds: Invalid value: 99999999999999999999: must be between -9223372036854775808 and 9223372036854775807, inclusive")]
    [InlineData("volumes: {a: b}", "volumes: Invalid value: \"object\": spec.volumes in body must be of type array: \"object\"")]
    [InlineData("volumes: [{name: v, emptyDir: {medium: RAM}}]", "volumes[0].emptyDir.medium: Unsupported value: \"RAM\": supported values: \"\", \"Memory\", \"HugePages\", \"HugePages-2Mi\", \"HugePages-1Gi\"")]
    [InlineData("volumes: [{name: v, hostPath: {path: /a, type: Dir}}]", "volumes[0].hostPath.type: Unsupported value: \"Dir\": supported values: \"\", \"BlockDevice\", \"CharDevice\", \"Directory\", \"DirectoryOrCreate\", \"File\", \"FileOrCreate\", \"Socket\"")]
    [InlineData("volumes: [{name: v, emptyDir: {sizeLimit: lots}}]", "volumes[0].emptyDir.sizeLimit: Invalid value: \"lots\": quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'")]
    [InlineData("nodeSelector: {a: 5}", "nodeSelector.a: Invalid value: \"integer\": spec.nodeSelector.a in body must be of type string: \"integer\" (put the value in quotes)")]
    [InlineData("affinity: x", "affinity: Invalid value: \"string\": spec.affinity in body must be of type object: \"string\"")]
    [InlineData("securityContext: {supplementalGroups: [a]}", "securityContext.supplementalGroups[0]: Invalid value: \"string\": spec.securityContext.supplementalGroups[0] in body must be of type integer: \"string\"")]
    public void A_spec_with_a_wrong_value_is_one_error(string line, string error)
    {
        Assert.Equal(["pod.yaml:5: spec." + error], Manifests.Errors(Manifests.WithSpec(line + "\ncontainers: [{name: c, image: i, volumeMounts: []}]")));
    }

    [Fact]
    public void A_port_number_of_more_than_32_bits_is_refused()
    {
        Assert.Equal(
            ["pod.yaml:8: spec.containers[0].ports[0].containerPort: Invalid value: 99999999999: must be between -2147483648 and 2147483647, inclusive"],
            Manifests.Errors(Manifests.WithContainer("ports: [{containerPort: 99999999999}]")));
    }

    [Fact]
    public void Integers_may_be_written_in_any_way_that_makes_them_whole()
    {
        var pod = Manifests.Pod(Manifests.WithSpec("terminationGracePeriodSeconds: 30.0\nsecurityContext: {runAsUser: 0x10, fsGroup: 1e3, supplementalGroups: [010, 2.0]}\ncontainers: [{name: c, image: i}]"));
        Assert.Equal(30, pod.Spec.TerminationGracePeriodSeconds);
        Assert.Equal(16, pod.Spec.SecurityContext!.RunAsUser);
        Assert.Equal(1000, pod.Spec.SecurityContext.FsGroup);
        Assert.Equal([8, 2], pod.Spec.SecurityContext.SupplementalGroups!);
    }

    [Fact]
    public void Quantities_may_be_numbers()
    {
        var resources = Manifests.Pod(Manifests.WithContainer("resources: {limits: {cpu: 0.5, memory: 1048576}}")).Spec.Containers[0].Resources;
        Assert.Equal(500, resources.Limit("cpu")!.Value.MilliValue);
        Assert.Equal("1048576", resources.Limit("memory")!.Value.ToString());
    }

    [Fact]
    public void A_mount_is_not_held_against_volumes_that_could_not_be_read()
    {
        var errors = Manifests.Errors(Manifests.WithSpec("volumes: x\ncontainers: [{name: c, image: i, volumeMounts: [{name: v, mountPath: /v}]}]"));
        Assert.StartsWith("pod.yaml:5: spec.volumes: Invalid value: \"string\"", Assert.Single(errors), StringComparison.Ordinal);
    }

    [Fact]
    public void Every_field_of_the_records_is_in_the_schema_and_the_other_way_round()
    {
        Compare(PodSchema.Pod, typeof(PodManifest), "");
        Compare(PodSchema.ConfigMap, typeof(ConfigMap), "");
        Compare(PodSchema.Secret, typeof(Secret), "");
        Compare(PodSchema.PersistentVolumeClaim, typeof(PersistentVolumeClaim), "");
        Compare(PodSchema.RuntimeClass, typeof(RuntimeClass), "");
    }

    private static void Compare(RecordSchema schema, Type type, string path)
    {
        var read = schema.Fields.Where(static field => field.Support != FieldSupport.Dropped && field.HasRecord).ToDictionary(field => field.Name);
        var properties = type.GetProperties().Where(property => property.CanWrite && (property.Name != nameof(ContainerSpec.TargetContainerName) || path.EndsWith(".ephemeralContainers", StringComparison.Ordinal))).ToDictionary(JsonName);
        foreach (var dropped in schema.Fields.Where(static field => field.Support == FieldSupport.Dropped))
        {
            // The API server's own, which a manifest does not set.
            properties.Remove(dropped.Name);
        }

        Assert.Equal(read.Keys.Order(), properties.Keys.Order());
        foreach (var (name, property) in properties)
        {
            var field = read[name].Kind == FieldKind.List ? read[name].Element! : read[name];
            if (field.Kind == FieldKind.Record)
            {
                var itself = read[name].Kind == FieldKind.List ? property.PropertyType.GetGenericArguments()[0] : property.PropertyType;
                Compare(field.Fields!, Nullable.GetUnderlyingType(itself) ?? itself, $"{path}.{name}");
            }
        }
    }

    private static string JsonName(PropertyInfo property) =>
        property.GetCustomAttribute<JsonPropertyNameAttribute>()?.Name ?? char.ToLowerInvariant(property.Name[0]) + property.Name[1..];
}
