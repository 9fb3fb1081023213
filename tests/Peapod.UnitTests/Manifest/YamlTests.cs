using System.Text;
using System.Text.Json.Nodes;
using Peapod.Pod.Manifest;

namespace Peapod.UnitTests.Manifest;

public sealed class YamlTests
{
    private static string Json(string yaml)
    {
        var problems = new ManifestProblems("f");
        var node = Assert.Single(YamlSource.Read(yaml)).ToJson(new SourceLines(1), problems, new SourceLimits());
        Assert.Empty(problems.Errors);
        return node?.ToJsonString() ?? "null";
    }

    private static SourceException Refused(string yaml) => Assert.Throws<SourceException>(() =>
    {
        var limits = new SourceLimits();
        foreach (var document in YamlSource.Read(yaml))
        {
            document.ToJson(new SourceLines(1), new ManifestProblems("f"), limits);
        }
    });

    [Theory]
    [InlineData("abc", "\"abc\"")]
    [InlineData("'5'", "\"5\"")]
    [InlineData("\"true\"", "\"true\"")]
    [InlineData("''", "\"\"")]
    [InlineData("|\n  5\n", "\"5\\n\"")]
    [InlineData(">-\n  a\n  b\n", "\"a b\"")]
    [InlineData("true", "true")]
    [InlineData("True", "true")]
    [InlineData("yes", "true")]
    [InlineData("on", "true")]
    [InlineData("y", "true")]
    [InlineData("NO", "false")]
    [InlineData("off", "false")]
    [InlineData("yEs", "\"yEs\"")]
    [InlineData("~", "null")]
    [InlineData("null", "null")]
    [InlineData("---", "null")]
    [InlineData("nULL", "\"nULL\"")]
    [InlineData("0", "0")]
    [InlineData("5", "5")]
    [InlineData("-5", "-5")]
    [InlineData("+5", "5")]
    [InlineData("1_000", "1000")]
    [InlineData("0400", "256")]
    [InlineData("0o400", "256")]
    [InlineData("-0400", "-256")]
    [InlineData("08", "8")]
    [InlineData("0x1F", "31")]
    [InlineData("0b101", "5")]
    [InlineData("0x", "\"0x\"")]
    [InlineData("0xg", "\"0xg\"")]
    [InlineData("1:30", "\"1:30\"")]
    [InlineData("1.5", "1.5")]
    [InlineData(".5", "0.5")]
    [InlineData("5.", "5")]
    [InlineData("1e3", "1000")]
    [InlineData("1e", "\"1e\"")]
    [InlineData("1.2.3", "\"1.2.3\"")]
    [InlineData("1e999", "\"1e999\"")]
    [InlineData("100m", "\"100m\"")]
    [InlineData("10.0.0.1", "\"10.0.0.1\"")]
    [InlineData("-", "[null]")]
    [InlineData("--", "\"--\"")]
    [InlineData(".", "\".\"")]
    [InlineData("+", "\"\\u002B\"")]
    [InlineData("2001-01-01", "\"2001-01-01\"")]
    [InlineData("2001-12-14T21:59:43.10-05:00", "\"2001-12-14T21:59:43.10-05:00\"")]
    [InlineData("9223372036854775807", "9223372036854775807")]
    [InlineData("9223372036854775808", "9223372036854775808")]
    [InlineData("!!str 5", "\"5\"")]
    [InlineData("! 5", "\"5\"")]
    [InlineData("!!int \"5\"", "5")]
    [InlineData("!!float 5", "5")]
    [InlineData("!!bool \"yes\"", "true")]
    [InlineData("!!binary aGVsbG8=", "\"hello\"")]
    [InlineData("{1: a, true: b, 1.5: c, ~: d}", "refused")]
    [InlineData("{1: a, true: b, 1.5: c}", "{\"1\":\"a\",\"true\":\"b\",\"1.5\":\"c\"}")]
    [InlineData("{a: [1, {b: c}], d: }", "{\"a\":[1,{\"b\":\"c\"}],\"d\":null}")]
    [InlineData("? a\n: b", "{\"a\":\"b\"}")]
    public void Scalars_have_the_types_of_Kubernetes_road_to_json(string yaml, string json)
    {
        if (json == "refused")
        {
            Refused(yaml);
        }
        else
        {
            Assert.Equal(json, Json(yaml));
        }
    }

    [Theory]
    [InlineData("a: .nan", 1, ".nan is a number that JSON cannot say")]
    [InlineData("a:\n  b: -.Inf", 2, "-.Inf is a number that JSON cannot say")]
    [InlineData("a: !!int x", 1, "\"x\" is not a !!int")]
    [InlineData("a: !foo x", 1, "unknown tag !foo")]
    [InlineData("a: !foo {}", 1, "unknown tag !foo")]
    [InlineData("a: !!binary '*'", 1, "!!binary is not")]
    [InlineData("a: *b", 1, "alias *b has no anchor &b before it")]
    [InlineData("a: &x [*x]", 1, "anchor &x contains itself")]
    [InlineData("a: &x\n  <<: *x", 2, "anchor &x contains itself")]
    [InlineData("a: 1\n<<: 5", 2, "only mappings can be merged")]
    [InlineData("[a]: b", 1, "a key must be a plain value")]
    public void What_json_cannot_say_is_refused_with_its_line(string yaml, int line, string message)
    {
        var error = Refused(yaml);
        Assert.StartsWith(message, error.Message, StringComparison.Ordinal);
        Assert.Equal(line, error.Line);
    }

    [Theory]
    [InlineData("a: b\n c: d")]
    [InlineData("a: [1, 2")]
    [InlineData("a: \"x")]
    [InlineData("a:\n\t- b")]
    [InlineData("a: @b")]
    [InlineData("}")]
    [InlineData("%YAML 3.0\n---\na: b")]
    public void Text_that_is_no_yaml_is_refused(string yaml)
    {
        Assert.InRange(Refused(yaml).Line, 0, 3);
    }

    [Theory]
    [InlineData("a: b\nc: 'd\ne: f\n", 2, "the quoted text that begins here has no end")]
    [InlineData("a:\n  b: c\n\td: e\n", 3, "a tab cannot indent anything in YAML; use spaces")]
    [InlineData("a:\n\t- b\n", 2, "a tab cannot indent anything in YAML; use spaces")]
    [InlineData("a: |\n  b\n\tc\n", 3, "a tab cannot indent anything in YAML; use spaces")]
    [InlineData("a: b\nc\nd: e\n", 2, "a ':' is missing after the key, or the line should be indented further")]
    [InlineData("a: b\n c: d\n", 2, "a mapping cannot begin here; put a value that has ': ' in it in quotes, or the mapping on a line of its own")]
    [InlineData("a:\n  b: 1\n c: 2\n", 3, "no key of the mapping that begins on line 1, or the indentation is wrong")]
    [InlineData("a: [1,\n  2\nb: c\n", 3, "',' or ']' is missing in what begins on line 1")]
    [InlineData("a: {b: c\nd: e}\n", 2, "',' or '}' is missing in what begins on line 1")]
    [InlineData("a: b\nc: @d\n", 2, "a value cannot begin with '@'; put it in quotes if text is meant")]
    [InlineData("a: b\nc: \"\\d\"\n", 2, "\\d is no escape sequence; write \\\\ for a backslash, or use single quotes")]
    [InlineData("a: b\nc: *\n", 2, "an alias, which begins with '*', must have a name of letters and digits; put the value in quotes if text is meant")]
    [InlineData("a: b\nc: d\u0007\n", 2, "the character U+0007 must not stand in YAML; in double quotes write it as \\u0007")]
    [InlineData("- a\nb: c\n", 2, "no \"- \" before an item of the list that begins on line 1, or the indentation is wrong")]
    public void An_error_has_the_line_of_its_cause(string yaml, int line, string message)
    {
        var error = Refused(yaml);
        Assert.Equal((line, message), (error.Line, error.Message));
    }

    [Theory]
    [InlineData("data:\n  conf: |\n    \n    key: value\n    other: x\n", "{\"data\":{\"conf\":\"\\nkey: value\\nother: x\\n\"}}")]
    [InlineData("a: \"it\\'s\"", "{\"a\":\"it\\u0027s\"}")]
    [InlineData("a: \"x\ny\"\nb: {\nc: d\n}\n", "{\"a\":\"x y\",\"b\":{\"c\":\"d\"}}")]
    public void What_people_write_and_kubectl_takes_is_taken(string yaml, string json) => Assert.Equal(json, Json(yaml));

    [Fact]
    public void Aliases_stand_for_their_anchor_and_merge_keys_for_members_not_given()
    {
        Assert.Equal("{\"a\":{\"x\":1},\"b\":{\"x\":1}}", Json("a: &a {x: 1}\nb: *a"));
        Assert.Equal("{\"a\":{\"x\":1,\"z\":2},\"b\":{\"z\":3,\"x\":1}}", Json("a: &a {x: 1, z: 2}\nb: {<<: *a, z: 3}"));
        Assert.Equal("{\"b\":{\"x\":1,\"z\":2}}", Json("b: {<<: [{x: 1}, {x: 9, z: 2}]}"));
        Assert.Equal("{\"\\u003C\\u003C\":5}", Json("\"<<\": 5"));
        Assert.Equal("{\"k\":\"v\",\"v\":\"k\"}", Json("&k k: &v v\n*v : *k"));
    }

    [Fact]
    public void Anchors_end_with_their_document()
    {
        Assert.Contains("alias *a has no anchor", Refused("a: &a 1\n---\nb: *a").Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_alias_bomb_is_refused_quickly()
    {
        var bomb = new StringBuilder("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
        for (var i = 1; i < 30; i++)
        {
            bomb.Append($"a{i}: &a{i} [*a{i - 1}, *a{i - 1}, *a{i - 1}, *a{i - 1}, *a{i - 1}, *a{i - 1}, *a{i - 1}, *a{i - 1}, *a{i - 1}]\n");
        }

        var watch = System.Diagnostics.Stopwatch.StartNew();
        var error = Refused(bomb.ToString());
        Assert.Contains("values, aliases resolved", error.Message, StringComparison.Ordinal);
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(5));
    }

    [Fact]
    public void A_bomb_of_merge_keys_is_refused()
    {
        var bomb = new StringBuilder("a: &a {" + string.Join(", ", Enumerable.Range(0, 1000).Select(i => $"k{i}: 1")) + "}\n");
        bomb.Append("b: {<<: [" + string.Join(", ", Enumerable.Repeat("*a", 1000)) + "]}");
        Assert.Contains("merge keys copy more than", Refused(bomb.ToString()).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("[", "]")]
    [InlineData("{a: ", "}")]
    public void Nesting_without_end_is_refused(string open, string close)
    {
        var deep = string.Concat(Enumerable.Repeat(open, 5000)) + string.Concat(Enumerable.Repeat(close, 5000));
        Assert.Contains("nested", Refused(deep).Message, StringComparison.Ordinal);
        Assert.Contains("nested", Refused(string.Concat(Enumerable.Repeat("- ", 5000))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Duplicate_keys_are_errors_that_name_both_lines()
    {
        var problems = new ManifestProblems("f");
        YamlSource.Read("a:\n  b: 1\n  c: 2\n  b: 3\n")[0].ToJson(new SourceLines(1), problems, new SourceLimits());
        Assert.Equal("f:4: a.b: Duplicate key: already set on line 2", Assert.Single(problems.Errors).ToString());
    }

    [Fact]
    public void Every_value_knows_its_line()
    {
        var lines = new SourceLines(1);
        YamlSource.Read("a:\n  - x: 1\n    w:\n      z: 2\n  -\n    x: 3\nb.c/d:\n  e f: 4\n")[0].ToJson(lines, new ManifestProblems("f"), new SourceLimits());
        Assert.Equal(1, lines.Of("a"));
        Assert.Equal(2, lines.Of("a[0]"));
        Assert.Equal(3, lines.Of("a[0].w"));
        Assert.Equal(4, lines.Of("a[0].w.z"));
        Assert.Equal(4, lines.Of("a[0].w.z.missing[5].too"));
        Assert.Equal(6, lines.Of("a[1].x"));
        Assert.Equal(8, lines.Of("b.c/d[e f]"));
        Assert.Equal(1, lines.Of("nowhere"));
    }

    [Fact]
    public void Json_takes_the_same_road()
    {
        var text = "{\n\t\"a\": [1, 2.5,\n true, null],\r\n \"b\":\"\\u00e9\\ud83d\\ude00\"}\n{\"c\": 1e3}"u8;
        var documents = JsonSource.Read(text);
        var lines = new SourceLines(1);
        Assert.Equal(2, documents.Count);
        var node = documents[0].ToJson(lines, new ManifestProblems("f"), new SourceLimits())!;
        Assert.Equal("[1,2.5,true,null]", node["a"]!.ToJsonString());
        Assert.Equal("é😀", (string?)node["b"]);
        Assert.Equal(2, lines.Of("a"));
        Assert.Equal(3, lines.Of("a[2]"));
        Assert.Equal(4, lines.Of("b"));
        Assert.Equal(5, documents[1].Line);
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse("{\"c\":1e3}"), documents[1].ToJson(lines, new ManifestProblems("f"), new SourceLimits())));
    }

    [Fact]
    public void Text_that_is_neither_ends_in_an_error_and_nothing_else()
    {
        var random = new Random(20260101);
        const string alphabet = "{}[]:,-?&*!|>'\"%@`#~ \n\n\tab01.<=\\/é";
        for (var i = 0; i < 20_000; i++)
        {
            var text = string.Concat(Enumerable.Range(0, random.Next(1, 24)).Select(_ => alphabet[random.Next(alphabet.Length)]));
            try
            {
                ManifestReader.Read("f", text);
            }
            catch (ManifestException)
            {
                continue;
            }

            Assert.Fail($"read as a pod: {text}");
        }
    }
}
