using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Peapod.Pod.Objects;

namespace Peapod.Pod.Manifest;

/// <summary>
/// Holds a document against the schema and takes out whatever does not fit, with an error for each, so that
/// what is left can be read into records and the rest of the rules can be tried on it in the same run.
/// </summary>
/// <param name="problems">Takes the errors.</param>
/// <param name="lenient">Unknown fields are warnings.</param>
/// <param name="acceptLater">For tests: fields that do not work yet are taken if they have a record.</param>
internal sealed class SchemaCheck(ManifestProblems problems, bool lenient, bool acceptLater = false)
{
    public void Check(JsonObject node, RecordSchema schema, string path)
    {
        foreach (var (name, value) in node.ToArray())
        {
            var field = SourceLines.Member(path, name);
            if (!schema.TryGet(name, out var known))
            {
                Unknown(field, schema.Nearest(name));
                node.Remove(name);
            }
            else if (!TryCheck(value, known, field, out var fitting))
            {
                node.Remove(name);
            }
            else if (!ReferenceEquals(fitting, value))
            {
                node[name] = fitting;
            }
        }
    }

    private void Unknown(string path, string? nearest)
    {
        var detail = "unknown field" + Spelling.Hint(nearest);
        if (lenient)
        {
            problems.Warn(path, detail);
        }
        else
        {
            problems.Add(path, detail);
        }
    }

    /// <summary>Whether <paramref name="value"/> is to stay, and in which form.</summary>
    private bool TryCheck(JsonNode? value, FieldSchema field, string path, out JsonNode? fitting)
    {
        fitting = value;

        // To Kubernetes a null field is one that is not there.
        if (value is null || field.Support == FieldSupport.Dropped)
        {
            return false;
        }

        if (field.Support == FieldSupport.Refused)
        {
            if (value is not (JsonArray { Count: 0 } or JsonObject { Count: 0 }))
            {
                problems.Add(path, "Forbidden: " + field.Reason);
            }

            return false;
        }

        if (field.Support == FieldSupport.Later && !(acceptLater && field.HasRecord))
        {
            if (value is not JsonArray { Count: 0 } && (field.Neutral is null || value.ToJsonString() != field.Neutral))
            {
                problems.Add(path, "not supported by this version of Peapod");
            }

            return false;
        }

        return TryCheckValue(value, field, path, out fitting);
    }

    private bool TryCheckValue(JsonNode? value, FieldSchema field, string path, out JsonNode? fitting)
    {
        fitting = value;
        switch (field.Kind)
        {
            case FieldKind.Text:
                return IsText(value) ? HasNoNul(value!.GetValue<string>(), path) : WrongType(value, path, "string");
            case FieldKind.Flag:
                return value?.GetValueKind() is JsonValueKind.True or JsonValueKind.False || WrongType(value, path, "boolean");
            case FieldKind.Integer or FieldKind.LongInteger:
                return TryCheckInteger(value, field, path, out fitting);
            case FieldKind.Quantity:
                return TryCheckQuantity(value, path);
            case FieldKind.Port:
                return IsText(value) ? HasNoNul(value!.GetValue<string>(), path) : TryCheckInteger(value, field, path, out fitting);
            case FieldKind.Choice:
                return TryCheckChoice(value, field, path);
            case FieldKind.AnyObject:
                return value is JsonObject || WrongType(value, path, "object");
            case FieldKind.Record when value is JsonObject record:
                Check(record, field.Fields!, path);
                return true;
            case FieldKind.Map when value is JsonObject map:
                CheckMap(map, field.Element!, path);
                return true;
            case FieldKind.List when value is JsonArray list:
                CheckList(list, field.Element!, path);
                return true;
            case FieldKind.List:
                return WrongType(value, path, "array");
            default:
                return WrongType(value, path, "object");
        }
    }

    private bool TryCheckInteger(JsonNode? value, FieldSchema field, string path, out JsonNode? fitting)
    {
        fitting = value;
        if (value?.GetValueKind() != JsonValueKind.Number || !TryReadNumber(value.AsValue(), out var number) || !double.IsInteger(number))
        {
            return WrongType(value, path, "integer");
        }

        // Exact below 2^53 by way of the double; above it only what was written as an integer.
        var integer = value.AsValue().TryGetValue<long>(out var exact) ? exact : (long)number;
        var (least, most) = field.Kind == FieldKind.LongInteger ? (long.MinValue, long.MaxValue) : (int.MinValue, int.MaxValue);
        if (integer < least || integer > most || Math.Abs(number) > 9.3e18)
        {
            problems.Add(path, $"Invalid value: {value.ToJsonString()}: must be between {least} and {most}, inclusive");
            return false;
        }

        fitting = value.AsValue().TryGetValue<long>(out _) ? value : JsonValue.Create(integer);
        return true;
    }

    private static bool TryReadNumber(JsonValue value, out double number)
    {
        if (value.TryGetValue<long>(out var integer))
        {
            number = integer;
            return true;
        }

        return value.TryGetValue(out number);
    }

    private bool TryCheckQuantity(JsonNode? value, string path)
    {
        if (!IsText(value) && value?.GetValueKind() != JsonValueKind.Number)
        {
            return WrongType(value, path, "string or number");
        }

        // As the API server's reader, which takes the white space around it away.
        var text = IsText(value) ? value!.GetValue<string>().Trim() : value!.ToJsonString();
        if (Quantity.TryParse(text, out _))
        {
            return true;
        }

        problems.Add(path, $"Invalid value: \"{text}\": {Quantity.Grammar}");
        return false;
    }

    private bool TryCheckChoice(JsonNode? value, FieldSchema field, string path)
    {
        if (!IsText(value))
        {
            return WrongType(value, path, "string");
        }

        var text = value!.GetValue<string>();
        if (text.Length > 0 && !field.Choices.Contains(text))
        {
            problems.Add(path, Unsupported(text, field.Choices));
        }

        // An empty choice is one that is not made.
        return text.Length > 0 && field.Choices.Contains(text);
    }

    public static string Unsupported(string value, IEnumerable<string> choices) =>
        $"Unsupported value: \"{value}\": supported values: {string.Join(", ", choices.Select(choice => $"\"{choice}\""))}";

    private void CheckMap(JsonObject map, FieldSchema element, string path)
    {
        foreach (var (name, value) in map.ToArray())
        {
            if (!HasNoNul(name, path))
            {
                map.Remove(name);
            }
            else if (value is null && element.Kind == FieldKind.Text)
            {
                map[name] = "";
            }
            else if (!TryCheckValue(value, element, SourceLines.Member(path, name), out _))
            {
                map.Remove(name);
            }
        }
    }

    /// <summary>An element that does not fit gives its place to an empty one, so that the others keep theirs.</summary>
    private void CheckList(JsonArray list, FieldSchema element, string path)
    {
        for (var i = 0; i < list.Count; i++)
        {
            var value = list[i];
            if (!TryCheckValue(value, element, SourceLines.Element(path, i), out var fitting))
            {
                list[i] = element.Kind switch
                {
                    FieldKind.Text => "",
                    FieldKind.Integer or FieldKind.LongInteger => 0L,
                    _ => new JsonObject(),
                };
            }
            else if (!ReferenceEquals(fitting, value))
            {
                list[i] = fitting;
            }
        }
    }

    /// <summary>The kernel ends a string at its first NUL: what follows would be lost without a word.</summary>
    private bool HasNoNul(string text, string path)
    {
        if (!text.Contains('\0', StringComparison.Ordinal))
        {
            return true;
        }

        problems.Add(path, $"Invalid value: \"{text.Replace("\0", "\\0", StringComparison.Ordinal)}\": must not contain a NUL character");
        return false;
    }

    private static bool IsText(JsonNode? value) => value?.GetValueKind() == JsonValueKind.String;

    private bool WrongType(JsonNode? value, string path, string expected)
    {
        var actual = value?.GetValueKind() switch
        {
            null => "null",
            JsonValueKind.String => "string",
            JsonValueKind.True or JsonValueKind.False => "boolean",
            JsonValueKind.Array => "array",
            JsonValueKind.Object => "object",
            _ => TryReadNumber(value.AsValue(), out var number) && double.IsInteger(number) ? "integer" : "number",
        };
        var hint = expected == "string" && actual is "boolean" or "integer" or "number" ? " (put the value in quotes)" : "";
        problems.Add(path, string.Create(CultureInfo.InvariantCulture, $"Invalid value: \"{actual}\": {path} in body must be of type {expected}: \"{actual}\"{hint}"));
        return false;
    }
}
