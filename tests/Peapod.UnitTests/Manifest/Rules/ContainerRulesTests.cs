using Peapod.Pod.Manifest;
using Peapod.Pod.Objects;

namespace Peapod.UnitTests.Manifest.Rules;

public sealed class ContainerRulesTests
{
    private static string WithInit(string init) => Manifests.WithSpec($"initContainers:\n- {{name: i, image: i, {init}}}\ncontainers: [{{name: c, image: i}}]");

    [Theory]
    [InlineData("lifecycle: {preStop: {sleep: {seconds: 1}}}", "lifecycle: Forbidden: may not be set for init containers without restartPolicy=Always")]
    [InlineData("livenessProbe: {grpc: {port: 1}}", "livenessProbe: Forbidden: may not be set for init containers without restartPolicy=Always")]
    [InlineData("readinessProbe: {grpc: {port: 1}}", "readinessProbe: Forbidden: may not be set for init containers without restartPolicy=Always")]
    [InlineData("startupProbe: {}", "startupProbe: Forbidden: may not be set for init containers without restartPolicy=Always")]
    [InlineData("restartPolicy: Never, livenessProbe: {grpc: {port: 1}}", "livenessProbe: Forbidden: may not be set for init containers without restartPolicy=Always")]
    [InlineData("restartPolicy: Always, livenessProbe: {}", "livenessProbe: Required value: must specify a handler type")]
    [InlineData("volumeMounts: [{name: v, mountPath: /v}]", "volumeMounts[0].name: Not found: \"v\"")]
    public void An_init_container_that_breaks_a_rule_is_refused(string init, string error) =>
        Assert.Equal(["pod.yaml:6: spec.initContainers[0]." + error], Manifests.AllFieldErrors(WithInit(init)));

    [Fact]
    public void A_sidecar_may_have_what_an_init_container_may_not() =>
        Manifests.AllFields(WithInit("restartPolicy: Always, lifecycle: {preStop: {sleep: {seconds: 1}}}, startupProbe: {grpc: {port: 1}}"));

    [Fact]
    public void Names_are_unique_over_all_lists()
    {
        var text = Manifests.WithSpec("containers:\n- {name: a, image: i}\n- {name: b, image: i}\ninitContainers:\n- {name: b, image: i}\n- {name: d, image: i}\n- {name: d, image: i}");
        Assert.Equal(
            ["pod.yaml:9: spec.initContainers[0].name: Duplicate value: \"b\"", "pod.yaml:11: spec.initContainers[2].name: Duplicate value: \"d\""],
            Manifests.AllFieldErrors(text));
    }

    [Fact]
    public void Init_containers_may_all_have_one_host_port()
    {
        const string ports = "image: i, ports: [{containerPort: 1, hostPort: 80}]";
        Manifests.AllFields(Manifests.WithSpec($"initContainers: [{{name: a, {ports}}}, {{name: b, {ports}}}]\ncontainers: [{{name: c, {ports}}}]"));
    }

    [Theory]
    [InlineData("restartPolicy: Sometimes", "restartPolicy: Unsupported value: \"Sometimes\": supported values: \"Always\", \"OnFailure\", \"Never\"")]
    [InlineData("terminationMessagePolicy: Logs", "terminationMessagePolicy: Unsupported value: \"Logs\": supported values: \"File\", \"FallbackToLogsOnError\"")]
    public void A_container_that_breaks_a_rule_is_refused(string line, string error) => Manifests.AssertContainerError(line, error);

    [Fact]
    public void A_new_pod_has_no_ephemeral_containers_and_those_of_a_running_one_are_checked()
    {
        EphemeralContainers.RefuseOnCreate(Running);
        var pod = EphemeralContainers.Add(Running, Debugger);
        Assert.Equal("spec.ephemeralContainers: Forbidden: cannot be set on create", Assert.Throws<ManifestException>(() => EphemeralContainers.RefuseOnCreate(pod)).Message);
        var json = ManifestWriter.ToJson(pod);
        Assert.Equal(json, ManifestWriter.ToJson(Manifests.AllFields(json).Pods[0]));
        Manifests.AssertSpecError("ephemeralContainers: [{name: c, image: i, tty: true}]", "ephemeralContainers[0].name: Duplicate value: \"c\"");
    }

    private static readonly PodManifest Running = Manifests.AllFields(Manifests.WithSpec(
        "volumes: [{name: v}]\ninitContainers: [{name: i, image: i}]\ncontainers: [{name: c, image: i}]")).Pods[0];

    private static readonly ContainerSpec Debugger = new() { Name = "debugger", Image = "busybox:1", TargetContainerName = "c", Stdin = true };

    [Fact]
    public void An_ephemeral_container_is_added_with_its_defaults()
    {
        var pod = EphemeralContainers.Add(Running, Debugger with { VolumeMounts = [new() { Name = "v", MountPath = "/v" }] });
        var added = Assert.Single(pod.Spec.EphemeralContainers);
        Assert.Equal((ImagePullPolicy.IfNotPresent, "/dev/termination-log"), (added.ImagePullPolicy, added.TerminationMessagePath));
        Assert.Equal(2, EphemeralContainers.Add(pod, Debugger with { Name = "second" }).Spec.EphemeralContainers.Count);
        Assert.Equal("spec.ephemeralContainers[1].name: Duplicate value: \"debugger\"", Refusal(pod, Debugger));
    }

    public static TheoryData<ContainerSpec, string> BadEphemeral => new()
    {
        { Debugger with { Name = "" }, "name: Required value" },
        { Debugger with { Name = "c" }, "name: Duplicate value: \"c\"" },
        { Debugger with { Name = "i" }, "name: Duplicate value: \"i\"" },
        { Debugger with { Image = "" }, "image: Required value" },
        { Debugger with { TargetContainerName = "x" }, "targetContainerName: Not found: \"x\"" },
        { Debugger with { Ports = [new() { Number = 1 }] }, "ports: Forbidden: cannot be set for an Ephemeral Container" },
        { Debugger with { LivenessProbe = new() }, "livenessProbe: Forbidden: cannot be set for an Ephemeral Container" },
        { Debugger with { ReadinessProbe = new() }, "readinessProbe: Forbidden: cannot be set for an Ephemeral Container" },
        { Debugger with { StartupProbe = new() }, "startupProbe: Forbidden: cannot be set for an Ephemeral Container" },
        { Debugger with { Lifecycle = new() }, "lifecycle: Forbidden: cannot be set for an Ephemeral Container" },
        { Debugger with { RestartPolicy = RestartPolicy.Always }, "restartPolicy: Forbidden: cannot be set for an Ephemeral Container" },
        { Debugger with { Resources = new() { Limits = new Dictionary<string, Quantity> { ["cpu"] = Quantity.FromInt64(1) } } }, "resources: Forbidden: cannot be set for an Ephemeral Container" },
        { Debugger with { VolumeMounts = [new() { Name = "v", MountPath = "/v", SubPath = "a" }] }, "volumeMounts[0].subPath: Forbidden: cannot be set for an Ephemeral Container" },
    };

    [Theory]
    [MemberData(nameof(BadEphemeral))]
    public void An_ephemeral_container_that_breaks_a_rule_is_refused(ContainerSpec container, string error) =>
        Assert.Equal("spec.ephemeralContainers[0]." + error, Refusal(Running, container));

    private static string Refusal(PodManifest pod, ContainerSpec container) =>
        Assert.Throws<ManifestException>(() => EphemeralContainers.Add(pod, container)).Message;
}
