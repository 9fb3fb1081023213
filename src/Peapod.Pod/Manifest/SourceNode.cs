using System.Text.Json.Nodes;

namespace Peapod.Pod.Manifest;

/// <summary>A value as it stands in the file. One node may stand in several places (YAML aliases).</summary>
internal sealed class SourceNode(int line)
{
    /// <summary>What aliases may make of a file at most, and more than any honest manifest holds.</summary>
    private const int MaximumNodes = 200_000;

    /// <summary>The line on which the value begins, from 1.</summary>
    public int Line { get; } = line;

    /// <summary>A string, bool, long, double, JsonElement (a number) or null, when it is neither sequence nor mapping.</summary>
    public object? Scalar { get; init; }

    public List<SourceNode>? Items { get; init; }

    public List<SourceMember>? Members { get; init; }

    /// <summary>Copies the tree into JSON, aliases resolved, and notes the line of every field.</summary>
    /// <param name="lines">Takes the lines.</param>
    /// <param name="problems">Takes duplicate keys.</param>
    /// <exception cref="SourceException">Aliases blow the document up.</exception>
    public JsonNode? ToJson(SourceLines lines, ManifestProblems problems)
    {
        var left = MaximumNodes;
        return ToJson("", lines, problems, ref left);
    }

    private JsonNode? ToJson(string path, SourceLines lines, ManifestProblems problems, ref int left)
    {
        if (--left < 0)
        {
            throw new SourceException(Line, $"the document has more than {MaximumNodes} values once its aliases are resolved");
        }

        if (Items is not null)
        {
            return ToArray(path, lines, problems, ref left);
        }

        return Members is not null ? ToObject(path, lines, problems, ref left) : ToValue();
    }

    private JsonArray ToArray(string path, SourceLines lines, ManifestProblems problems, ref int left)
    {
        var array = new JsonArray();
        foreach (var item in Items!)
        {
            var element = SourceLines.Element(path, array.Count);
            lines.Set(element, item.Line);
            array.Add(item.ToJson(element, lines, problems, ref left));
        }

        return array;
    }

    private JsonObject ToObject(string path, SourceLines lines, ManifestProblems problems, ref int left)
    {
        var result = new JsonObject();
        var firstLines = new Dictionary<string, int>();
        foreach (var member in Members!)
        {
            var field = SourceLines.Member(path, member.Name);
            if (!firstLines.TryAdd(member.Name, member.Line))
            {
                problems.AddAt(member.Line, field, $"Duplicate key: already set on line {firstLines[member.Name]}");
                continue;
            }

            lines.Set(field, member.Line);
            result.Add(member.Name, member.Value.ToJson(field, lines, problems, ref left));
        }

        return result;
    }

    private JsonValue? ToValue() => Scalar switch
    {
        null => null,
        string text => JsonValue.Create(text),
        bool flag => JsonValue.Create(flag),
        long number => JsonValue.Create(number),
        double number => JsonValue.Create(number),
        System.Text.Json.JsonElement number => JsonValue.Create(number),
        _ => throw new InvalidOperationException($"a scalar cannot be a {Scalar.GetType()}"),
    };
}
