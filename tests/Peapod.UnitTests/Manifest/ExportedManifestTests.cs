using System.Text;
using Peapod.Pod.Manifest;
using Peapod.Tests;

namespace Peapod.UnitTests.Manifest;

/// <summary>What <c>kubectl get -o yaml</c> prints of a pod of a cluster's can be run here.</summary>
public sealed class ExportedManifestTests
{
    private const string Token = "{name: kube-api-access-x7k2p, mountPath: /var/run/secrets/kubernetes.io/serviceaccount, readOnly: true}";

    private const string Exported = """
        apiVersion: v1
        kind: Pod
        metadata:
          annotations: {kubectl.kubernetes.io/restartedAt: "2026-01-01T00:00:00Z"}
          clusterName: old
          creationTimestamp: "2026-01-01T00:00:00Z"
          deletionGracePeriodSeconds: 30
          deletionTimestamp: "2026-01-01T00:00:00Z"
          finalizers: [example.com/keep]
          generateName: web-
          generation: 1
          managedFields: [{apiVersion: v1, fieldsV1: {"f:spec": {}}, manager: kubelet}]
          name: web-abcde
          ownerReferences: [{apiVersion: apps/v1, kind: ReplicaSet, name: web, uid: "1"}]
          resourceVersion: "123"
          selfLink: /api/v1/namespaces/default/pods/web-abcde
          uid: 0b1c0e0f-0000-4000-8000-000000000001
        spec:
          initContainers:
          - {name: first, image: i, volumeMounts: [TOKEN]}
          containers:
          - {name: web, image: i, volumeMounts: [TOKEN, {name: data, mountPath: /data}]}
          ephemeralContainers:
          - {name: look, image: i, volumeMounts: [TOKEN]}
          volumes:
          - name: kube-api-access-x7k2p
            projected:
              defaultMode: 420
              sources:
              - serviceAccountToken: {expirationSeconds: 3607, path: token}
              - configMap: {items: [{key: ca.crt, path: ca.crt}], name: kube-root-ca.crt}
              - downwardAPI: {items: [{fieldRef: {apiVersion: v1, fieldPath: metadata.namespace}, path: namespace}]}
          - {name: data, emptyDir: {}}
        status: {phase: Running}
        """;

    [Fact]
    [Field("metadata.finalizers", "metadata.generateName", "metadata.ownerReferences", "spec.volumes[].projected.sources[].serviceAccountToken")]
    public void The_servers_own_fields_and_the_token_volume_are_left_out_with_one_warning()
    {
        var read = ManifestReader.Read("f", Exported.Replace("TOKEN", Token, StringComparison.Ordinal));

        var pod = Assert.Single(read.Pods);
        Assert.Equal("{\"name\":\"web-abcde\",\"namespace\":\"default\",\"annotations\":{\"kubectl.kubernetes.io/restartedAt\":\"2026-01-01T00:00:00Z\"}}", Encoding.UTF8.GetString(pod.Metadata.ToJson()));
        Assert.Equal("data", Assert.Single(pod.Spec.Volumes).Name);
        Assert.Equal("data", Assert.Single(pod.Spec.Containers[0].VolumeMounts).Name);
        Assert.Empty(pod.Spec.InitContainers[0].VolumeMounts);
        Assert.Empty(pod.Spec.EphemeralContainers[0].VolumeMounts);
        Assert.Equal(
            ["f:26: spec.volumes[0]: volume \"kube-api-access-x7k2p\" is left out with its mounts: there is no API server here that a service account's token would be for"],
            read.Warnings);
    }

    [Fact]
    public void Of_a_projected_volume_of_the_users_own_only_the_token_is_left_out()
    {
        var read = ManifestReader.Read("f", Manifests.WithSpec("""
            containers: [{name: c, image: i, volumeMounts: [{name: v, mountPath: /v}]}]
            volumes:
            - name: v
              projected: {sources: [{serviceAccountToken: {path: token, audience: vault}}, {configMap: {name: a}}, {serviceAccountToken: {path: other}}]}
            """));

        var volume = Assert.Single(Assert.Single(read.Pods).Spec.Volumes);
        Assert.Equal("a", Assert.Single(volume.Projected!.Sources).ConfigMap!.Name);
        Assert.Single(read.Pods[0].Spec.Containers[0].VolumeMounts);
        Assert.Equal(["f:7: spec.volumes[0]: the service account's token is left out of volume \"v\": there is no API server here that it would be for"], read.Warnings);
    }

    [Fact]
    public void A_name_that_a_cluster_would_make_up_must_be_given()
    {
        Assert.Equal(
            ["pod.yaml:4: metadata.name: Required value: no name is made up here from generateName"],
            Manifests.Errors("apiVersion: v1\nkind: Pod\nmetadata:\n  generateName: web-\nspec: {containers: [{name: c, image: i}]}\n"));
    }

    [Theory]
    [InlineData("default-token-x7k2p", "default-token-x7k2p", "/var/run/secrets/kubernetes.io/serviceaccount", true)]
    [InlineData("default-token-x7k2p", "default-token-x7k2p", "/etc/token", false)]
    [InlineData("my-token-abcde", "other", "/var/run/secrets/kubernetes.io/serviceaccount", false)]
    [InlineData("certificates", "certificates", "/var/run/secrets/kubernetes.io/serviceaccount", false)]
    public void The_tokens_secret_of_an_old_cluster_is_left_out_and_no_other_secret(string volume, string secret, string mountPath, bool isLeftOut)
    {
        var read = ManifestReader.Read("f", Manifests.WithSpec(
            $"containers: [{{name: c, image: i, volumeMounts: [{{name: {volume}, mountPath: {mountPath}}}]}}]\nvolumes: [{{name: {volume}, secret: {{secretName: {secret}}}}}]"));

        Assert.Equal(isLeftOut, read.Pods[0].Spec.Volumes.Count == 0);
        Assert.Equal(isLeftOut, read.Warnings.Count == 1);
    }

    [Theory]
    [InlineData("serviceAccountToken: {}", "serviceAccountToken.path: Required value")]
    [InlineData("serviceAccountToken: {path: ../x}", "serviceAccountToken.path: Invalid value: \"../x\": must not contain '..'")]
    [InlineData("serviceAccountToken: {path: x, expirationSeconds: 599}", "serviceAccountToken.expirationSeconds: Invalid value: 599: may not specify a duration less than 10 minutes")]
    [InlineData("serviceAccountToken: {path: x, expirationSeconds: 4294967297}", "serviceAccountToken.expirationSeconds: Invalid value: 4294967297: may not specify a duration larger than 2^32 seconds")]
    [InlineData("clusterTrustBundle: {path: x}", "clusterTrustBundle: not supported by this version of Peapod")]
    [InlineData("podCertificate: {}", "podCertificate: not supported by this version of Peapod")]
    public void What_is_wrong_with_a_source_is_one_error(string source, string error)
    {
        Assert.Equal(
            ["pod.yaml:6: spec.volumes[0].projected.sources[0]." + error],
            Manifests.Errors(Manifests.WithSpec($"containers: [{{name: c, image: i}}]\nvolumes: [{{name: v, projected: {{sources: [{{{source}}}]}}}}]")));
    }

    [Fact]
    public void The_items_of_a_list_of_one_kind_have_its_kind_and_version()
    {
        var pods = ManifestReader.Read("f", "apiVersion: v1\nkind: PodList\nmetadata: {resourceVersion: \"1\"}\nitems:\n- metadata: {name: a}\n  spec: {containers: [{name: c, image: i}]}\n- {apiVersion: v1, kind: Pod, metadata: {name: b}, spec: {containers: [{name: c, image: i}]}}\n").Pods;
        Assert.Equal(["a", "b"], pods.Select(static pod => pod.Metadata.Name));

        var maps = ManifestReader.Read("f", "apiVersion: v1\nkind: ConfigMapList\nitems: [{metadata: {name: a}, data: {x: z}}]\n").ConfigMaps;
        Assert.Equal("z", Assert.Single(maps).Data!["x"]);

        var classes = ManifestReader.Read("f", "apiVersion: node.k8s.io/v1\nkind: RuntimeClassList\nitems: [{metadata: {name: a}, handler: runc}]\n").RuntimeClasses;
        Assert.Equal("runc", Assert.Single(classes).Handler);
    }

    [Fact]
    public void The_items_of_a_list_of_anything_must_say_what_they_are()
    {
        Assert.Equal(
            ["pod.yaml:4: items[0].apiVersion: Required value", "pod.yaml:4: items[0].kind: Required value"],
            Manifests.Errors("apiVersion: v1\nkind: List\nitems:\n- metadata: {name: a}\n"));
    }
}
