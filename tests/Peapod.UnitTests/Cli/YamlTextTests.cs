using System.Text.Json.Nodes;
using Peapod.Pod.Cli.Output;
using Peapod.Pod.Manifest;

namespace Peapod.UnitTests.Cli;

public sealed class YamlTextTests
{
    [Fact]
    public void Objects_and_lists_are_blocks()
    {
        var node = JsonNode.Parse("""{"kind":"Pod","spec":{"containers":[{"name":"a","args":["x","-c"]},{"name":"b","env":[]}],"volumes":{}},"n":1,"b":true,"z":null}""");

        Assert.Equal("""
            kind: Pod
            spec:
              containers:
              - name: a
                args:
                - x
                - "-c"
              - name: b
                env: []
              volumes: {}
            "n": 1
            b: true
            z: null

            """, YamlText.Of(node));
    }

    [Fact]
    public void Several_lines_are_a_literal_block() =>
        Assert.Equal("a: |\n  one\n   two\n\n  three\nb: |-\n  x\n  y\nc: |+\n  z\n\n", YamlText.Of(new JsonObject { ["a"] = "one\n two\n\nthree\n", ["b"] = "x\ny", ["c"] = "z\n\n" }));

    /// <summary>Everything that a reader of YAML could take for something else comes back as the text that it was.</summary>
    [Theory]
    [InlineData("plain")]
    [InlineData("moved \u202e by \u2066 marks \u200f of \u061c direction")]
    [InlineData("two\nlines \u202e moved")]
    [InlineData("10.85.0.2")]
    [InlineData("128Mi")]
    [InlineData("100m")]
    [InlineData("2026-11-21T18:00:00Z")]
    [InlineData("2026-11-21")]
    [InlineData("true")]
    [InlineData("No")]
    [InlineData("y")]
    [InlineData("ON")]
    [InlineData("null")]
    [InlineData("~")]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("0400")]
    [InlineData("0o17")]
    [InlineData("0x1F")]
    [InlineData("1e3")]
    [InlineData("1_000")]
    [InlineData("12:30:45")]
    [InlineData(".5")]
    [InlineData(".inf")]
    [InlineData("-")]
    [InlineData("- x")]
    [InlineData("a: b")]
    [InlineData("a:")]
    [InlineData("a #b")]
    [InlineData("#b")]
    [InlineData("&a")]
    [InlineData("*a")]
    [InlineData("!a")]
    [InlineData("%a")]
    [InlineData("@a")]
    [InlineData("`a")]
    [InlineData("{a}")]
    [InlineData("[a]")]
    [InlineData("\"a\"")]
    [InlineData("'a'")]
    [InlineData("a\\b")]
    [InlineData(" a")]
    [InlineData("a ")]
    [InlineData("a\tb")]
    [InlineData("\n")]
    [InlineData("\na")]
    [InlineData(" a\nb")]
    [InlineData("a\r\nb")]
    [InlineData("a\u0085b\nc")]
    [InlineData("a\n\n\n")]
    [InlineData("---")]
    [InlineData("a\n---\nb\n")]
    [InlineData("ümläut")]
    [InlineData("\U0001F600\nx")]
    [InlineData("<<")]
    [InlineData("=")]
    [InlineData("trailing\\")]
    public void A_text_comes_back_as_it_was(string text)
    {
        var node = new JsonObject
        {
            ["apiVersion"] = "v1",
            ["kind"] = "Pod",
            ["metadata"] = new JsonObject { ["name"] = "p", ["annotations"] = new JsonObject { ["a"] = text, ["b"] = "end" } },
            ["spec"] = new JsonObject { ["containers"] = new JsonArray(new JsonObject { ["name"] = "c", ["image"] = "i", ["args"] = new JsonArray(text, "end") }) },
        };

        var pod = Assert.Single(ManifestReader.Read("x.yaml", YamlText.Of(node)).Pods);

        Assert.Equal((text, "end"), (pod.Metadata.Annotations!["a"], pod.Metadata.Annotations["b"]));
        Assert.Equal([text, "end"], pod.Spec.Containers[0].Args!);
    }
}
