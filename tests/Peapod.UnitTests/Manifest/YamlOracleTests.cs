using System.Globalization;
using System.Text.Json;
using Peapod.Pod.Manifest;

namespace Peapod.UnitTests.Manifest;

/// <summary>
/// Odd documents, and what libyaml makes of each: the same is taken, with the same values, and refused at a line that libyaml names. YamlOracle.json
/// is what <c>tests/yaml-oracle</c> writes.
/// </summary>
public sealed class YamlOracleTests
{
    [Fact]
    public void What_libyaml_takes_is_taken_with_the_same_values_and_nothing_else()
    {
        // tests/yaml-oracle --random writes others.
        var file = Environment.GetEnvironmentVariable("PEAPOD_YAML_ORACLE") ?? Path.Combine(Folder(), "YamlOracle.json");
        using var cases = JsonDocument.Parse(File.ReadAllBytes(file));
        var wrong = cases.RootElement.EnumerateArray().Select(Difference).OfType<string>().ToList();

        Assert.True(cases.RootElement.GetArrayLength() >= 200);
        Assert.Empty(wrong);
    }

    private static string? Difference(JsonElement given)
    {
        var yaml = given.GetProperty("yaml").GetString()!;
        var text = JsonEncodedText.Encode(yaml).ToString();
        try
        {
            var read = YamlSource.Read(yaml);
            return !given.TryGetProperty("documents", out var documents) ? $"{text}: taken, and libyaml refuses it"
                : read.Count == documents.GetArrayLength() && read.Zip(documents.EnumerateArray()).All(static pair => IsSame(pair.First, pair.Second)) ? null
                : $"{text}: has other values than {documents}";
        }
        catch (SourceException refusal)
        {
            return !given.TryGetProperty("lines", out var lines)
                ? IsOurs(refusal) ? null : $"{text}: refused, and libyaml takes it: {refusal.Line}: {refusal.Message}"
                : IsOurs(refusal) || lines.EnumerateArray().Any(line => line.GetInt32() == refusal.Line) ? null
                : $"{text}: refused at line {refusal.Line} ({refusal.Message}), not at {lines}";
        }
    }

    /// <summary>What is YAML, and no manifest for all that.</summary>
    private static bool IsOurs(SourceException refusal) =>
        refusal.Message.StartsWith("a key must", StringComparison.Ordinal) || refusal.Message.StartsWith("unknown tag", StringComparison.Ordinal) || refusal.Message.Contains("contains itself", StringComparison.Ordinal);

    private static bool IsSame(SourceNode node, JsonElement expected)
    {
        if (expected.ValueKind == JsonValueKind.Array)
        {
            return node.Items?.Count == expected.GetArrayLength() && node.Items.Zip(expected.EnumerateArray()).All(static pair => IsSame(pair.First, pair.Second));
        }

        if (expected.TryGetProperty("m", out var members))
        {
            return node.Members?.Count == members.GetArrayLength() && node.Members.Zip(members.EnumerateArray()).All(static pair => IsKey(pair.First.Name, pair.Second[0].GetString()!) && IsSame(pair.First.Value, pair.Second[1]));
        }

        // Of a plain scalar libyaml does not say what it means: YamlTests do.
        return node.Items is null && node.Members is null && (node.Scalar is string text ? text == expected.GetProperty("s").GetString() : expected.GetProperty("p").GetBoolean());
    }

    /// <summary>The text itself, or what it means where it is plain.</summary>
    private static bool IsKey(string name, string text) => name == text || YamlScalar.Resolve(text, isPlain: true, tag: null, line: 0) switch
    {
        null or string => false,
        bool flag => name == (flag ? "true" : "false"),
        var number => name == Convert.ToString(number, CultureInfo.InvariantCulture),
    };

    private static string Folder()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "Runtime.sln")))
        {
            folder = Path.GetDirectoryName(folder.TrimEnd('/')) ?? throw new FileNotFoundException("Runtime.sln");
        }

        return Path.Combine(folder, "tests/Peapod.UnitTests/Manifest");
    }
}
