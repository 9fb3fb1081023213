using System.Text.Json.Nodes;
using Peapod.Pod;
using Peapod.Pod.Cli.Selection;

namespace Peapod.UnitTests.Cli;

/// <summary>--field-selector, with the fields that the API server knows.</summary>
public sealed class FieldSelectorTests
{
    private static readonly JsonObject Pod = (JsonObject)JsonNode.Parse("""
        {"metadata": {"name": "web", "namespace": "demo"}, "spec": {"restartPolicy": "Never"}, "status": {"phase": "Running", "podIPs": [{"ip": "10.85.0.2"}, {"ip": "fd00::2"}]}}
        """)!;

    [Theory]
    [InlineData("status.phase=Running", true)]
    [InlineData("status.phase==Running", true)]
    [InlineData("status.phase!=Running", false)]
    [InlineData("status.phase!=Failed,metadata.namespace=demo", true)]
    [InlineData("status.phase=Running,metadata.name=other", false)]
    [InlineData("spec.hostNetwork=false", true)]
    [InlineData("status.podIPs=fd00::2", true)]
    [InlineData("status.podIP=", true)]
    public void A_pod_is_selected_by_its_fields(string text, bool expected) => Assert.Equal(expected, FieldSelector.Parse(text, "pods").Matches(Pod));

    [Theory]
    [InlineData("spec.containers=1", "pods", "field label not supported: spec.containers")]
    [InlineData("status.phase=1", "secrets", "field label not supported: status.phase")]
    [InlineData("status.phase", "pods", "can't understand 'status.phase'")]
    public void What_cannot_be_selected_by_is_named(string text, string kind, string told) =>
        Assert.Contains(told, Assert.Throws<PodException>(() => FieldSelector.Parse(text, kind)).Message);
}
