using Peapod.Pod.Manifest;
using Peapod.Pod.Objects;

namespace Peapod.UnitTests.Manifest;

public sealed class ManifestDefaultsTests
{
    [Fact]
    public void What_is_left_open_is_set_as_the_API_server_does()
    {
        var pod = Manifests.Pod(Manifests.WithSpec("""
            volumes:
            - name: empty
            - name: host
              hostPath: {path: /a, type: ""}
            containers:
            - name: c
              image: i
              ports: [{containerPort: 1, hostPort: 0, hostIP: ""}]
              imagePullPolicy: ""
            """));
        Assert.Equal("default", pod.Metadata.Namespace);
        Assert.Equal(RestartPolicy.Always, pod.Spec.RestartPolicy);
        Assert.Equal(30, pod.Spec.TerminationGracePeriodSeconds);
        Assert.Equal(new EmptyDirVolumeSource(), pod.Spec.Volumes[0].EmptyDir);
        Assert.Equal(HostPathType.Unchecked, pod.Spec.Volumes[1].HostPath!.Type);
        Assert.Null(pod.Spec.Volumes[1].EmptyDir);
        Assert.Equal(new ContainerPort { Number = 1, Protocol = PortProtocol.Tcp }, pod.Spec.Containers[0].Ports[0]);
        Assert.Equal(ImagePullPolicy.Always, pod.Spec.Containers[0].ImagePullPolicy);
        Assert.Null(pod.Spec.Containers[0].Resources.Requests);
    }

    [Fact]
    public void Every_default_of_the_API_server_is_written_out_and_nothing_else_is()
    {
        const string manifest = """
            apiVersion: v1
            kind: Pod
            metadata: {name: p}
            spec:
              serviceAccount: robot
              initContainers: [{name: i, image: "i:1", resources: {limits: {cpu: 1}}}]
              containers:
              - name: c
                image: i
                env: [{name: A, valueFrom: {fieldRef: {fieldPath: metadata.name}}}, {name: B}]
                livenessProbe: {httpGet: {port: 80}}
                readinessProbe: {tcpSocket: {port: 80}, periodSeconds: 0, failureThreshold: 7}
                lifecycle: {preStop: {httpGet: {port: web, path: ""}}}
                volumeMounts: [{name: a, mountPath: /a}]
                securityContext: {}
              volumes:
              - {name: a, hostPath: {path: /a}}
              - {name: b, configMap: {name: m}}
              - {name: c, secret: {secretName: s, defaultMode: 0}}
              - {name: d, downwardAPI: {items: [{path: a, fieldRef: {fieldPath: metadata.name}}]}}
              - {name: e, projected: {sources: [{downwardAPI: {items: [{path: a, fieldRef: {fieldPath: metadata.uid}}]}}]}}
              - {name: f, image: {reference: "i:1"}}
              - {name: g, ephemeral: {volumeClaimTemplate: {spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}}}}
            """;
        const string expected = """
            {"apiVersion":"v1","kind":"Pod","metadata":{"name":"p","namespace":"default"},"spec":{
            "volumes":[{"name":"a","hostPath":{"path":"/a","type":""}},{"name":"b","configMap":{"name":"m","defaultMode":420}},{"name":"c","secret":{"secretName":"s","defaultMode":0}},
            {"name":"d","downwardAPI":{"items":[{"path":"a","fieldRef":{"apiVersion":"v1","fieldPath":"metadata.name"}}],"defaultMode":420}},
            {"name":"e","projected":{"sources":[{"downwardAPI":{"items":[{"path":"a","fieldRef":{"apiVersion":"v1","fieldPath":"metadata.uid"}}]}}],"defaultMode":420}},
            {"name":"f","image":{"reference":"i:1","pullPolicy":"IfNotPresent"}},
            {"name":"g","ephemeral":{"volumeClaimTemplate":{"spec":{"accessModes":["ReadWriteOnce"],"resources":{"requests":{"storage":"1Gi"}},"volumeMode":"Filesystem"}}}}],
            "initContainers":[{"name":"i","image":"i:1","resources":{"limits":{"cpu":"1"},"requests":{"cpu":"1"}},"imagePullPolicy":"IfNotPresent","terminationMessagePath":"/dev/termination-log","terminationMessagePolicy":"File"}],
            "containers":[{"name":"c","image":"i","env":[{"name":"A","valueFrom":{"fieldRef":{"apiVersion":"v1","fieldPath":"metadata.name"}}},{"name":"B"}],"resources":{},
            "volumeMounts":[{"name":"a","mountPath":"/a"}],"imagePullPolicy":"Always","securityContext":{},
            "livenessProbe":{"httpGet":{"path":"/","port":80,"scheme":"HTTP"},"timeoutSeconds":1,"periodSeconds":10,"successThreshold":1,"failureThreshold":3},
            "readinessProbe":{"tcpSocket":{"port":80},"timeoutSeconds":1,"periodSeconds":10,"successThreshold":1,"failureThreshold":7},
            "lifecycle":{"preStop":{"httpGet":{"path":"/","port":"web","scheme":"HTTP"}}},"terminationMessagePath":"/dev/termination-log","terminationMessagePolicy":"File"}],
            "restartPolicy":"Always","terminationGracePeriodSeconds":30,"dnsPolicy":"ClusterFirst","securityContext":{},"schedulerName":"default-scheduler","serviceAccountName":"robot","serviceAccount":"robot","enableServiceLinks":true}}
            """;
        var pod = Manifests.AllFields(manifest).Pods[0];
        var written = ManifestWriter.ToJsonNode(pod).ToJsonString();
        Assert.Equal(expected.ReplaceLineEndings(""), written);
        Assert.Equal(written, ManifestWriter.ToJsonNode(ManifestDefaults.Apply(pod)).ToJsonString());
        Assert.Equal(written, ManifestWriter.ToJsonNode(Manifests.AllFields(written).Pods[0]).ToJsonString());
    }

    [Fact]
    public void What_is_written_stays_even_if_it_is_zero()
    {
        var pod = Manifests.Pod(Manifests.WithSpec("terminationGracePeriodSeconds: 0\nrestartPolicy: Never\ncontainers: [{name: c, image: i, imagePullPolicy: Never}]"));
        Assert.Equal(0, pod.Spec.TerminationGracePeriodSeconds);
        Assert.Equal(RestartPolicy.Never, pod.Spec.RestartPolicy);
        Assert.Equal(ImagePullPolicy.Never, pod.Spec.Containers[0].ImagePullPolicy);
    }

    [Fact]
    public void Defaults_applied_twice_change_nothing()
    {
        var pod = Manifests.Pod(Manifests.WithContainer("resources: {limits: {cpu: 1}}\nports: [{containerPort: 1}]"));
        Assert.Equal(ManifestWriter.ToJson(pod), ManifestWriter.ToJson(ManifestDefaults.Apply(pod)));
    }

    [Fact]
    public void Requests_not_written_are_the_limits()
    {
        var resources = Manifests.Pod(Manifests.WithContainer("resources: {limits: {cpu: 1, memory: 1Gi}, requests: {cpu: 100m}}")).Spec.Containers[0].Resources;
        Assert.Equal("100m", resources.Request("cpu").ToString());
        Assert.Equal("1Gi", resources.Request("memory").ToString());
    }

    [Theory]
    [InlineData("busybox", ImagePullPolicy.Always)]
    [InlineData("busybox:latest", ImagePullPolicy.Always)]
    [InlineData("busybox:1.36", ImagePullPolicy.IfNotPresent)]
    [InlineData("localhost:5000/busybox", ImagePullPolicy.Always)]
    [InlineData("localhost:5000/busybox:1", ImagePullPolicy.IfNotPresent)]
    [InlineData("busybox@sha256:0123", ImagePullPolicy.IfNotPresent)]
    [InlineData("busybox:latest@sha256:0123", ImagePullPolicy.Always)]
    public void The_pull_policy_follows_the_tag(string image, ImagePullPolicy policy)
    {
        Assert.Equal(policy, ManifestDefaults.PullPolicy(image));
    }

    [Theory]
    [InlineData("{}", "{}", QosClass.BestEffort)]
    [InlineData("{limits: {cpu: 0}}", "{}", QosClass.BestEffort)]
    [InlineData("{requests: {cpu: 1m}}", "{}", QosClass.Burstable)]
    [InlineData("{limits: {cpu: 1, memory: 1Gi}}", "{}", QosClass.Burstable)]
    [InlineData("{limits: {cpu: 1}}", "{limits: {cpu: 1}}", QosClass.Burstable)]
    [InlineData("{limits: {cpu: 1, memory: 1Gi}}", "{limits: {cpu: 1, memory: 1Gi}}", QosClass.Guaranteed)]
    [InlineData("{limits: {cpu: 1, memory: 1Gi}, requests: {cpu: 1000m, memory: 1024Mi}}", "{limits: {cpu: 2, memory: 1Mi}}", QosClass.Guaranteed)]
    [InlineData("{limits: {cpu: 1, memory: 1Gi}, requests: {cpu: 1, memory: 1Mi}}", "{limits: {cpu: 1, memory: 1Gi}}", QosClass.Burstable)]
    public void The_QoS_class_is_that_of_Kubernetes(string first, string second, QosClass expected)
    {
        var text = Manifests.WithSpec($"containers:\n- {{name: a, image: i, resources: {first}}}\n- {{name: b, image: i, resources: {second}}}");
        Assert.Equal(expected, QosClass.Of(Manifests.Pod(text)));
    }
}
