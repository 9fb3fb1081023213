using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Peapod.Kernel.Terminals;

namespace Peapod.Pod.Cli.Output;

/// <summary>
/// JSON as YAML in blocks, as kubectl writes it. A text that a reader of YAML 1.1 or 1.2 could take for anything else is quoted, one of
/// several lines is a literal block.
/// </summary>
internal static class YamlText
{
    internal static string Of(JsonNode? node)
    {
        var text = new StringBuilder();
        switch (node)
        {
            case JsonObject { Count: > 0 } members:
                Members(text, members, 0, begun: false);
                break;
            case JsonArray { Count: > 0 } elements:
                Elements(text, elements, 0);
                break;
            default:
                text.Append(Scalar(node, 0)).Append('\n');
                break;
        }

        return text.ToString();
    }

    /// <param name="begun">The first member goes on a line that has begun.</param>
    private static void Members(StringBuilder text, JsonObject members, int indent, bool begun)
    {
        foreach (var (name, value) in members)
        {
            text.Append(' ', begun ? 0 : indent).Append(IsPlain(name) ? name : Quoted(name)).Append(':');
            begun = false;
            switch (value)
            {
                case JsonObject { Count: > 0 } inner:
                    text.Append('\n');
                    Members(text, inner, indent + 2, begun: false);
                    break;
                case JsonArray { Count: > 0 } inner:
                    text.Append('\n');
                    Elements(text, inner, indent);
                    break;
                default:
                    text.Append(' ').Append(Scalar(value, indent + 2)).Append('\n');
                    break;
            }
        }
    }

    private static void Elements(StringBuilder text, JsonArray elements, int indent)
    {
        foreach (var element in elements)
        {
            text.Append(' ', indent).Append("- ");
            switch (element)
            {
                case JsonObject { Count: > 0 } members:
                    Members(text, members, indent + 2, begun: true);
                    break;
                case JsonArray { Count: > 0 } inner:
                    text.Length--;
                    text.Append('\n');
                    Elements(text, inner, indent + 2);
                    break;
                default:
                    text.Append(Scalar(element, indent + 2)).Append('\n');
                    break;
            }
        }
    }

    private static string Scalar(JsonNode? node, int indent) => node switch
    {
        null => "null",
        JsonObject => "{}",
        JsonArray => "[]",
        JsonValue value when value.GetValueKind() == JsonValueKind.String => Text(value.GetValue<string>(), indent),
        _ => node.ToJsonString(),
    };

    private static string Text(string value, int indent) => IsPlain(value) ? value : IsLiteral(value) ? Literal(value, indent) : Quoted(value);

    /// <summary>Whether a text stands for itself everywhere without quotes. When in doubt, no.</summary>
    private static bool IsPlain(string value)
    {
        if (value.Length == 0 || value[^1] is ' ' or ':' || !(char.IsAsciiLetter(value[0]) || value[0] is '/' or '_' or '$' or '(' || (char.IsAsciiDigit(value[0]) && IsWord(value))))
        {
            return false;
        }

        foreach (var c in value)
        {
            if (c is < ' ' or > '~')
            {
                return false;
            }
        }

        return !value.Contains(": ", StringComparison.Ordinal) && !value.Contains(" #", StringComparison.Ordinal)
            && value.ToLowerInvariant() is not ("y" or "n" or "yes" or "no" or "true" or "false" or "on" or "off" or "null");
    }

    /// <summary>Begins with a digit and is neither a number nor a time in any version of YAML: an address with three dots, 1a2b-c.</summary>
    private static bool IsWord(string value)
    {
        var dots = 0;
        var letters = false;
        foreach (var c in value)
        {
            dots += c == '.' ? 1 : 0;
            letters |= c is >= 'g' and <= 'z' and not ('x' or 'o' or 'e' or 'n');
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('.' or '-' or '/'))
            {
                return false;
            }
        }

        return dots > 1 || (letters && !double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out _));
    }

    /// <summary>Several lines, which a literal block gives back as they are.</summary>
    private static bool IsLiteral(string value)
    {
        if (!value.Contains('\n') || value[0] is ' ' or '\n' or '\t')
        {
            return false;
        }

        foreach (var c in value)
        {
            if ((Printable.IsObeyed(c) && c is not ('\n' or '\t')) || char.IsSurrogate(c))
            {
                return false;
            }
        }

        return true;
    }

    private static string Literal(string value, int indent)
    {
        var end = value.Length;
        while (end > 0 && value[end - 1] == '\n')
        {
            end--;
        }

        // "-": no line end behind it, "": one, "+": as many as there are.
        var text = new StringBuilder("|").Append((value.Length - end) switch { 0 => "-", 1 => "", _ => "+" });
        foreach (var line in value[..end].Split('\n'))
        {
            text.Append('\n').Append(' ', line.Length == 0 ? 0 : indent).Append(line);
        }

        return text.Append('\n', Math.Max(0, value.Length - end - 1)).ToString();
    }

    private static string Quoted(string value)
    {
        var text = new StringBuilder("\"");
        foreach (var c in value)
        {
            _ = c switch
            {
                '"' => text.Append("\\\""),
                '\\' => text.Append("\\\\"),
                '\n' => text.Append("\\n"),
                '\t' => text.Append("\\t"),
                '\r' => text.Append("\\r"),
                _ when Printable.IsObeyed(c) => text.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}"),
                _ => text.Append(c),
            };
        }

        return text.Append('"').ToString();
    }
}
