using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Peapod.Pod.Cli.Output;

/// <summary>
/// kubectl's JSONPath templates: text with parts in braces, <c>{.status.phase}</c>, <c>{.items[*].metadata.name}</c>,
/// <c>{.status.conditions[?(@.type=="Ready")].status}</c>, <c>{"\n"}</c>, <c>{range .items[*]}…{end}</c>.
/// </summary>
internal sealed class JsonPath
{
    private readonly List<Part> parts;

    private JsonPath(List<Part> parts) => this.parts = parts;

    private abstract record Part;

    private sealed record Literal(string Text) : Part;

    private sealed record Value(List<Step> Steps) : Part;

    private sealed record Range(List<Step> Steps, List<Part> Body) : Part;

    private abstract record Step;

    private sealed record Member(string Name) : Step;

    private sealed record All : Step;

    private sealed record Descendants(string Name) : Step;

    /// <summary>Elements from, to and by, as a slice has them; one element has no <see cref="IsSlice"/>.</summary>
    private sealed record Elements(int? From, int? To, int By, bool IsSlice) : Step;

    private sealed record Filter(List<Step> Left, string Comparison, string? Right) : Step;

    /// <param name="template">As kubectl takes it: without any brace, it is one path.</param>
    /// <exception cref="PodException">It is none.</exception>
    internal static JsonPath Parse(string template)
    {
        var text = template.Contains('{') ? template : $"{{{(template.StartsWith('.') ? "" : ".")}{template}}}";
        var reader = new Reader(text, template);
        var parts = reader.Parts(inRange: false);
        return new JsonPath(parts);
    }

    /// <summary>Everything that the template's first path leads to.</summary>
    internal List<JsonNode?> Find(JsonNode root) =>
        parts.OfType<Value>().FirstOrDefault() is { } value ? Walk(root, root, value.Steps) : [];

    /// <summary>The template with the values in place of its paths.</summary>
    internal string Print(JsonNode root)
    {
        var text = new StringBuilder();
        Print(text, root, root, parts);
        return text.ToString();
    }

    /// <summary>A value as kubectl prints it: text as it is, objects as JSON.</summary>
    internal static string Text(JsonNode? node) => node switch
    {
        null => "",
        JsonValue value when value.GetValueKind() == JsonValueKind.String => value.GetValue<string>(),
        _ => node.ToJsonString(JsonText.Compact),
    };

    private static void Print(StringBuilder text, JsonNode root, JsonNode? current, List<Part> parts)
    {
        foreach (var part in parts)
        {
            switch (part)
            {
                case Literal literal:
                    text.Append(literal.Text);
                    break;
                case Value value:
                    text.AppendJoin(' ', Walk(root, current, value.Steps).Select(Text));
                    break;
                case Range range:
                    foreach (var element in Walk(root, current, range.Steps))
                    {
                        Print(text, root, element, range.Body);
                    }

                    break;
            }
        }
    }

    private static List<JsonNode?> Walk(JsonNode root, JsonNode? start, List<Step> steps)
    {
        List<JsonNode?> found = [start];
        foreach (var step in steps)
        {
            var next = new List<JsonNode?>();
            foreach (var node in found)
            {
                Take(root, node, step, next);
            }

            found = next;
        }

        return found;
    }

    private static void Take(JsonNode root, JsonNode? node, Step step, List<JsonNode?> next)
    {
        switch (step)
        {
            case Member member when node is JsonObject members && members.TryGetPropertyValue(member.Name, out var value):
                next.Add(value);
                break;
            case All when node is JsonArray array:
                next.AddRange(array);
                break;
            case All when node is JsonObject members:
                next.AddRange(members.Select(static pair => pair.Value));
                break;
            case Elements elements when node is JsonArray array:
                Take(array, elements, next);
                break;
            case Filter filter when node is JsonArray array:
                next.AddRange(array.Where(element => IsTaken(root, element, filter)));
                break;
            case Descendants descendants:
                AddDescendants(node, descendants.Name, next);
                break;
        }
    }

    private static void Take(JsonArray array, Elements elements, List<JsonNode?> next)
    {
        var from = FromEnd(elements.From ?? 0, array.Count);
        var to = elements.IsSlice ? FromEnd(elements.To ?? array.Count, array.Count) : from + 1;
        for (var i = from; i >= 0 && i < Math.Min(to, array.Count); i += elements.By)
        {
            next.Add(array[i]);
        }
    }

    private static int FromEnd(int index, int count) => index < 0 ? index + count : index;

    private static bool IsTaken(JsonNode root, JsonNode? element, Filter filter)
    {
        var left = Walk(root, element, filter.Left);
        if (filter.Right is null)
        {
            return left.Count > 0;
        }

        if (left.Count == 0)
        {
            return false;
        }

        var text = Text(left[0]);
        var order = double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var a) && double.TryParse(filter.Right, NumberStyles.Float, CultureInfo.InvariantCulture, out var b)
            ? a.CompareTo(b)
            : string.CompareOrdinal(text, filter.Right);
        return filter.Comparison switch { "==" => order == 0, "!=" => order != 0, "<" => order < 0, ">" => order > 0, "<=" => order <= 0, _ => order >= 0 };
    }

    private static void AddDescendants(JsonNode? node, string name, List<JsonNode?> next)
    {
        if (node is JsonObject members)
        {
            foreach (var (key, value) in members)
            {
                if (key == name)
                {
                    next.Add(value);
                }

                AddDescendants(value, name, next);
            }
        }
        else if (node is JsonArray array)
        {
            foreach (var element in array)
            {
                AddDescendants(element, name, next);
            }
        }
    }

    private sealed class Reader(string text, string template)
    {
        private int at;

        internal List<Part> Parts(bool inRange)
        {
            var parts = new List<Part>();
            while (at < text.Length)
            {
                var brace = text.IndexOf('{', at);
                if (brace < 0)
                {
                    parts.Add(new Literal(text[at..]));
                    at = text.Length;
                    break;
                }

                if (brace > at)
                {
                    parts.Add(new Literal(text[at..brace]));
                }

                at = brace + 1;
                Spaces();
                if (Word("end"))
                {
                    Expect('}');
                    return inRange ? parts : throw Wrong("{end} without {range}");
                }

                if (Word("range"))
                {
                    Spaces();
                    var steps = Path('}');
                    Expect('}');
                    parts.Add(new Range(steps, Parts(inRange: true)));
                }
                else if (at < text.Length && text[at] is '"' or '\'')
                {
                    parts.Add(new Literal(Quoted()));
                    Spaces();
                    Expect('}');
                }
                else
                {
                    parts.Add(new Value(Path('}')));
                    Expect('}');
                }
            }

            return inRange ? throw Wrong("{range} without {end}") : parts;
        }

        private List<Step> Path(char end)
        {
            var steps = new List<Step>();
            while (at < text.Length && text[at] != end)
            {
                switch (text[at])
                {
                    case '$' or '@' when steps.Count == 0:
                        at++;
                        break;
                    case '.' when at + 1 < text.Length && text[at + 1] == '.':
                        at += 2;
                        steps.Add(new Descendants(Name(end)));
                        break;
                    case '.':
                        at++;
                        if (at < text.Length && text[at] == '*')
                        {
                            at++;
                            steps.Add(new All());
                        }
                        else if (at < text.Length && text[at] != end && text[at] != '[')
                        {
                            steps.Add(new Member(Name(end)));
                        }

                        break;
                    case '[':
                        at++;
                        steps.Add(Bracket());
                        break;
                    case ' ' or '=' or '!' or '<' or '>' when end == ')':
                        return steps;
                    case ' ':
                        at++;
                        break;
                    default:
                        steps.Add(steps.Count == 0 ? new Member(Name(end)) : throw Wrong($"unexpected \"{text[at]}\""));
                        break;
                }
            }

            return steps;
        }

        private string Name(char end)
        {
            var name = new StringBuilder();
            while (at < text.Length && text[at] != end && text[at] is not ('.' or '[' or ' ' or '=' or '!' or '<' or '>' or '}' or ')'))
            {
                // kubectl's way to have a dot in a name.
                at += text[at] == '\\' && at + 1 < text.Length ? 1 : 0;
                name.Append(text[at++]);
            }

            return name.Length > 0 ? name.ToString() : throw Wrong("a name is missing");
        }

        private Step Bracket()
        {
            Spaces();
            Step step;
            switch (at < text.Length ? text[at] : '\0')
            {
                case '*':
                    at++;
                    step = new All();
                    break;
                case '"' or '\'':
                    step = new Member(Quoted());
                    break;
                case '?':
                    at++;
                    Expect('(');
                    step = Condition();
                    Expect(')');
                    break;
                default:
                    step = Index();
                    break;
            }

            Spaces();
            Expect(']');
            return step;
        }

        private Elements Index()
        {
            var end = text.IndexOf(']', at);
            var fields = end < 0 ? throw Wrong("\"]\" is missing") : text[at..end].Split(':');
            at = end;
            if (fields.Length > 3)
            {
                throw Wrong("a slice has three numbers at most");
            }

            return new Elements(Number(fields[0]), fields.Length > 1 ? Number(fields[1]) : null, fields.Length > 2 ? Math.Max(1, Number(fields[2]) ?? 1) : 1, fields.Length > 1);
        }

        private int? Number(string field) => field.Trim().Length == 0 ? null
            : int.TryParse(field, NumberStyles.AllowLeadingSign | NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture, out var number) ? number
            : throw Wrong($"\"{field}\" is no index");

        private Filter Condition()
        {
            Spaces();
            var left = Path(')');
            Spaces();
            foreach (var comparison in (ReadOnlySpan<string>)["==", "!=", "<=", ">=", "<", ">"])
            {
                if (string.CompareOrdinal(text, at, comparison, 0, comparison.Length) == 0)
                {
                    at += comparison.Length;
                    Spaces();
                    var right = at < text.Length && text[at] is '"' or '\'' ? Quoted() : Bare();
                    Spaces();
                    return new Filter(left, comparison, right);
                }
            }

            return new Filter(left, "", null);
        }

        private string Bare()
        {
            var start = at;
            while (at < text.Length && text[at] is not (')' or ' '))
            {
                at++;
            }

            return text[start..at];
        }

        private string Quoted()
        {
            var quote = text[at++];
            var value = new StringBuilder();
            while (at < text.Length && text[at] != quote)
            {
                if (text[at] == '\\' && at + 1 < text.Length)
                {
                    at++;
                    value.Append(text[at] switch { 'n' => '\n', 't' => '\t', 'r' => '\r', var other => other });
                }
                else
                {
                    value.Append(text[at]);
                }

                at++;
            }

            Expect(quote);
            return value.ToString();
        }

        private bool Word(string word)
        {
            if (string.CompareOrdinal(text, at, word, 0, word.Length) != 0 || at + word.Length >= text.Length || text[at + word.Length] is not (' ' or '}'))
            {
                return false;
            }

            at += word.Length;
            return true;
        }

        private void Spaces()
        {
            while (at < text.Length && text[at] == ' ')
            {
                at++;
            }
        }

        private void Expect(char c)
        {
            if (at >= text.Length || text[at] != c)
            {
                throw Wrong($"\"{c}\" is missing");
            }

            at++;
        }

        private PodException Wrong(string what) => new($"jsonpath \"{template}\": {what}");
    }
}
