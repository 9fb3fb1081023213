namespace Peapod.UnitTests.Manifest.Rules;

public sealed class VolumeRulesTests
{
    private const string ModeRange = "must be a number between 0 and 0777 (octal), both inclusive";

    [Theory]
    [InlineData("secret: {}", "secret.secretName: Required value")]
    [InlineData("secret: {secretName: s, defaultMode: 01000}", "secret.defaultMode: Invalid value: 512: " + ModeRange)]
    [InlineData("secret: {secretName: s, defaultMode: -1}", "secret.defaultMode: Invalid value: -1: " + ModeRange)]
    [InlineData("secret: {secretName: s, items: [{path: a}]}", "secret.items[0].key: Required value")]
    [InlineData("secret: {secretName: s, items: [{key: a}]}", "secret.items[0].path: Required value")]
    [InlineData("secret: {secretName: s, items: [{key: a, path: /a}]}", "secret.items[0].path: Invalid value: \"/a\": must be a relative path")]
    [InlineData("secret: {secretName: s, items: [{key: a, path: a/../b}]}", "secret.items[0].path: Invalid value: \"a/../b\": must not contain '..'")]
    [InlineData("secret: {secretName: s, items: [{key: a, path: ..data}]}", "secret.items[0].path: Invalid value: \"..data\": must not start with '..'")]
    [InlineData("secret: {secretName: s, items: [{key: a, path: a, mode: 0777777}]}", "secret.items[0].mode: Invalid value: 262143: " + ModeRange)]
    [InlineData("configMap: {}", "configMap.name: Required value")]
    [InlineData("configMap: {name: m, defaultMode: 512}", "configMap.defaultMode: Invalid value: 512: " + ModeRange)]
    [InlineData("configMap: {name: m, items: [{key: a, path: ..}]}", "configMap.items[0].path: Invalid value: \"..\": must not contain '..'")]
    [InlineData("downwardAPI: {defaultMode: 512}", "downwardAPI.defaultMode: Invalid value: 512: " + ModeRange)]
    [InlineData("downwardAPI: {items: [{fieldRef: {fieldPath: metadata.name}}]}", "downwardAPI.items[0].path: Required value")]
    [InlineData("downwardAPI: {items: [{path: a}]}", "downwardAPI.items[0]: Required value: one of fieldRef and resourceFieldRef is required")]
    [InlineData("downwardAPI: {items: [{path: a, fieldRef: {fieldPath: metadata.name}, resourceFieldRef: {containerName: c, resource: limits.cpu}}]}", "downwardAPI.items[0]: Invalid value: \"resource\": fieldRef and resourceFieldRef can not be specified simultaneously")]
    [InlineData("downwardAPI: {items: [{path: a, fieldRef: {fieldPath: status.podIP}}]}", "downwardAPI.items[0].fieldRef.fieldPath: Unsupported value: \"status.podIP\": supported values: \"metadata.annotations\", \"metadata.labels\", \"metadata.name\", \"metadata.namespace\", \"metadata.uid\"")]
    [InlineData("downwardAPI: {items: [{path: a, resourceFieldRef: {resource: limits.cpu}}]}", "downwardAPI.items[0].resourceFieldRef.containerName: Required value")]
    [InlineData("downwardAPI: {items: [{path: a, resourceFieldRef: {containerName: x, resource: limits.cpu}}]}", "downwardAPI.items[0].resourceFieldRef.containerName: Not found: \"x\"")]
    [InlineData("projected: {defaultMode: 512}", "projected.defaultMode: Invalid value: 512: " + ModeRange)]
    [InlineData("projected: {sources: [{}]}", "projected.sources[0]: Required value: must specify a volume type")]
    [InlineData("projected: {sources: [{secret: {name: a}, configMap: {name: b}}]}", "projected.sources[0]: Forbidden: may not specify more than 1 volume type per source")]
    [InlineData("projected: {sources: [{secret: {}}]}", "projected.sources[0].secret.name: Required value")]
    [InlineData("projected: {sources: [{configMap: {}}]}", "projected.sources[0].configMap.name: Required value")]
    [InlineData("projected: {sources: [{secret: {name: a, items: [{key: k, path: p}]}}, {configMap: {name: b, items: [{key: k, path: p}]}}]}", "projected.sources[1].configMap.items[0].path: Invalid value: \"p\": conflicting duplicate paths")]
    [InlineData("projected: {sources: [{downwardAPI: {items: [{path: a}]}}]}", "projected.sources[0].downwardAPI.items[0]: Required value: one of fieldRef and resourceFieldRef is required")]
    [InlineData("persistentVolumeClaim: {}", "persistentVolumeClaim.claimName: Required value")]
    [InlineData("image: {pullPolicy: Never}", "image.reference: Required value")]
    [InlineData("image: {reference: a, pullPolicy: Sometimes}", "image.pullPolicy: Unsupported value: \"Sometimes\": supported values: \"Always\", \"IfNotPresent\", \"Never\"")]
    [InlineData("ephemeral: {}", "ephemeral.volumeClaimTemplate: Required value")]
    [InlineData("ephemeral: {volumeClaimTemplate: {metadata: {name: x}, spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}}}", "ephemeral.volumeClaimTemplate.metadata.name: Forbidden: cannot be set")]
    [InlineData("ephemeral: {volumeClaimTemplate: {spec: {accessModes: [ReadWriteOnce]}}}", "ephemeral.volumeClaimTemplate.spec.resources.requests[storage]: Required value")]
    [InlineData("emptyDir: {}, configMap: {name: m}", "configMap: Forbidden: may not specify more than 1 volume type")]
    [InlineData("image: {reference: a}, secret: {secretName: s}", "image: Forbidden: may not specify more than 1 volume type")]
    public void A_volume_that_breaks_a_rule_is_refused(string source, string error) =>
        Manifests.AssertSpecError($"volumes: [{{name: v, {source}}}]", "volumes[0]." + error);

    [Fact]
    public void A_claim_that_an_ephemeral_volume_makes_is_not_to_be_named() =>
        Manifests.AssertSpecError(
            "volumes: [{name: v, ephemeral: {volumeClaimTemplate: {spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1}}}}}}, {name: w, persistentVolumeClaim: {claimName: p-v}}]",
            "volumes[1].persistentVolumeClaim.claimName: Invalid value: \"p-v\": must not reference a PVC that gets created for an ephemeral volume");

    [Theory]
    [InlineData("secret: {secretName: s, defaultMode: 0, items: [{key: a, path: a/b..c, mode: 0777}], optional: true}")]
    [InlineData("downwardAPI: {items: [{path: a, fieldRef: {fieldPath: metadata.labels}}, {path: b, resourceFieldRef: {containerName: c, resource: requests.memory, divisor: 1Ki}}]}")]
    [InlineData("projected: {sources: [{secret: {name: a}}, {configMap: {name: a}}, {downwardAPI: {items: []}}]}")]
    [InlineData("image: {reference: 'quay.io/a/b:1'}")]
    [InlineData("persistentVolumeClaim: {claimName: data, readOnly: true}")]
    public void A_volume_within_the_rules_is_taken(string source) =>
        Manifests.AllFields(Manifests.WithSpec($"volumes: [{{name: v, {source}}}]\ncontainers: [{{name: c, image: i}}]"));

    [Theory]
    [InlineData("{name: v, mountPath: /v, subPath: a, subPathExpr: $(A)}", "volumeMounts[0].subPathExpr: Invalid value: \"$(A)\": subPathExpr and subPath are mutually exclusive")]
    [InlineData("{name: v, mountPath: /v, subPathExpr: /a}", "volumeMounts[0].subPathExpr: Invalid value: \"/a\": must be a relative path")]
    [InlineData("{name: v, mountPath: /v, subPathExpr: a/..}", "volumeMounts[0].subPathExpr: Invalid value: \"a/..\": must not contain '..'")]
    [InlineData("{name: v, mountPath: /v, mountPropagation: Bidirectional}", "volumeMounts[0].mountPropagation: Forbidden: Bidirectional mount propagation is available only to privileged containers")]
    [InlineData("{name: v, mountPath: /v, recursiveReadOnly: Enabled}", "volumeMounts[0].recursiveReadOnly: Forbidden: may only be specified when readOnly is true")]
    [InlineData("{name: v, mountPath: /v, readOnly: true, recursiveReadOnly: IfPossible, mountPropagation: HostToContainer}", "volumeMounts[0].recursiveReadOnly: Forbidden: may only be specified when mountPropagation is None or not specified")]
    public void A_mount_that_breaks_a_rule_is_refused(string mount, string error) =>
        Assert.Equal(
            ["pod.yaml:5: spec.containers[0]." + error],
            Manifests.AllFieldErrors(Manifests.WithSpec($"containers: [{{name: c, image: i, volumeMounts: [{mount}]}}]\nvolumes: [{{name: v}}]")));

    [Theory]
    [InlineData("{name: v, devicePath: /d}", "volumeDevices[0].name: Invalid value: \"v\": can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode")]
    [InlineData("{name: x, devicePath: /d}", "volumeDevices[0].name: Not found: \"x\"")]
    [InlineData("{devicePath: /d}", "volumeDevices[0].name: Required value")]
    [InlineData("{name: b}", "volumeDevices[0].devicePath: Required value")]
    [InlineData("{name: b, devicePath: /a/../b}", "volumeDevices[0].devicePath: Invalid value: \"/a/../b\": can not contain backsteps ('..')")]
    [InlineData("{name: b, devicePath: /d}, {name: b, devicePath: /e}", "volumeDevices[1].name: Invalid value: \"b\": must be unique")]
    [InlineData("{name: b, devicePath: /d}, {name: e, devicePath: /d}", "volumeDevices[1].devicePath: Invalid value: \"/d\": must be unique")]
    [InlineData("{name: m, devicePath: /d}", "volumeMounts[0].name: Invalid value: \"m\": must not already exist in volumeDevices")]
    [InlineData("{name: b, devicePath: /m}", "volumeMounts[0].mountPath: Invalid value: \"/m\": must not already exist as a path in volumeDevices")]
    public void A_device_that_breaks_a_rule_is_refused(string device, string error)
    {
        const string claims = "{name: b, persistentVolumeClaim: {claimName: b}}, {name: e, persistentVolumeClaim: {claimName: e}}, {name: m, persistentVolumeClaim: {claimName: m}}";
        var text = Manifests.WithSpec($"containers: [{{name: c, image: i, volumeDevices: [{device}], volumeMounts: [{{name: m, mountPath: /m}}]}}]\nvolumes: [{{name: v}}, {claims}]");
        Assert.Equal(["pod.yaml:5: spec.containers[0]." + error], Manifests.AllFieldErrors(text));
    }

    [Fact]
    public void A_pod_with_users_of_its_own_has_no_devices() =>
        Assert.Equal(
            ["pod.yaml:5: spec.containers[0].volumeDevices: Forbidden: when `hostUsers` is false"],
            Manifests.AllFieldErrors(Manifests.WithSpec("containers: [{name: c, image: i, volumeDevices: [{name: b, devicePath: /dev/b}]}]\nhostUsers: false\nvolumes: [{name: b, persistentVolumeClaim: {claimName: b}}]")));

    [Fact]
    public void Mounts_within_the_rules_are_taken() =>
        Manifests.AllFields(Manifests.WithSpec("""
            volumes: [{name: v}, {name: i, image: {reference: a}}]
            containers:
            - name: c
              image: i
              securityContext: {privileged: true}
              volumeMounts:
              - {name: v, mountPath: /a, mountPropagation: Bidirectional}
              - {name: v, mountPath: /b, readOnly: true, recursiveReadOnly: Enabled, mountPropagation: None}
              - {name: i, mountPath: /c, subPath: etc}
              - {name: v, mountPath: /d, subPathExpr: $(A)/b}
            """));
}
