using Peapod.Pod.Manifest;
using Peapod.Pod.Objects;

namespace Peapod.UnitTests.Manifest;

public sealed class RunManifestTests
{
    private static readonly RunRequest Plain = new() { Name = "curl-test", Image = "localhost/busybox" };

    private static string Message(RunRequest request) => Assert.Throws<ManifestException>(() => RunManifest.Build(request)).Message;

    [Fact]
    public void A_run_is_a_pod_with_one_container_of_its_name()
    {
        var pod = RunManifest.Build(Plain with
        {
            Arguments = ["sh", "-c", "date"],
            Env = ["A=b=c", "EMPTY="],
            Ports = ["80", "8080:80", "127.0.0.1:8443:443/tcp", "[fd00::1]:53:53/UDP", "9/sctp"],
        });

        Assert.Equal(("curl-test", "default"), (pod.Metadata.Name, pod.Metadata.Namespace));
        Assert.Equal("curl-test", pod.Metadata.Labels!["run"]);
        Assert.Equal(RestartPolicy.Always, pod.Spec.RestartPolicy);
        var container = Assert.Single(pod.Spec.Containers);
        Assert.Equal(("curl-test", "localhost/busybox", ImagePullPolicy.Always), (container.Name, container.Image, container.ImagePullPolicy));
        Assert.Null(container.Command);
        Assert.Equal(["sh", "-c", "date"], container.Args!);
        Assert.Equal([new EnvVar { Name = "A", Value = "b=c" }, new EnvVar { Name = "EMPTY" }], container.Env);
        Assert.Equal(
            [
                new ContainerPort { Number = 80, Protocol = PortProtocol.Tcp },
                new ContainerPort { Number = 80, HostPort = 8080, Protocol = PortProtocol.Tcp },
                new ContainerPort { Number = 443, HostPort = 8443, HostIP = "127.0.0.1", Protocol = PortProtocol.Tcp },
                new ContainerPort { Number = 53, HostPort = 53, HostIP = "fd00::1", Protocol = PortProtocol.Udp },
                new ContainerPort { Number = 9, Protocol = PortProtocol.Sctp },
            ],
            container.Ports);
        Assert.Equal(ManifestWriter.ToJson(pod), ManifestWriter.ToJson(Manifests.Pod(ManifestWriter.ToJson(pod))));
    }

    [Fact]
    public void Command_replaces_the_entry_point()
    {
        var container = RunManifest.Build(Plain with { Arguments = ["sh"], ReplaceEntryPoint = true }).Spec.Containers[0];
        Assert.Equal(["sh"], container.Command!);
        Assert.Null(container.Args);
    }

    [Fact]
    public void A_pod_that_someone_looks_at_or_that_is_removed_is_not_restarted()
    {
        Assert.Equal(RestartPolicy.Never, RunManifest.Build(Plain with { Remove = true }).Spec.RestartPolicy);
        var interactive = RunManifest.Build(Plain with { Stdin = true, Tty = true });
        Assert.Equal(RestartPolicy.Never, interactive.Spec.RestartPolicy);
        Assert.True(interactive.Spec.Containers[0].Stdin);
        Assert.True(interactive.Spec.Containers[0].StdinOnce);
        Assert.True(interactive.Spec.Containers[0].Tty);
        Assert.Equal(RestartPolicy.OnFailure, RunManifest.Build(Plain with { Tty = true, RestartPolicy = RestartPolicy.OnFailure }).Spec.RestartPolicy);
    }

    [Fact]
    public void Labels_annotations_limits_and_requests_are_the_pods()
    {
        var pod = RunManifest.Build(Plain with
        {
            Labels = RunRequest.KeyValues("--labels", ["app=web,tier=", "env=a"]),
            Annotations = RunRequest.KeyValues("--annotations", ["note=x=y"]),
            Limits = RunRequest.KeyValues("--limits", ["cpu=200m,memory=64Mi"]),
            Requests = RunRequest.KeyValues("--requests", ["cpu=100m"]),
        });
        Assert.Equal(new Dictionary<string, string> { ["app"] = "web", ["tier"] = "", ["env"] = "a" }, pod.Metadata.Labels!);
        Assert.Equal("x=y", pod.Metadata.Annotations!["note"]);
        var resources = pod.Spec.Containers[0].Resources;
        Assert.Equal(("200m", "100m", "64Mi"), (resources.Limit("cpu").ToString(), resources.Request("cpu").ToString(), resources.Request("memory").ToString()));
        Assert.Null(RunRequest.KeyValues("--labels", []));
    }

    [Theory]
    [InlineData("a", "--labels: Invalid value: \"a\": must be KEY=VALUE")]
    [InlineData("", "--labels: Invalid value: \"\": must be KEY=VALUE")]
    [InlineData("a=b,,c=d", "--labels: Invalid value: \"\": must be KEY=VALUE")]
    [InlineData("=b", "--labels: Invalid value: \"=b\": must be KEY=VALUE")]
    [InlineData("a=b,a=c", "--labels: Duplicate value: \"a\"")]
    public void Pairs_that_are_none_are_refused(string text, string error) =>
        Assert.Equal(error, Assert.Throws<ManifestException>(() => RunRequest.KeyValues("--labels", [text])).Message);

    [Fact]
    public void Amounts_follow_the_rules_of_the_manifest()
    {
        Assert.Equal("--limits: Invalid value: \"lots\": " + Quantity.Grammar, Message(Plain with { Limits = new Dictionary<string, string> { ["cpu"] = "lots" } }));
        Assert.Equal("--limits: Invalid value: \"disk\": must be a standard resource for containers", Message(Plain with { Limits = new Dictionary<string, string> { ["disk"] = "1" } }));
        Assert.Equal(
            "--requests: Invalid value: \"2\": must be less than or equal to cpu limit of 1",
            Message(Plain with { Limits = new Dictionary<string, string> { ["cpu"] = "1" }, Requests = new Dictionary<string, string> { ["cpu"] = "2" } }));
        Assert.StartsWith("--annotations: Invalid value: \"a b\"", Message(Plain with { Annotations = new Dictionary<string, string> { ["a b"] = "c" } }), StringComparison.Ordinal);
    }

    [Fact]
    public void Errors_name_the_flag()
    {
        Assert.Equal("NAME: Required value", Message(Plain with { Name = "" }));
        Assert.StartsWith("NAME: Invalid value: \"A\": ", Message(Plain with { Name = "A" }), StringComparison.Ordinal);
        Assert.StartsWith("NAME: Invalid value: \"a.b\": a lowercase RFC 1123 label", Message(Plain with { Name = "a.b" }), StringComparison.Ordinal);
        Assert.Equal("--image: Required value", Message(Plain with { Image = "" }));
        Assert.StartsWith("--namespace: Invalid value", Message(Plain with { Namespace = "A" }), StringComparison.Ordinal);
        Assert.StartsWith("--labels: Invalid value", Message(Plain with { Labels = new Dictionary<string, string> { ["a b"] = "c" } }), StringComparison.Ordinal);
        Assert.Equal("--env: Invalid value: \"A\": must be NAME=VALUE", Message(Plain with { Env = ["A"] }));
        Assert.Equal("--env: Required value", Message(Plain with { Env = ["=b"] }));
    }

    [Fact]
    public void A_long_name_is_one_error()
    {
        Assert.Single(Message(Plain with { Name = new string('a', 64) }).Split('\n'));
        Assert.Single(Message(Plain with { Name = new string('a', 300) }).Split('\n'));
    }

    [Theory]
    [InlineData("http")]
    [InlineData("")]
    [InlineData("80/icmp")]
    [InlineData("a:80")]
    [InlineData("80:")]
    [InlineData("-1")]
    public void A_port_that_is_none_is_refused(string port)
    {
        Assert.Equal($"--port: Invalid value: \"{port}\": must be [[HOSTIP:]HOSTPORT:]PORT[/PROTOCOL]", Message(Plain with { Ports = [port] }));
    }

    [Fact]
    public void Ports_follow_the_rules_of_the_manifest()
    {
        Assert.Equal("--port: Invalid value: 70000: must be between 1 and 65535, inclusive", Message(Plain with { Ports = ["70000"] }));
        Assert.Equal("--port: Required value", Message(Plain with { Ports = ["0"] }));
        Assert.StartsWith("--port: Invalid value: \"x\": must be a valid IP address", Message(Plain with { Ports = ["x:80:80"] }), StringComparison.Ordinal);
        Assert.Equal("--port: Duplicate value: \"TCP//80\"", Message(Plain with { Ports = ["80:1", "80:2"] }));
    }

    [Theory]
    [InlineData("spec.containers[0].resources.limits.memory: the memory controller is not available", "--limits: the memory controller is not available")]
    [InlineData("spec.containers[0].image: no", "--image: no")]
    [InlineData("container \"x\": no", "container \"x\": no")]
    [InlineData("no", "no")]
    public void What_is_found_out_later_is_told_by_its_flag(string message, string told) => Assert.Equal(told, RunManifest.Tell(message));
}
