using System.Text;
using Peapod.Pod.Manifest;

namespace Peapod.Pod.Cli.Explaining;

/// <summary>What a field of a manifest is, holds and does here, in kubectl's form.</summary>
/// <param name="kind">The kind whose field it is.</param>
/// <param name="schema">The kind's fields.</param>
internal sealed class FieldExplanation(string kind, RecordSchema schema)
{
    /// <summary>Columns of a line of text.</summary>
    private const int Width = 80;

    /// <param name="names">The field's path below the kind; none for the kind itself.</param>
    /// <param name="recursive">Names all fields below it, and says no more of them.</param>
    /// <exception cref="PodException">There is no such field.</exception>
    internal string Of(IReadOnlyList<string> names, bool recursive)
    {
        var (fields, field) = (schema, (FieldSchema?)null);
        foreach (var name in names)
        {
            if (fields is null || !fields.TryGet(name, out field))
            {
                throw new PodException($"field \"{name}\" does not exist{(fields?.Nearest(name) is { } near ? $", did you mean \"{near}\"?" : "")}");
            }

            fields = FieldsOf(field);
        }

        var text = new StringBuilder($"KIND:       {kind}\nVERSION:    {(kind == ManifestKinds.RuntimeClass ? "node.k8s.io/v1" : "v1")}\n\n");
        var path = PathOf(names);
        if (field is not null)
        {
            text.Append($"FIELD: {field.Name} <{TypeOf(field)}>\n");
            if (ChoicesOf(field) is { Count: > 0 } choices)
            {
                text.Append("ENUM:\n");
                foreach (var choice in choices)
                {
                    text.Append($"    {(choice.Length == 0 ? "\"\"" : choice)}\n");
                }
            }

            text.Append('\n');
        }

        text.Append("DESCRIPTION:\n");
        Describe(text, path, field, "    ");
        if (fields is not null)
        {
            text.Append("\nFIELDS:\n");
            List(text, path, fields, "  ", recursive);
        }

        return text.ToString();
    }

    private string PathOf(IReadOnlyList<string> names) => string.Join('.', [kind.ToLowerInvariant(), .. names]);

    private static void List(StringBuilder text, string path, RecordSchema fields, string indent, bool recursive)
    {
        foreach (var field in fields.Fields.OrderBy(static field => field.Name, StringComparer.Ordinal))
        {
            text.Append($"{indent}{field.Name}\t<{TypeOf(field)}>\n");
            if (!recursive)
            {
                Describe(text, $"{path}.{field.Name}", field, indent + "  ");
                text.Append('\n');
            }
            else if (FieldsOf(field) is { } below)
            {
                List(text, $"{path}.{field.Name}", below, indent + "  ", recursive);
            }
        }
    }

    private static void Describe(StringBuilder text, string path, FieldSchema? field, string indent)
    {
        var meaning = FieldMeaning.Of(path);
        if (meaning is not null)
        {
            Wrap(text, meaning.Text, indent);
        }

        if (meaning?.Default is { } value)
        {
            Wrap(text, $"Default: {value}.", indent);
        }

        if (field is not null && Here(field) is { } here)
        {
            Wrap(text, here, indent);
        }
    }

    /// <summary>What differs here from a cluster; null for nothing.</summary>
    private static string? Here(FieldSchema field) => field.Support switch
    {
        FieldSupport.Shown => "Here: checked, kept and shown; it has no effect on one host.",
        FieldSupport.Dropped => "Here: the API server's own; it is left out.",
        FieldSupport.LeftOut => "Here: left out with a warning; only a cluster can give it.",
        FieldSupport.Refused => $"Here: refused: {field.Reason}.",
        FieldSupport.Later => field.Neutral is { } neutral ? $"Here: not taken, unless it is {neutral}." : "Here: not taken.",
        _ => null,
    };

    private static void Wrap(StringBuilder text, string sentences, string indent)
    {
        var column = 0;
        foreach (var word in sentences.Split(' '))
        {
            if (column > 0 && column + 1 + word.Length > Width)
            {
                text.Append('\n');
                column = 0;
            }

            text.Append(column == 0 ? indent : " ").Append(word);
            column += (column == 0 ? indent.Length : 1) + word.Length;
        }

        text.Append('\n');
    }

    private static RecordSchema? FieldsOf(FieldSchema field) => field.Fields ?? (field.Element is { } element ? FieldsOf(element) : null);

    private static IReadOnlyList<string> ChoicesOf(FieldSchema field) => field.Element is { } element ? ChoicesOf(element) : field.Choices;

    private static string TypeOf(FieldSchema field) => field.Kind switch
    {
        FieldKind.Text or FieldKind.Choice => "string",
        FieldKind.Flag => "boolean",
        FieldKind.Integer or FieldKind.LongInteger => "integer",
        FieldKind.Quantity => "Quantity",
        FieldKind.Port => "IntOrString",
        FieldKind.List => $"[]{TypeOf(field.Element!)}",
        FieldKind.Map => $"map[string]{TypeOf(field.Element!)}",
        _ => "Object",
    };
}
