using System.Text;
using Peapod.Pod.Manifest;
using Peapod.Pod.Objects;
using Peapod.Tests;

namespace Peapod.UnitTests.Manifest;

public sealed class ManifestReaderTests
{
    private const string Whole = """
        apiVersion: v1
        kind: Pod
        metadata:
          name: whole.pod
          namespace: demo
          labels: {app: web, example.com/tier: back-end}
          annotations: {note: "any text: at all"}
          uid: dropped
          creationTimestamp: null
        spec:
          restartPolicy: OnFailure
          terminationGracePeriodSeconds: 5
          hostname: whole
          shareProcessNamespace: true
          nodeSelector: {disk: ssd}
          affinity: {nodeAffinity: {}}
          tolerations: [{operator: Exists}]
          topologySpreadConstraints: []
          schedulerName: mine
          priorityClassName: high
          readinessGates: [{conditionType: a.b/c}]
          os: {name: linux}
          securityContext: {runAsUser: 1000, runAsGroup: 2000, fsGroup: 3000, supplementalGroups: [4, 5], runAsNonRoot: true}
          containers:
          - name: main
            image: registry:5000/web:1
            imagePullPolicy: Never
            command: [sh, -c]
            args: ["echo $(A)"]
            workingDir: /srv
            env:
            - {name: A, value: "1"}
            - name: B
            ports:
            - {name: http, containerPort: 80, hostPort: 8080, hostIP: 127.0.0.1, protocol: UDP}
            volumeMounts:
            - {name: scratch, mountPath: /scratch, readOnly: true, subPath: a/b}
            - {name: host, mountPath: /host}
            securityContext:
              capabilities: {add: [NET_ADMIN, cap_sys_time], drop: [ALL]}
              runAsUser: 0
              runAsGroup: 1
              runAsNonRoot: false
              readOnlyRootFilesystem: true
              allowPrivilegeEscalation: false
            resources:
              limits: {cpu: 1, memory: 64Mi}
              requests: {cpu: 100m}
            stdin: true
            tty: true
          volumes:
          - name: scratch
            emptyDir: {medium: Memory, sizeLimit: 16Mi}
          - name: host
            hostPath: {path: /tmp/x, type: DirectoryOrCreate}
        status: {phase: Running}
        """;

    [Fact]
    [Field("metadata.namespace", "metadata.labels", "metadata.annotations")]
    public void Every_supported_field_is_read()
    {
        var pod = Manifests.Pod(Whole);

        Assert.Equal("whole.pod", pod.Metadata.Name);
        Assert.Equal("demo", pod.Metadata.Namespace);
        Assert.Equal("back-end", pod.Metadata.Labels!["example.com/tier"]);
        Assert.Equal("any text: at all", pod.Metadata.Annotations!["note"]);
        Assert.Equal(RestartPolicy.OnFailure, pod.Spec.RestartPolicy);
        Assert.Equal(5, pod.Spec.TerminationGracePeriodSeconds);
        Assert.Equal("whole", pod.Spec.Hostname);
        Assert.True(pod.Spec.ShareProcessNamespace);
        Assert.Equal("ssd", pod.Spec.NodeSelector!["disk"]);
        Assert.Equal("mine", pod.Spec.SchedulerName);
        Assert.Equal("high", pod.Spec.PriorityClassName);
        Assert.Equal("linux", (string?)pod.Spec.Os!["name"]);
        Assert.Equal((1000, 2000, 3000, true), (pod.Spec.SecurityContext!.RunAsUser, pod.Spec.SecurityContext.RunAsGroup, pod.Spec.SecurityContext.FsGroup, pod.Spec.SecurityContext.RunAsNonRoot));
        Assert.Equal([4, 5], pod.Spec.SecurityContext.SupplementalGroups!);
        var container = Assert.Single(pod.Spec.Containers);
        Assert.Equal(("main", "registry:5000/web:1", ImagePullPolicy.Never, "/srv", true, true), (container.Name, container.Image, container.ImagePullPolicy, container.WorkingDir, container.Stdin, container.Tty));
        Assert.Equal(["sh", "-c"], container.Command!);
        Assert.Equal(["echo $(A)"], container.Args!);
        Assert.Equal([new EnvVar { Name = "A", Value = "1" }, new EnvVar { Name = "B" }], container.Env);
        Assert.Equal("", container.Env[1].Value);
        Assert.Equal([new ContainerPort { Name = "http", Number = 80, HostPort = 8080, HostIP = "127.0.0.1", Protocol = PortProtocol.Udp }], container.Ports);
        Assert.Equal(new VolumeMount { Name = "scratch", MountPath = "/scratch", ReadOnly = true, SubPath = "a/b" }, container.VolumeMounts[0]);
        Assert.Equal(["NET_ADMIN", "cap_sys_time"], container.SecurityContext!.Capabilities!.Add);
        Assert.Equal(["ALL"], container.SecurityContext.Capabilities.Drop);
        Assert.Equal((0, 1, false, true, false), (container.SecurityContext.RunAsUser, container.SecurityContext.RunAsGroup, container.SecurityContext.RunAsNonRoot, container.SecurityContext.ReadOnlyRootFilesystem, container.SecurityContext.AllowPrivilegeEscalation));
        Assert.Equal(1000, container.Resources.Limit("cpu")!.Value.MilliValue);
        Assert.Equal(100, container.Resources.Request("cpu")!.Value.MilliValue);
        Assert.Equal(64 << 20, container.Resources.Request("memory")!.Value.Value);
        Assert.Equal(new EmptyDirVolumeSource { Medium = StorageMedium.Memory, SizeLimit = Quantity.Parse("16Mi") }, pod.Spec.Volumes[0].EmptyDir);
        Assert.Equal(new HostPathVolumeSource { Path = "/tmp/x", Type = HostPathType.DirectoryOrCreate }, pod.Spec.Volumes[1].HostPath);
    }

    [Fact]
    public void A_pod_written_as_json_is_the_same_pod_again()
    {
        var json = ManifestWriter.ToJson(Manifests.Pod(Whole));
        Assert.Equal(json, ManifestWriter.ToJson(Manifests.Pod(json)));
    }

    [Fact]
    public void What_is_not_set_is_not_written()
    {
        var json = ManifestWriter.ToJson(Manifests.Pod(Manifests.WithSpec("containers: [{name: c, image: i}]"))).Replace(" ", "", StringComparison.Ordinal).ReplaceLineEndings("");
        Assert.Equal("""{"apiVersion":"v1","kind":"Pod","metadata":{"name":"p","namespace":"default"},"spec":{"containers":[{"name":"c","image":"i","resources":{},"imagePullPolicy":"Always","terminationMessagePath":"/dev/termination-log","terminationMessagePolicy":"File"}],"restartPolicy":"Always","terminationGracePeriodSeconds":30,"dnsPolicy":"ClusterFirst","securityContext":{},"schedulerName":"default-scheduler","enableServiceLinks":true}}""", json);
    }

    [Fact]
    public void Json_is_read_with_its_lines()
    {
        var text = "{\"apiVersion\": \"v1\", \"kind\": \"Pod\",\n \"metadata\": {\"name\":\"p\"},\n\t\"spec\": {\"containers\": [\n{\"name\": \"c\", \"imag\": \"i\"}]}}";
        Assert.Equal(["pod.yaml:4: spec.containers[0].imag: unknown field, did you mean \"image\"?", "pod.yaml:4: spec.containers[0].image: Required value"], Manifests.Errors(text).OrderDescending(StringComparer.Ordinal).Reverse().ToArray());
    }

    [Fact]
    public void Flow_style_yaml_and_broken_json_are_told_apart()
    {
        Assert.Equal("p", Manifests.Pod("{apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {containers: [{name: c, image: i}]}}").Metadata.Name);
        Assert.StartsWith("pod.yaml:2: ", Assert.Single(Manifests.Errors("{\"apiVersion\": \"v1\",\n \"kind\" \"Pod\"}")), StringComparison.Ordinal);
        Assert.StartsWith("pod.yaml:2: ", Assert.Single(Manifests.Errors("{apiVersion: v1,\n kind: ]}")), StringComparison.Ordinal);
    }

    [Fact]
    public void Several_documents_are_several_pods_and_empty_ones_are_skipped()
    {
        var one = "apiVersion: v1\nkind: Pod\nmetadata: {name: NAME}\nspec: {containers: [{name: c, image: i}]}\n";
        var text = "---\n# nothing\n---\n" + one.Replace("NAME", "a", StringComparison.Ordinal) + "---\n---\n" + one.Replace("NAME", "b", StringComparison.Ordinal) + "...\n---\nnull\n";
        Assert.Equal(["a", "b"], ManifestReader.Read("f", text).Pods.Select(pod => pod.Metadata.Name));
    }

    [Fact]
    public void Errors_of_all_documents_are_told_at_once_in_the_order_of_the_file()
    {
        var text = """
            apiVersion: v1
            kind: Pod
            metadata: {name: a}
            spec: {containers: [{name: c}]}
            ---
            apiVersion: v1
            kind: Pod
            metadata: {name: b}
            spec:
              containers:
              - {image: i, name: C}
              restartPolcy: Never
            """;
        Assert.Collection(
            Manifests.Errors(text),
            line => Assert.Equal("pod.yaml:4: spec.containers[0].image: Required value", line),
            line => Assert.StartsWith("pod.yaml:11: spec.containers[0].name: Invalid value: \"C\": a lowercase RFC 1123 label must", line, StringComparison.Ordinal),
            line => Assert.Equal("pod.yaml:12: spec.restartPolcy: unknown field, did you mean \"restartPolicy\"?", line));
    }

    [Fact]
    public void A_list_is_the_pods_in_it()
    {
        var text = "apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Pod\n  metadata: {name: a}\n  spec: {containers: [{name: c, image: i}]}\n";
        Assert.Equal("a", Manifests.Pod(text).Metadata.Name);
        Assert.Equal(
            ["pod.yaml:8: items[1].apiVersion: Required value", "pod.yaml:8: items[1].kind: Required value", "pod.yaml:9: items[2]: Invalid value: must be of type object"],
            Manifests.Errors(text + "- {}\n- 5\n"));
        Assert.Equal(["pod.yaml:7: items[0].spec.containers[0].image: Required value"], Manifests.Errors(text.Replace("image: i", "tty: true", StringComparison.Ordinal)));
        Assert.Equal(["pod.yaml:3: items: Invalid value: must be of type array"], Manifests.Errors("apiVersion: v1\nkind: List\nitems: {}"));
    }

    [Fact]
    public void Two_pods_of_one_name_are_refused_unless_their_namespaces_differ()
    {
        var one = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: [{name: c, image: i}]}\n---\n";
        Assert.Equal(["pod.yaml:8: metadata.name: Duplicate value: \"a\""], Manifests.Errors(one + one));
        Assert.Equal(2, ManifestReader.Read("f", one + one.Replace("name: a}", "name: a, namespace: b}", StringComparison.Ordinal)).Pods.Count);
    }

    [Theory]
    [InlineData("", "pod.yaml: no pod in it")]
    [InlineData("# nothing\n---\n", "pod.yaml: no pod in it")]
    [InlineData("apiVersion: v1\nkind: List\nitems: []", "pod.yaml: no pod in it")]
    [InlineData("\n5", "pod.yaml:2: a manifest must be a mapping with apiVersion, kind, metadata and spec")]
    [InlineData("[]", "pod.yaml:1: a manifest must be a mapping with apiVersion, kind, metadata and spec")]
    [InlineData("kind: Pod", "pod.yaml:1: apiVersion: Required value")]
    [InlineData("apiVersion: v1", "pod.yaml:1: kind: Required value")]
    [InlineData("apiVersion: v1\nkind: []", "pod.yaml:2: kind: Invalid value: must be of type string")]
    [InlineData("apiVersion: v2\nkind: Pod", "pod.yaml:1: apiVersion: Unsupported value: \"v2\": supported values: \"v1\"")]
    [InlineData("apiVersion: v1\nkind: Service", "pod.yaml:2: kind: nothing here looks after objects of these kinds: Service (v1); --lenient passes over them; read here are: Pod, ConfigMap, Secret, PersistentVolumeClaim, RuntimeClass")]
    [InlineData("apiVersion: v1\nkind: pod", "pod.yaml:2: kind: Unsupported value: \"pod\": supported values: \"Pod\", \"ConfigMap\", \"Secret\", \"PersistentVolumeClaim\", \"RuntimeClass\", did you mean \"Pod\"?")]
    [InlineData("apiVersion: v1\nkind: Spaceship", "pod.yaml:2: kind: Unsupported value: \"Spaceship\": supported values: \"Pod\", \"ConfigMap\", \"Secret\", \"PersistentVolumeClaim\", \"RuntimeClass\"")]
    [InlineData("apiVersion: v1\nkind: Pod\nkind: Pod\nmetadata: {name: p}\nspec: {containers: [{name: c, image: i}]}", "pod.yaml:3: kind: Duplicate key: already set on line 2")]
    public void What_is_no_pod_is_one_clear_error(string text, string error)
    {
        Assert.Equal([error], Manifests.Errors(text));
    }

    [Fact]
    public void Broken_yaml_is_one_error_with_its_line()
    {
        Assert.StartsWith("pod.yaml:3: ", Assert.Single(Manifests.Errors("apiVersion: v1\nkind: Pod\n metadata: x\n")), StringComparison.Ordinal);
    }

    [Fact]
    public void Bytes_that_are_no_utf8_are_refused_with_their_line_and_a_byte_order_mark_is_not()
    {
        var error = Assert.Throws<ManifestException>(() => ManifestReader.Read("f", [(byte)'a', (byte)'\n', 0xff, 0xfe]));
        Assert.Equal("f:2: not UTF-8 text", error.Message);
        byte[] marked = [.. Encoding.UTF8.Preamble, .. Encoding.UTF8.GetBytes(Whole)];
        Assert.Single(ManifestReader.Read("f", marked).Pods);
    }

    [Fact]
    public void A_file_without_measure_is_refused()
    {
        Assert.Contains("larger than", Assert.Throws<ManifestException>(() => ManifestReader.Read("f", new byte[ManifestReader.MaximumSize + 1])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Unknown_fields_are_warnings_when_lenient_and_everything_else_stays_an_error()
    {
        var text = Manifests.WithContainer("comand: [sh]\nrestartPolicyRules: [{}]");
        Assert.Equal(["pod.yaml:9: spec.containers[0].restartPolicyRules: not supported by this version of Peapod"], Manifests.Errors(text, lenient: true));
        var documents = ManifestReader.Read("example.yaml", Manifests.WithContainer("comand: [sh]\nzzzzzzz: 1"), lenient: true);
        Assert.Equal(["example.yaml:8: spec.containers[0].comand: unknown field, did you mean \"command\"?", "example.yaml:9: spec.containers[0].zzzzzzz: unknown field"], documents.Warnings);
        Assert.Null(documents.Pods[0].Spec.Containers[0].Command);
    }

    [Fact]
    public void Reading_a_pod_takes_a_moment_only()
    {
        ManifestReader.Read("warm", Whole);
        var before = ProcessorTime();
        for (var i = 0; i < 100; i++)
        {
            ManifestReader.Read("f", Whole);
        }

        Assert.InRange(ProcessorTime() - before, TimeSpan.Zero, TimeSpan.FromSeconds(2));
    }

    [Fact]
    public void A_file_of_a_thousand_pods_is_read_in_linear_time()
    {
        var one = "apiVersion: v1\nkind: Pod\nmetadata: {name: pNUMBER}\nspec: {containers: [{name: c, image: i}]}\n---\n";
        var before = ProcessorTime();
        var text = string.Concat(Enumerable.Range(0, 1000).Select(i => one.Replace("NUMBER", $"{i}", StringComparison.Ordinal)));
        Assert.Equal(1000, ManifestReader.Read("f", text).Pods.Count);
        Assert.InRange(ProcessorTime() - before, TimeSpan.Zero, TimeSpan.FromSeconds(5));
    }

    [Fact]
    public void A_file_full_of_errors_is_told_in_linear_time()
    {
        var before = ProcessorTime();
        var volumes = string.Join(", ", Enumerable.Range(0, 20_000).Select(i => "{name: A, emptyDi: {}}"));
        Assert.Equal(40_000, Manifests.Errors(Manifests.WithSpec($"containers: [{{name: c, image: i}}]\nvolumes: [{volumes}]")).Length);
        Assert.InRange(ProcessorTime() - before, TimeSpan.Zero, TimeSpan.FromSeconds(10));
    }

    /// <summary>This thread's own, in which what else the machine does is not counted (proc_pid_schedstat: nanoseconds on a processor).</summary>
    private static TimeSpan ProcessorTime() => TimeSpan.FromMicroseconds(long.Parse(File.ReadAllText("/proc/thread-self/schedstat").Split(' ')[0]) / 1000);
}
