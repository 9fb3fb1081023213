using System.Text.Json.Nodes;

namespace Peapod.Pod.Manifest;

/// <summary>A value as it stands in the file. One node may stand in several places (YAML aliases).</summary>
internal sealed class SourceNode(int line)
{
    /// <summary>The line on which the value begins, from 1.</summary>
    public int Line { get; } = line;

    /// <summary>A string, bool, long, double, JsonElement (a number) or null, when it is neither sequence nor mapping.</summary>
    public object? Scalar { get; init; }

    /// <summary>It is YAML's <c>&lt;&lt;</c>, neither quoted nor tagged: as a key it merges.</summary>
    public bool IsMergeKey { get; init; }

    public List<SourceNode>? Items { get; init; }

    public List<SourceMember>? Members { get; init; }

    /// <summary>Copies the tree into JSON, aliases resolved, and notes the line of every field.</summary>
    /// <param name="lines">Takes the lines.</param>
    /// <param name="problems">Takes duplicate keys.</param>
    /// <param name="limits">What is left to the file.</param>
    /// <exception cref="SourceException">Aliases blow the document up.</exception>
    public JsonNode? ToJson(SourceLines lines, ManifestProblems problems, SourceLimits limits)
    {
        limits.Enter();
        return ToJson("", lines, problems, limits);
    }

    private JsonNode? ToJson(string path, SourceLines lines, ManifestProblems problems, SourceLimits limits)
    {
        limits.Count(Line);
        if (Items is not null)
        {
            return ToArray(path, lines, problems, limits);
        }

        return Members is not null ? ToObject(path, lines, problems, limits) : ToValue(limits);
    }

    private JsonArray ToArray(string path, SourceLines lines, ManifestProblems problems, SourceLimits limits)
    {
        var array = new JsonArray();
        foreach (var item in Items!)
        {
            var element = SourceLines.Element(path, array.Count);
            lines.Set(element, item.Line);
            array.Add(item.ToJson(element, lines, problems, limits));
        }

        return array;
    }

    private JsonObject ToObject(string path, SourceLines lines, ManifestProblems problems, SourceLimits limits)
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

            limits.Count(member.Line, member.Name);
            lines.Set(field, member.Line);
            result.Add(member.Name, member.Value.ToJson(field, lines, problems, limits));
        }

        return result;
    }

    private JsonValue? ToValue(SourceLimits limits)
    {
        if (Scalar is string text)
        {
            limits.Count(Line, text);
        }

        return ToValue();
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
