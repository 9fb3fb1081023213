using System.Text;
using Peapod.Pod.Manifest;

namespace Peapod.UnitTests.Manifest;

/// <summary>Broken JSON is told in a sentence, with its line and column.</summary>
public sealed class JsonFaultTests
{
    private const string UserCase = "{\"apiVersion\":\"v1\",\n \"kind\":\"Pod\"\n \"metadata\":{\"name\":\"x\"}}\n";

    [Theory]
    [InlineData(UserCase, 3, 2, "there is '\"' where ',' or '}' should stand")]
    [InlineData("{\"a\": 1", 1, 8, "the text ends, and the '{' of line 1, column 1 has no '}'")]
    [InlineData("{\"a\": [1,\n 2", 2, 3, "the text ends, and the '[' of line 1, column 7 has no ']'")]
    [InlineData("{\"a\" 1}", 1, 6, "there is '1' where ':' and a value should stand")]
    [InlineData("{\"a\": }", 1, 7, "there is '}' where a value should stand")]
    [InlineData("{\"a\": 1 \"b\": 2}", 1, 9, "there is '\"' where ',' or '}' should stand")]
    [InlineData("{\"a\": [1 2]}", 1, 10, "there is '2' where ',' or ']' should stand")]
    [InlineData("{\"a\": 1]", 1, 8, "there is ']' where ',' or '}' should stand")]
    [InlineData("{\"a\":\n  \"b}\n", 2, 3, "the text in double quotes that begins here has no end on this line")]
    [InlineData("{\"a\": \"\\q\"}", 1, 8, "a backslash in a text wants one of \" \\ / b f n r t u after it; write \\\\ for a backslash")]
    [InlineData("{\"é\": \"\\u12\"}", 1, 8, "\\u wants four hexadecimal digits after it")]
    [InlineData("{\"a\": \"\t\"}", 1, 8, "the character U+0009 must not stand in a text; write it as \\u0009")]
    [InlineData("{\"a\": tru}", 1, 7, "tru is no value of JSON's; put it in double quotes if text is meant")]
    [InlineData("{\"a\": 01}", 1, 7, "01 is no number; put it in double quotes if text is meant")]
    [InlineData("{\"a\": 1.}", 1, 7, "1. is no number; put it in double quotes if text is meant")]
    [InlineData("{\"a\": 1e}", 1, 7, "1e is no number; put it in double quotes if text is meant")]
    [InlineData("{\"a\": 100m}", 1, 7, "100m is no number; put it in double quotes if text is meant")]
    [InlineData("{\"a\": [1,]}", 1, 10, "there is a ',' before this ']', and nothing after it")]
    [InlineData("{\"a\": 1,}", 1, 9, "there is a ',' before this '}', and nothing after it")]
    [InlineData("{\"a\": 1,, \"b\": 2}", 1, 9, "there is ',' where a key in double quotes should stand")]
    [InlineData("{\"a\": 1}\n}", 2, 1, "there is '}' where a value should stand")]
    [InlineData("{a: 1}", 1, 2, "there is 'a' where a key in double quotes should stand")]
    public void The_sentence_says_what_is_missing_and_where(string text, int line, int column, string what)
    {
        var fault = JsonFault.Find(Encoding.UTF8.GetBytes(text));

        Assert.Equal((line, $"broken JSON at column {column}: {what}"), (fault?.Line, fault?.Message));
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData(" {\"a\": [1, -2.5e+10, 0, true, false, null, \"\\u00e9\\n\\\"\", {}]}\n{\"b\": 1E3}\n")]
    public void In_what_is_JSON_there_is_no_fault(string text) => Assert.Null(JsonFault.Find(Encoding.UTF8.GetBytes(text)));

    [Fact]
    public void A_manifest_of_broken_JSON_is_one_error()
    {
        Assert.Equal(["pod.yaml:3: broken JSON at column 2: there is '\"' where ',' or '}' should stand"], Manifests.Errors(UserCase));
    }

    [Fact]
    public void What_is_YAML_in_its_flow_style_is_read_as_such()
    {
        Assert.Equal("x", Manifests.Pod("{\"apiVersion\": \"v1\", \"kind\": \"Pod\", # a comment, and a comma before the end\n \"metadata\": {\"name\": \"x\"}, spec: {containers: [{name: c, image: i},]},}").Metadata.Name);
    }

    /// <summary>Whatever is changed in a text, the two readers agree on whether it is JSON.</summary>
    [Fact]
    public void A_fault_is_found_where_the_reader_finds_one_and_nowhere_else()
    {
        const string seed = "{\"a\": [1, -2.5e+10, true, null, \"x\\u00e9\\n\"], \"b\": {\"c\": \"é\"}}";
        const string alphabet = "{}[]:,\"\\ \n\ttfn019.-+eEu";
        var random = new Random(20_261_130);
        for (var round = 0; round < 20_000; round++)
        {
            var text = new StringBuilder(seed);
            for (var change = random.Next(1, 4); change > 0; change--)
            {
                text[random.Next(text.Length)] = alphabet[random.Next(alphabet.Length)];
            }

            var utf8 = Encoding.UTF8.GetBytes(text.ToString());
            Assert.True(Reads(utf8) == JsonFault.Find(utf8) is null, text.ToString());
        }
    }

    private static bool Reads(byte[] utf8)
    {
        try
        {
            JsonSource.Read(utf8);
            return true;
        }
        catch (SourceException)
        {
            return false;
        }
    }
}
