namespace Peapod.Pod.Cli.Explaining;

/// <summary>What a field of a manifest is for.</summary>
/// <param name="Text">A sentence or two.</param>
/// <param name="Default">What holds without it; null for nothing in particular.</param>
internal sealed record FieldMeaning(string Text, string? Default)
{
    private static readonly Lazy<Dictionary<string, FieldMeaning>> Known = new(Read);

    /// <summary>The ends of paths that have a meaning of their own.</summary>
    internal static IReadOnlyCollection<string> Keys => Known.Value.Keys;

    /// <param name="path">The kind, in small letters, and the names of fields below it, with dots between them.</param>
    /// <returns>Null for a field that is not told of.</returns>
    internal static FieldMeaning? Of(string path) => KeyOf(path) is { } key ? Known.Value[key] : null;

    /// <summary>The longest end of a path that is known; null for none.</summary>
    internal static string? KeyOf(string path)
    {
        for (var start = 0; ;)
        {
            if (Known.Value.ContainsKey(path[start..]))
            {
                return path[start..];
            }

            var dot = path.IndexOf('.', start);
            if (dot < 0)
            {
                return null;
            }

            start = dot + 1;
        }
    }

    private static Dictionary<string, FieldMeaning> Read()
    {
        using var reader = new StreamReader(typeof(FieldMeaning).Assembly.GetManifestResourceStream("fields.txt")!);
        var meanings = new Dictionary<string, FieldMeaning>(StringComparer.Ordinal);
        while (reader.ReadLine() is { } line)
        {
            if (!line.StartsWith('#') && line.Split(" | ") is [var keys, var value, var text])
            {
                var meaning = new FieldMeaning(text, value == "-" ? null : value);
                foreach (var key in keys.Split(", "))
                {
                    meanings.Add(key, meaning);
                }
            }
        }

        return meanings;
    }
}
