using Peapod.Pod.Manifest;

namespace Peapod.UnitTests.Manifest;

public sealed class ManifestValidationTests
{
    private const string Label = "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
    private const string Subdomain = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
    private const string Qualified = "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
    private const string LabelText = "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";

    private static readonly string Long = new('a', 254);

    private static string WithMetadata(string metadata) =>
        $"apiVersion: v1\nkind: Pod\nmetadata:\n  {metadata}\nspec: {{containers: [{{name: c, image: i}}]}}";

    [Theory]
    [InlineData("labels: {}", "metadata.name: Required value", 3)]
    [InlineData("name: ''", "metadata.name: Required value", 4)]
    [InlineData("name: Pod", "metadata.name: Invalid value: \"Pod\": " + Subdomain, 4)]
    [InlineData("name: a..b", "metadata.name: Invalid value: \"a..b\": " + Subdomain, 4)]
    [InlineData("name: -a", "metadata.name: Invalid value: \"-a\": " + Subdomain, 4)]
    [InlineData("name: a/b", "metadata.name: Invalid value: \"a/b\": " + Subdomain, 4)]
    [InlineData("name: ..", "metadata.name: Invalid value: \"..\": " + Subdomain, 4)]
    [InlineData("{name: p, namespace: a.b}", "metadata.namespace: Invalid value: \"a.b\": " + Label, 4)]
    [InlineData("{name: p, labels: {a b: c}}", "metadata.labels: Invalid value: \"a b\": " + Qualified, 4)]
    [InlineData("{name: p, labels: {a/b/c: d}}", "metadata.labels: Invalid value: \"a/b/c\": a qualified name must consist of alphanumeric characters, '-', '_' or '.', with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')", 4)]
    [InlineData("{name: p, labels: {/c: d}}", "metadata.labels: Invalid value: \"/c\": prefix part must be non-empty", 4)]
    [InlineData("{name: p, labels: {B/c: d}}", "metadata.labels: Invalid value: \"B/c\": prefix part " + Subdomain, 4)]
    [InlineData("{name: p, labels: {b/: d}}", "metadata.labels: Invalid value: \"b/\": name part must be non-empty", 4)]
    [InlineData("{name: p, labels: {a: b c}}", "metadata.labels: Invalid value: \"b c\": " + LabelText, 4)]
    [InlineData("{name: p, labels: {a: -b}}", "metadata.labels: Invalid value: \"-b\": " + LabelText, 4)]
    [InlineData("{name: p, annotations: {a b: c}}", "metadata.annotations: Invalid value: \"a b\": " + Qualified, 4)]
    public void Metadata_that_breaks_a_rule_is_refused(string metadata, string error, int line)
    {
        Assert.Equal([$"pod.yaml:{line}: {error}"], Manifests.Errors(WithMetadata(metadata)));
    }

    [Fact]
    public void Names_that_are_too_long_are_refused()
    {
        Assert.Equal([$"pod.yaml:4: metadata.name: Invalid value: \"{Long}\": must be no more than 253 characters"], Manifests.Errors(WithMetadata("name: " + Long)));
        Assert.Equal([$"pod.yaml:4: metadata.namespace: Invalid value: \"{Long}\": must be no more than 63 characters"], Manifests.Errors(WithMetadata($"{{name: p, namespace: {Long}}}")));
        Assert.Equal([$"pod.yaml:4: metadata.labels: Invalid value: \"{Long}\": must be no more than 63 characters"], Manifests.Errors(WithMetadata($"{{name: p, labels: {{a: {Long}}}}}")));
        Assert.Equal([$"pod.yaml:4: metadata.labels: Invalid value: \"{Long}\": name part must be no more than 63 characters"], Manifests.Errors(WithMetadata($"{{name: p, labels: {{{Long}: a}}}}")));
        Assert.Equal(["pod.yaml:4: metadata.annotations: Too long: may not be more than 262144 bytes"], Manifests.Errors(WithMetadata($"{{name: p, annotations: {{a: {new string('x', 262144)}}}}}")));
    }

    [Fact]
    public void The_line_of_a_bad_label_is_its_own()
    {
        Assert.StartsWith("pod.yaml:6: metadata.labels: ", Assert.Single(Manifests.Errors(WithMetadata("name: p\n  labels:\n    a: ' '"))), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{name: a.b-c.d}")]
    [InlineData("{name: 0}")]
    public void Metadata_within_the_rules_is_taken(string metadata)
    {
        if (metadata.Contains('0', StringComparison.Ordinal))
        {
            metadata = "{name: '0', namespace: '1', labels: {A_b.c: '', x.y/z: A}, annotations: {Upper.case/K: '  any '}}";
        }

        Assert.NotEmpty(Manifests.Pod(WithMetadata(metadata)).Metadata.Name);
    }

    [Theory]
    [InlineData("containers: []", "containers: Required value")]
    [InlineData("hostname: h", "containers: Required value", 4)]
    [InlineData("containers: [{name: c, image: i}]\nhostname: A.b", "hostname: Invalid value: \"A.b\": " + Label, 6)]
    [InlineData("containers: [{name: c, image: i}]\nsecurityContext: {runAsUser: -1}", "securityContext.runAsUser: Invalid value: -1: must be between 0 and 2147483647, inclusive", 6)]
    [InlineData("containers: [{name: c, image: i}]\nsecurityContext: {runAsGroup: 2147483648}", "securityContext.runAsGroup: Invalid value: 2147483648: must be between 0 and 2147483647, inclusive", 6)]
    [InlineData("containers: [{name: c, image: i}]\nsecurityContext: {fsGroup: -5}", "securityContext.fsGroup: Invalid value: -5: must be between 0 and 2147483647, inclusive", 6)]
    [InlineData("containers: [{name: c, image: i}]\nsecurityContext: {supplementalGroups: [1, -5]}", "securityContext.supplementalGroups[1]: Invalid value: -5: must be between 0 and 2147483647, inclusive", 6)]
    [InlineData("containers:\n- {name: c, image: i}\n- {name: d, image: i}\n- {name: c, image: i}", "containers[2].name: Duplicate value: \"c\"", 8)]
    [InlineData("containers:\n- image: i", "containers[0].name: Required value", 6)]
    [InlineData("containers:\n- name: c.d\n  image: i", "containers[0].name: Invalid value: \"c.d\": " + Label, 6)]
    [InlineData("containers:\n- name: c", "containers[0].image: Required value", 6)]
    [InlineData("containers:\n- name: c\n  image: ' i'", "containers[0].image: Invalid value: \" i\": must not have leading or trailing whitespace", 7)]
    public void A_spec_that_breaks_a_rule_is_refused(string spec, string error, int line = 5)
    {
        Assert.Equal([$"pod.yaml:{line}: spec.{error}"], Manifests.Errors(Manifests.WithSpec(spec)));
    }

    [Fact]
    public void A_pod_without_spec_is_refused()
    {
        Assert.Equal(["pod.yaml:1: spec.containers: Required value"], Manifests.Errors("apiVersion: v1\nkind: Pod\nmetadata: {name: p}"));
        Assert.Equal(["pod.yaml:1: metadata.name: Required value", "pod.yaml:1: spec.containers: Required value"], Manifests.Errors("apiVersion: v1\nkind: Pod"));
    }

    [Theory]
    [InlineData("{name: v}\n- {name: w}\n- {name: v}", "volumes[2].name: Duplicate value: \"v\"", 8)]
    [InlineData("{emptyDir: {}}", "volumes[0].name: Required value")]
    [InlineData("{name: V}", "volumes[0].name: Invalid value: \"V\": " + Label)]
    [InlineData("{name: v, emptyDir: {}, hostPath: {path: /a}}", "volumes[0].hostPath: Forbidden: may not specify more than 1 volume type")]
    [InlineData("{name: v, emptyDir: {sizeLimit: -1Mi}}", "volumes[0].emptyDir.sizeLimit: Forbidden: SizeLimit field must be a valid resource quantity")]
    [InlineData("{name: v, hostPath: {}}", "volumes[0].hostPath.path: Required value")]
    [InlineData("{name: v, hostPath: {path: a/b}}", "volumes[0].hostPath.path: \"a/b\" is not supported here: must be an absolute path")]
    [InlineData("{name: v, hostPath: {path: /a/../b}}", "volumes[0].hostPath.path: Invalid value: \"/a/../b\": must not contain '..'")]
    [InlineData("{name: v, hostPath: {path: \"/a\\0b\"}}", "volumes[0].hostPath.path: Invalid value: \"/a\\0b\": must not contain a NUL character")]
    public void A_volume_that_breaks_a_rule_is_refused(string volumes, string error, int line = 6)
    {
        Assert.Equal([$"pod.yaml:{line}: spec.{error}"], Manifests.Errors(Manifests.WithSpec($"volumes:\n- {volumes}\ncontainers: [{{name: c, image: i}}]")));
    }

    [Theory]
    [InlineData("{name: x, mountPath: /a}", "volumeMounts[0].name: Not found: \"x\"")]
    [InlineData("{mountPath: /a}", "volumeMounts[0].name: Required value")]
    [InlineData("{name: v}", "volumeMounts[0].mountPath: Required value")]
    [InlineData("{name: v, mountPath: ''}", "volumeMounts[0].mountPath: Required value")]
    [InlineData("{name: v, mountPath: /a}, {name: v, mountPath: /a}", "volumeMounts[1].mountPath: Invalid value: \"/a\": must be unique")]
    [InlineData("{name: v, mountPath: \"/a\\0\"}", "volumeMounts[0].mountPath: Invalid value: \"/a\\0\": must not contain a NUL character")]
    [InlineData("{name: v, mountPath: /a, subPath: /b}", "volumeMounts[0].subPath: Invalid value: \"/b\": must be a relative path")]
    [InlineData("{name: v, mountPath: /a, subPath: ..}", "volumeMounts[0].subPath: Invalid value: \"..\": must not contain '..'")]
    [InlineData("{name: v, mountPath: /a, subPath: a/../../b}", "volumeMounts[0].subPath: Invalid value: \"a/../../b\": must not contain '..'")]
    public void A_mount_that_breaks_a_rule_is_refused(string mounts, string error)
    {
        var text = Manifests.WithSpec($"containers: [{{name: c, image: i, volumeMounts: [{mounts}]}}]\nvolumes: [{{name: v}}]");
        Assert.Equal(["pod.yaml:5: spec.containers[0]." + error], Manifests.Errors(text));
    }

    [Theory]
    [InlineData("a..b/..c")]
    [InlineData("...")]
    [InlineData("a/./b")]
    public void Dots_that_lead_nowhere_are_taken_in_a_subPath(string subPath)
    {
        Assert.Equal(subPath, Manifests.Pod(Manifests.WithSpec($"containers: [{{name: c, image: i, volumeMounts: [{{name: v, mountPath: /a, subPath: {subPath}}}]}}]\nvolumes: [{{name: v}}]")).Spec.Containers[0].VolumeMounts[0].SubPath);
    }

    [Theory]
    [InlineData("ports: [{hostPort: 80}]", "ports[0].containerPort: Required value")]
    [InlineData("ports: [{containerPort: 0}]", "ports[0].containerPort: Required value")]
    [InlineData("ports: [{containerPort: -1}]", "ports[0].containerPort: Invalid value: -1: must be between 1 and 65535, inclusive")]
    [InlineData("ports: [{containerPort: 65536}]", "ports[0].containerPort: Invalid value: 65536: must be between 1 and 65535, inclusive")]
    [InlineData("ports: [{containerPort: 1, hostPort: 65536}]", "ports[0].hostPort: Invalid value: 65536: must be between 1 and 65535, inclusive")]
    [InlineData("ports: [{containerPort: 1, protocol: tcp}]", "ports[0].protocol: Unsupported value: \"tcp\": supported values: \"SCTP\", \"TCP\", \"UDP\"")]
    [InlineData("ports: [{containerPort: 1, hostIP: localhost}]", "ports[0].hostIP: Invalid value: \"localhost\": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)")]
    [InlineData("ports: [{containerPort: 1, name: a}, {containerPort: 2, name: a}]", "ports[1].name: Duplicate value: \"a\"")]
    [InlineData("ports: [{containerPort: 1, name: abcdefghijklmnop}]", "ports[0].name: Invalid value: \"abcdefghijklmnop\": must be no more than 15 characters")]
    [InlineData("ports: [{containerPort: 1, name: A}]", "ports[0].name: Invalid value: \"A\": must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)")]
    [InlineData("ports: [{containerPort: 1, name: '80'}]", "ports[0].name: Invalid value: \"80\": must contain at least one letter (a-z)")]
    [InlineData("ports: [{containerPort: 1, name: a--b}]", "ports[0].name: Invalid value: \"a--b\": must not contain consecutive hyphens")]
    [InlineData("ports: [{containerPort: 1, name: a-}]", "ports[0].name: Invalid value: \"a-\": must not begin or end with a hyphen")]
    [InlineData("ports: [{containerPort: 1, hostPort: 80}, {containerPort: 2, hostPort: 80}]", "ports[1].hostPort: Duplicate value: \"TCP//80\"")]
    [InlineData("ports: [{containerPort: 1, hostPort: 80, hostIP: '2001:db8::1'}, {containerPort: 2, hostPort: 80, hostIP: '2001:db8:0:0::1'}]", "ports[1].hostPort: Duplicate value: \"TCP/2001:db8::1/80\"")]
    [InlineData("ports: [{containerPort: 1, hostPort: 80, hostIP: '::1'}]", "ports[0].hostIP: \"::1\" is not supported here: the kernel leads no packet from ::1 to a pod; use 127.0.0.1, which does the same")]
    [InlineData("ports: [{containerPort: 1, hostPort: 80, hostIP: '0:0::1', protocol: UDP}]", "ports[0].hostIP: \"0:0::1\" is not supported here: the kernel leads no packet from ::1 to a pod; use 127.0.0.1, which does the same")]
    [InlineData("ports: [{containerPort: 1, hostPort: 80, hostIP: '::ffff:127.0.0.1'}]", "ports[0].hostIP: \"::ffff:127.0.0.1\" is not supported here: must be written as the IPv4 address 127.0.0.1")]
    [InlineData("ports: [{containerPort: 1, hostPort: 80, hostIP: 'fe80::1'}]", "ports[0].hostIP: \"fe80::1\" is not supported here: the kernel forwards nothing between a link-local address and a pod")]
    [InlineData("ports: [{containerPort: 1, hostPort: 80, hostIP: 'ff02::1'}]", "ports[0].hostIP: \"ff02::1\" is not supported here: must be an address of this host, not a multicast address")]
    [InlineData("ports: [{containerPort: 1, hostPort: 80, hostIP: 224.0.0.1}]", "ports[0].hostIP: \"224.0.0.1\" is not supported here: must be an address of this host, not a multicast or broadcast address")]
    [InlineData("ports: [{containerPort: 1, hostPort: 80, hostIP: 0.0.0.9}]", "ports[0].hostIP: \"0.0.0.9\" is not supported here: must be an address of this host, which none in 0.0.0.0/8 is")]
    [InlineData("env: [{value: a}]", "env[0].name: Required value")]
    [InlineData("env: [{name: 'a=b'}]", "env[0].name: Invalid value: \"a=b\": a valid environment variable name must consist only of printable ASCII characters other than '='")]
    [InlineData("env: [{name: 'é'}]", "env[0].name: Invalid value: \"é\": a valid environment variable name must consist only of printable ASCII characters other than '='")]
    [InlineData("env: [{name: A, value: \"a\\0\"}]", "env[0].value: Invalid value: \"a\\0\": must not contain a NUL character")]
    [InlineData("command: [a, \"\\0\"]", "command[1]: Invalid value: \"\\0\": must not contain a NUL character")]
    [InlineData("args: [\"\\0\"]", "args[0]: Invalid value: \"\\0\": must not contain a NUL character")]
    [InlineData("workingDir: a", "workingDir: \"a\" is not supported here: must be an absolute path")]
    [InlineData("imagePullPolicy: IfPresent", "imagePullPolicy: Unsupported value: \"IfPresent\": supported values: \"Always\", \"IfNotPresent\", \"Never\"")]
    [InlineData("resources: {limits: {cpu: 0x}}", "resources.limits.cpu: Invalid value: \"0x\": quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'")]
    [InlineData("resources: {limits: {cpu: -1}}", "resources.limits[cpu]: Invalid value: \"-1\": must be greater than or equal to 0")]
    [InlineData("resources: {requests: {memory: -1Ki}}", "resources.requests[memory]: Invalid value: \"-1Ki\": must be greater than or equal to 0")]
    [InlineData("resources: {limits: {memory: 1Mi}, requests: {memory: -1Ki}}", "resources.requests[memory]: Invalid value: \"-1Ki\": must be greater than or equal to 0")]
    [InlineData("resources: {limits: {memry: 1Mi}}", "resources.limits[memry]: Invalid value: \"memry\": must be a standard resource for containers, did you mean \"memory\"?")]
    [InlineData("resources: {requests: {pods: 1}}", "resources.requests[pods]: Invalid value: \"pods\": must be a standard resource for containers")]
    [InlineData("resources: {limits: {cpu: 100m}, requests: {cpu: 0.2}}", "resources.requests: Invalid value: \"200m\": must be less than or equal to cpu limit of 100m")]
    [InlineData("resources: {limits: {memory: 1G}, requests: {memory: 1Gi}}", "resources.requests: Invalid value: \"1Gi\": must be less than or equal to memory limit of 1G")]
    [InlineData("securityContext: {runAsUser: -1}", "securityContext.runAsUser: Invalid value: -1: must be between 0 and 2147483647, inclusive")]
    [InlineData("securityContext: {runAsGroup: 4294967296}", "securityContext.runAsGroup: Invalid value: 4294967296: must be between 0 and 2147483647, inclusive")]
    [InlineData("securityContext: {allowPrivilegeEscalation: false, capabilities: {add: [CAP_SYS_ADMIN]}}", "securityContext.allowPrivilegeEscalation: Invalid value: false: cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN")]
    public void A_container_that_breaks_a_rule_is_refused(string line, string error)
    {
        Assert.Equal(["pod.yaml:8: spec.containers[0]." + error], Manifests.Errors(Manifests.WithContainer(line)));
    }

    [Fact]
    public void A_host_port_is_taken_once_in_the_whole_pod_for_each_protocol_and_address()
    {
        var text = Manifests.WithSpec("""
            containers:
            - {name: a, image: i, ports: [{containerPort: 1, hostPort: 80}, {containerPort: 1, hostPort: 80, protocol: UDP}, {containerPort: 1, hostPort: 80, hostIP: 127.0.0.1}, {containerPort: 1}, {containerPort: 2, hostPort: 0}]}
            - name: b
              image: i
              ports:
              - {containerPort: 2, hostPort: 0}
              - {containerPort: 2, hostPort: 80, protocol: TCP}
            """);
        Assert.Equal(["pod.yaml:11: spec.containers[1].ports[1].hostPort: Duplicate value: \"TCP//80\""], Manifests.Errors(text));
    }

    [Fact]
    public void Port_names_and_mount_paths_are_unique_in_their_container_only()
    {
        var container = "image: i, ports: [{name: http, containerPort: 80}], volumeMounts: [{name: v, mountPath: /a}]";
        Manifests.Pod(Manifests.WithSpec($"volumes: [{{name: v}}]\ncontainers: [{{name: a, {container}}}, {{name: b, {container}}}]"));
    }

    [Fact]
    public void All_errors_are_told_at_once()
    {
        var text = Manifests.WithSpec("""
            restartPolicy: Sometimes
            containers:
            - name: a
              image: i
              comand: [x]
              restartPolicyRules: [{}]
              tty: maybe
              volumeMounts:
              - {name: x, mountPath: /x}
            - name: a
              volumeMounts: [{name: z}]
            - 5
            """);
        Assert.Equal(
            [
                "pod.yaml:5: spec.restartPolicy: Unsupported value: \"Sometimes\": supported values: \"Always\", \"OnFailure\", \"Never\"",
                "pod.yaml:9: spec.containers[0].comand: unknown field, did you mean \"command\"?",
                "pod.yaml:10: spec.containers[0].restartPolicyRules: not supported by this version of Peapod",
                "pod.yaml:11: spec.containers[0].tty: Invalid value: \"string\": spec.containers[0].tty in body must be of type boolean: \"string\"",
                "pod.yaml:13: spec.containers[0].volumeMounts[0].name: Not found: \"x\"",
                "pod.yaml:14: spec.containers[1].name: Duplicate value: \"a\"",
                "pod.yaml:14: spec.containers[1].image: Required value",
                "pod.yaml:15: spec.containers[1].volumeMounts[0].name: Not found: \"z\"",
                "pod.yaml:15: spec.containers[1].volumeMounts[0].mountPath: Required value",
                "pod.yaml:16: spec.containers[2]: Invalid value: \"integer\": spec.containers[2] in body must be of type object: \"integer\"",
            ],
            Manifests.Errors(text));
    }

    [Fact]
    public void Errors_carry_their_parts()
    {
        var error = Assert.Single(Assert.Throws<ManifestException>(() => ManifestReader.Read("a.yaml", Manifests.WithSpec("containers: []"))).Errors);
        Assert.Equal(new ManifestError("a.yaml", 5, "spec.containers", "Required value"), error);
    }
}
