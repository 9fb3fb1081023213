using Peapod.Pod.Manifest;
using Peapod.Pod.Objects;

namespace Peapod.UnitTests.Manifest.Rules;

public sealed class ResourceRulesTests
{
    [Theory]
    [InlineData("limits: {ephemeral-storage: -1}", "limits[ephemeral-storage]: Invalid value: \"-1\": must be greater than or equal to 0")]
    [InlineData("limits: {example.com/gpu: 1500m}", "limits[example.com/gpu]: Invalid value: \"1500m\": must be an integer")]
    [InlineData("limits: {nvidia.com/gpu: 1}", "limits[nvidia.com/gpu]: \"1\" is not supported here: this host offers none: there are no device plugins")]
    [InlineData("limits: {requests.example.com/gpu: 1}", "limits[requests.example.com/gpu]: Invalid value: \"requests.example.com/gpu\": doesn't follow extended resource name standard")]
    [InlineData("limits: {a b: 1}", "limits[a b]: Invalid value: \"a b\": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')")]
    [InlineData("limits: {cpu: 1, hugepages-2Mi: 3Mi}", "limits[hugepages-2Mi]: Invalid value: \"3Mi\": 3Mi is not positive integer multiple of hugepages-2Mi")]
    [InlineData("limits: {cpu: 1, hugepages-2Mi: 4Mi}, requests: {hugepages-2Mi: 2Mi}", "requests: Invalid value: \"2Mi\": must be equal to hugepages-2Mi limit of 4Mi")]
    [InlineData("limits: {hugepages-2Mi: 4Mi}", "Forbidden: HugePages require cpu or memory")]
    [InlineData("limits: {cpu: 1, hugepages-big: 4Mi}", "limits[hugepages-big]: Invalid value: \"hugepages-big\": must be a standard resource for containers")]
    public void Amounts_that_break_a_rule_are_refused(string resources, string error) =>
        Manifests.AssertContainerError($"resources: {{{resources}}}", error.StartsWith("Forbidden", StringComparison.Ordinal) ? "resources: " + error : "resources." + error);

    [Theory]
    [InlineData("limits: {cpu: 1, hugepages-2Mi: 4Mi, ephemeral-storage: 1Gi}")]
    [InlineData("limits: {hugepages-1Gi: 1Gi}, requests: {memory: 1Mi, ephemeral-storage: 1}")]
    public void Amounts_within_the_rules_are_taken(string resources) => Manifests.AllFields(Manifests.WithContainer($"resources: {{{resources}}}"));

    [Theory]
    [InlineData("[{restartPolicy: NotRequired}]", "resizePolicy[0].resourceName: Required value")]
    [InlineData("[{resourceName: gpu, restartPolicy: NotRequired}]", "resizePolicy[0].resourceName: Unsupported value: \"gpu\": supported values: \"cpu\", \"memory\"")]
    [InlineData("[{resourceName: cpu}]", "resizePolicy[0].restartPolicy: Required value")]
    [InlineData("[{resourceName: cpu, restartPolicy: Restart}]", "resizePolicy[0].restartPolicy: Unsupported value: \"Restart\": supported values: \"NotRequired\", \"RestartContainer\"")]
    [InlineData("[{resourceName: cpu, restartPolicy: NotRequired}, {resourceName: cpu, restartPolicy: NotRequired}]", "resizePolicy[1]: Duplicate value: \"cpu\"")]
    public void A_resize_policy_that_breaks_a_rule_is_refused(string policy, string error) => Manifests.AssertContainerError("resizePolicy: " + policy, error);

    [Fact]
    public void What_cannot_be_shared_is_requested_as_it_is_limited()
    {
        Assert.Contains(
            "pod.yaml:8: spec.containers[0].resources.requests: Invalid value: \"1\": must be equal to example.com/gpu limit of 2",
            Manifests.AllFieldErrors(Manifests.WithContainer("resources: {limits: {example.com/gpu: 2}, requests: {example.com/gpu: 1}}")));
        Assert.Contains(
            "pod.yaml:8: spec.containers[0].resources.limits: Required value: Limit must be set for non overcommitable resources",
            Manifests.AllFieldErrors(Manifests.WithContainer("resources: {requests: {cpu: 1, hugepages-2Mi: 2Mi}}")));
    }

    [Fact]
    public void A_pod_that_never_restarts_cannot_restart_to_be_resized()
    {
        var text = Manifests.WithSpec("restartPolicy: Never\ncontainers: [{name: c, image: i, resizePolicy: [{resourceName: cpu, restartPolicy: RestartContainer}]}]");
        Assert.Equal(["pod.yaml:6: spec.containers[0].resizePolicy[0].restartPolicy: Invalid value: \"RestartContainer\": must be 'NotRequired' when `restartPolicy` is 'Never'"], Manifests.AllFieldErrors(text));
    }

    [Theory]
    [InlineData("limits: {cpu: 1}", "{cpu: 2}", "pod.yaml:6: spec.containers[0].resources.limits[cpu]: Invalid value: \"2\": must be less than or equal to pod limits of 1")]
    [InlineData("limits: {cpu: 4}, requests: {cpu: 1}", "{cpu: 2}", "pod.yaml:5: spec.resources.requests[cpu]: Invalid value: \"1\": must be greater than or equal to aggregate container requests of 2")]
    [InlineData("limits: {ephemeral-storage: 1}", "{cpu: 0}", "pod.yaml:5: spec.resources.limits[ephemeral-storage]: Unsupported value: \"ephemeral-storage\": supported values: \"cpu\", \"hugepages-\", \"memory\"")]
    [InlineData("limits: {cpu: 1}, requests: {cpu: 2}", "{}", "pod.yaml:5: spec.resources.requests: Invalid value: \"2\": must be less than or equal to cpu limit of 1")]
    public void A_pods_own_resources_that_break_a_rule_are_refused(string pod, string container, string error)
    {
        var text = Manifests.WithSpec($"resources: {{{pod}}}\ncontainers: [{{name: c, image: i, resources: {{limits: {container}}}}}]");
        Assert.Contains(error, Manifests.AllFieldErrors(text));
    }

    [Fact]
    public void What_a_pod_requests_is_what_its_containers_request_or_its_limit()
    {
        var spec = Manifests.AllFields(Manifests.WithSpec("""
            resources: {limits: {cpu: 4, memory: 1Gi}}
            initContainers:
            - {name: big, image: i, resources: {requests: {cpu: 3}}}
            - {name: sidecar, image: i, restartPolicy: Always, resources: {requests: {cpu: 500m}}}
            containers:
            - {name: a, image: i, resources: {requests: {cpu: 1}}}
            - {name: b, image: i, resources: {requests: {cpu: 1}}}
            """)).Pods[0].Spec;

        Assert.Equal("3", PodRequests.OfContainers(spec)["cpu"].ToString());
        Assert.Equal(("3", "1Gi"), (spec.Resources!.Request("cpu").ToString(), spec.Resources.Request("memory").ToString()));
    }

    [Fact]
    public void An_init_container_runs_beside_the_sidecars_before_it()
    {
        var spec = Manifests.AllFields(Manifests.WithSpec("""
            initContainers:
            - {name: sidecar, image: i, restartPolicy: Always, resources: {requests: {cpu: 1}}}
            - {name: big, image: i, resources: {requests: {cpu: 3}}}
            containers: [{name: a, image: i, resources: {requests: {cpu: 500m}}}]
            """)).Pods[0].Spec;

        Assert.Equal("4", PodRequests.OfContainers(spec)["cpu"].ToString());
    }

    [Theory]
    [InlineData("overhead: {cpu: -1}", "overhead[cpu]: Invalid value: \"-1\": must be greater than or equal to 0")]
    public void An_overhead_that_breaks_a_rule_is_refused(string line, string error) => Manifests.AssertSpecError(line, error);

    [Theory]
    [InlineData("resources: {requests: {memory: 2Gi, cpu: 2}}", "{limits: {cpu: 1, memory: 1Gi}}", QosClass.Burstable)]
    [InlineData("resources: {limits: {cpu: 1, memory: 1Mi}}", "{}", QosClass.Guaranteed)]
    [InlineData("initContainers: [{name: i, image: i}]", "{limits: {cpu: 1, memory: 1Gi}}", QosClass.Burstable)]
    public void The_QoS_class_is_that_of_the_pods_own_resources_or_of_all_containers(string line, string container, QosClass expected) =>
        Assert.Equal(expected, QosClass.Of(Manifests.AllFields(Manifests.WithSpec($"{line}\ncontainers: [{{name: c, image: i, resources: {container}}}]")).Pods[0]));
}
