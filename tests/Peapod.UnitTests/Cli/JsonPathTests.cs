using System.Text.Json.Nodes;
using Peapod.Pod;
using Peapod.Pod.Cli.Output;

namespace Peapod.UnitTests.Cli;

public sealed class JsonPathTests
{
    private static readonly JsonNode Pod = JsonNode.Parse("""
        {
          "kind": "Pod",
          "metadata": {"name": "web", "labels": {"app.io/name": "x"}},
          "spec": {"containers": [{"name": "a", "ports": [80, 81]}, {"name": "b", "ports": []}, {"name": "c"}]},
          "status": {"conditions": [{"type": "Ready", "status": "True"}, {"type": "Initialized", "status": "False"}], "count": 3}
        }
        """)!;

    [Theory]
    [InlineData("{.metadata.name}", "web")]
    [InlineData(".metadata.name", "web")]
    [InlineData("metadata.name", "web")]
    [InlineData("{$.kind}", "Pod")]
    [InlineData("name: {.metadata.name}{\"\\n\"}", "name: web\n")]
    [InlineData("{.spec.containers[*].name}", "a b c")]
    [InlineData("{.spec.containers[0].name}", "a")]
    [InlineData("{.spec.containers[-1].name}", "c")]
    [InlineData("{.spec.containers[0:2].name}", "a b")]
    [InlineData("{.spec.containers[1:].name}", "b c")]
    [InlineData("{.spec.containers[0].ports}", "[80,81]")]
    [InlineData("{.metadata.labels.app\\.io/name}", "x")]
    [InlineData("{.metadata.labels['app.io/name']}", "x")]
    [InlineData("{.status.conditions[?(@.type==\"Ready\")].status}", "True")]
    [InlineData("{.status.conditions[?(@.type!='Ready')].type}", "Initialized")]
    [InlineData("{.spec.containers[?(@.ports)].name}", "a b")]
    [InlineData("{range .spec.containers[*]}<{.name}>{end}", "<a><b><c>")]
    [InlineData("{..type}", "Ready Initialized")]
    [InlineData("{.status.count}", "3")]
    [InlineData("{.not.there}", "")]
    public void A_template_prints_what_kubectl_prints(string template, string expected) => Assert.Equal(expected, JsonPath.Parse(template).Print(Pod));

    [Theory]
    [InlineData("{.a[0}", "\"]\" is missing")]
    [InlineData("{.a", "\"}\" is missing")]
    [InlineData("{range .a}{.b}", "{range} without {end}")]
    [InlineData("{end}", "{end} without {range}")]
    [InlineData("{.a[x]}", "\"x\" is no index")]
    public void What_is_no_template_is_refused(string template, string why) =>
        Assert.Equal($"jsonpath \"{template}\": {why}", Assert.Throws<PodException>(() => JsonPath.Parse(template)).Message);
}
