using Peapod.Pod.Containers;
using Peapod.Pod.Manifest;
using Peapod.Tests;

namespace Peapod.UnitTests.Manifest.Rules;

/// <summary>What the API server takes and seems wrong is taken: no rule is stricter than the server's (docs/decisions/validation.md).</summary>
public sealed class TakenByTheServerTests
{
    [Theory]
    [InlineData("resources: {limits: {cpu: ' 1 ', memory: \"64Mi\\n\"}, requests: {memory: \"\\t32Mi\"}}")]
    [InlineData("resources: {limits: {nvidia.com/gpu: 0}}")]
    [InlineData("livenessProbe: {httpGet: {port: 1, path: '/a b?c=d e#f'}}")]
    [InlineData("livenessProbe: {httpGet: {port: 1, path: \"/\\r\\nX: y\", host: 'a b', httpHeaders: [{name: A, value: \"b\\nc\"}]}}")]
    [InlineData("livenessProbe: {grpc: {port: 1}, terminationGracePeriodSeconds: 9223372036854775807}")]
    [InlineData("terminationMessagePath: log")]
    [InlineData("image: 'a b'")]
    [InlineData("env: [{name: A, valueFrom: {configMapKeyRef: {name: A_b, key: k}}}, {name: B, valueFrom: {secretKeyRef: {name: ../x, key: k}}}]")]
    [InlineData("envFrom: [{configMapRef: {name: A_b}}, {secretRef: {name: A b}}]")]
    [InlineData("ports: [{containerPort: 1, hostPort: 80, hostIP: 127.000.000.010}]")]
    [InlineData("securityContext: {allowPrivilegeEscalation: false, capabilities: {add: [SYS_ADMIN]}}")]
    public void In_a_container(string line)
    {
        var text = Manifests.WithContainer(line);
        Assert.Single(ManifestReader.Read("f", line.StartsWith("image", StringComparison.Ordinal) ? text.Replace("    image: i\n", "", StringComparison.Ordinal) : text).Pods);
    }

    [Theory]
    [InlineData("imagePullSecrets: [{name: A_b}, {}]")]
    [InlineData("terminationGracePeriodSeconds: 9223372036854775807")]
    [InlineData("volumes: [{name: v, configMap: {name: A_b}}, {name: w, secret: {secretName: A b}}, {name: x, persistentVolumeClaim: {claimName: ../q}}, {name: z, projected: {sources: [{configMap: {name: B}}, {secret: {name: B}}]}}]")]
    [InlineData("volumes: [{name: v, hostPath: {path: /x, type: null}}, {name: w, hostPath: {path: /x, type: ''}}, {name: x, hostPath: {path: /x}}]")]
    [InlineData("volumes: [{name: v, emptyDir: {sizeLimit: ' 1Gi'}}]")]
    public void In_a_pod(string line) => Assert.Single(ManifestReader.Read("f", Manifests.WithSpec(line + "\ncontainers: [{name: c, image: i}]")).Pods);

    [Fact]
    public void Amounts_are_what_stands_between_the_white_space()
    {
        var limits = Manifests.Pod(Manifests.WithContainer("resources: {limits: {cpu: ' 100m ', memory: \"64Mi\\n\"}}")).Spec.Containers[0].Resources;

        Assert.Equal((100L, 64L << 20), (limits.Limit("cpu")!.Value.MilliValue, limits.Limit("memory")!.Value.Value));
        Assert.EndsWith("quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'", Assert.Single(Manifests.Errors(Manifests.WithContainer("resources: {limits: {cpu: '1 m'}}"))), StringComparison.Ordinal);
    }

    [Fact]
    public void One_folder_can_be_mounted_on_twice_when_it_is_written_in_two_ways()
    {
        var text = Manifests.WithSpec("containers: [{name: c, image: i, volumeMounts: [{name: v, mountPath: /a}, {name: v, mountPath: /a/}]}]\nvolumes: [{name: v, emptyDir: {}}]");
        Assert.Equal(2, Manifests.Pod(text).Spec.Containers[0].VolumeMounts.Count);
    }

    [Fact]
    public void A_claim_may_ask_for_more_than_its_limit()
    {
        Assert.Single(ManifestReader.Read("f", "{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: a}, spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 2}, limits: {storage: 1}}}}").PersistentVolumeClaims);
    }

    [Theory]
    [InlineData(-5, 1)]
    [InlineData(0, 0)]
    [InlineData(5, 5)]
    public void A_negative_grace_period_is_one_second(long written, long kept) =>
        Assert.Equal(kept, Manifests.Pod(Manifests.WithSpec($"terminationGracePeriodSeconds: {written}\ncontainers: [{{name: c, image: i}}]")).Spec.TerminationGracePeriodSeconds);

    /// <summary>Zeros before a number are nothing to the server, and an octal number to the C library.</summary>
    [Fact]
    public void Addresses_lose_their_zeros()
    {
        var spec = Manifests.Pod(Manifests.WithSpec("""
            hostAliases: [{ip: 010.000.0.08, hostnames: [a]}, {ip: '2001:db8:0:0::1', hostnames: [b]}]
            dnsConfig: {nameservers: [08.8.8.8]}
            containers: [{name: c, image: i, ports: [{containerPort: 1, hostPort: 80, hostIP: 127.0.0.010}]}]
            """)).Spec;

        Assert.Equal(("10.0.0.8", "2001:db8:0:0::1", "8.8.8.8", "127.0.0.10"), (spec.HostAliases[0].IP, spec.HostAliases[1].IP, spec.DnsConfig!.Nameservers[0], spec.Containers[0].Ports[0].HostIP));
    }

    [Fact]
    [Field("spec.containers[].securityContext.capabilities")]
    public void A_capability_that_there_is_not_has_no_effect_and_is_warned_of()
    {
        var read = ManifestReader.Read("f", Manifests.WithContainer("securityContext: {capabilities: {add: [NET_ADMN], drop: [ALL, SPACE]}}"));

        Assert.Equal(
            [
                "f:8: spec.containers[0].securityContext.capabilities.add[0]: there is no capability \"NET_ADMN\": it has no effect, did you mean \"NET_ADMIN\"?",
                "f:8: spec.containers[0].securityContext.capabilities.drop[1]: there is no capability \"SPACE\": it has no effect",
            ],
            read.Warnings);
        Assert.Empty(CapabilitySet.Of(read.Pods[0].Spec.Containers[0].SecurityContext));
    }

    [Theory]
    [InlineData("seccomp.security.alpha.kubernetes.io/pod")]
    [InlineData("container.seccomp.security.alpha.kubernetes.io/c")]
    public void An_annotation_without_effect_is_only_warned_of(string key)
    {
        var read = ManifestReader.Read("f", $"apiVersion: v1\nkind: Pod\nmetadata:\n  name: p\n  annotations:\n    {key}: localhost/a.json\nspec: {{containers: [{{name: c, image: i}}]}}");

        Assert.Single(read.Pods);
        Assert.Equal([$"f:6: metadata.annotations[{key}]: non-functional in v1.27+; use the \"seccompProfile\" field instead"], read.Warnings);
    }
}
