using Peapod.Image;
using Peapod.Kernel.Terminals;
using Tomlyn.Parsing;
using Tomlyn.Syntax;

namespace Peapod.Registry.Configuration;

/// <summary>
/// A table of a TOML file that knows the line each of its keys stands on, so that every complaint names file and line.
/// Made of the parser's syntax tree: Tomlyn's models need reflection, and lose the lines.
/// </summary>
internal sealed class TomlSection
{
    /// <summary>Bytes of a configuration file; those of hosts have some kilobytes.</summary>
    private const int LargestFile = 1 << 20;

    private readonly Dictionary<string, Entry> entries = [];
    private readonly HashSet<string> read = [];
    private readonly string path;

    private TomlSection(string file, string path, int line)
    {
        File = file;
        this.path = path;
        Line = line;
    }

    internal string File { get; }

    /// <summary>From 1.</summary>
    internal int Line { get; }

    internal string Place => $"{File}:{Line}";

    internal IEnumerable<string> Keys => entries.Keys;

    /// <summary>Null when there is no such file.</summary>
    /// <exception cref="ImageException">It cannot be read, or is no TOML.</exception>
    internal static TomlSection? TryRead(string file) => ConfigurationFile.TryRead(file, LargestFile) is { } text ? Parse(text, file) : null;

    /// <exception cref="ImageException">It is no TOML.</exception>
    internal static TomlSection Parse(string text, string file)
    {
        var document = SyntaxParser.Parse(text, file, true);
        foreach (var problem in document.Diagnostics)
        {
            if (problem.Kind == DiagnosticMessageKind.Error)
            {
                throw new ImageException($"{file}:{problem.Span.Start.Line + 1}: not valid TOML: {Printable.Short(problem.Message)}");
            }
        }

        var root = new TomlSection(file, "", 1);
        foreach (var pair in document.KeyValues)
        {
            root.Add(pair);
        }

        foreach (var table in document.Tables)
        {
            var keys = Names(table.Name!);
            var section = root.Descend(keys, keys.Count - 1, LineOf(table)).Open(keys[^1], LineOf(table), table is TableArraySyntax);
            foreach (var pair in table.Items)
            {
                section.Add(pair);
            }
        }

        return root;
    }

    internal string? String(string key) => Find(key) is { } entry ? entry.Value as string ?? throw Wrong(key, entry, "a string in quotes") : null;

    internal bool? Boolean(string key) => Find(key) is { } entry ? entry.Value as bool? ?? throw Wrong(key, entry, "true or false") : null;

    internal IReadOnlyList<string>? Strings(string key) => Find(key) is { } entry
        ? (entry.Value as List<Entry> ?? throw Wrong(key, entry, "an array of strings")).ConvertAll(item => item.Value as string ?? throw Wrong(key, item, "an array of strings"))
        : null;

    /// <summary>One string, or an array of them.</summary>
    internal IReadOnlyList<string>? StringOrStrings(string key) => Find(key) is { Value: string one } ? [one] : Strings(key);

    /// <summary>An array whose items are strings or arrays of them.</summary>
    internal IReadOnlyList<IReadOnlyList<string>>? Lists(string key)
    {
        if (Find(key) is not { } entry)
        {
            return null;
        }

        const string Expected = "a string, or an array of strings or of arrays of strings";
        if (entry.Value is string single)
        {
            return [[single]];
        }

        return (entry.Value as List<Entry> ?? throw Wrong(key, entry, Expected)).ConvertAll(IReadOnlyList<string> (item) => item.Value switch
        {
            string text => [text],
            List<Entry> inner => inner.ConvertAll(part => part.Value as string ?? throw Wrong(key, part, Expected)),
            _ => throw Wrong(key, item, Expected),
        });
    }

    internal TomlSection? Table(string key) => Find(key) is { } entry ? entry.Value as TomlSection ?? throw Wrong(key, entry, "a table") : null;

    internal IReadOnlyList<TomlSection> Tables(string key) => Find(key) switch
    {
        null => [],
        { Value: List<TomlSection> tables } => tables,
        // [[]] written in one line, as an array of inline tables.
        { Value: List<Entry> items } entry => items.ConvertAll(item => item.Value as TomlSection ?? throw Wrong(key, entry, $"tables: [[{path}{key}]]")),
        { } other => throw Wrong(key, other, $"tables: [[{path}{key}]]"),
    };

    internal int LineOf(string key) => entries[key].Line;

    /// <summary>Names the keys that nobody asked for: words that have no effect, which whoever wrote them does not expect.</summary>
    internal void TellUnread(Action<string> warn, params ReadOnlySpan<string> ignored)
    {
        foreach (var (key, entry) in entries)
        {
            if (!read.Contains(key) && !ignored.Contains(key))
            {
                warn($"{File}:{entry.Line}: \"{Printable.Short(path + key)}\" is not a key that is known here; it has no effect");
            }
        }
    }

    internal ImageException Wrong(string key, string complaint) => new($"{File}:{(entries.TryGetValue(key, out var entry) ? entry.Line : Line)}: {path}{key}: {complaint}");

    private ImageException Wrong(string key, Entry entry, string expected) => new($"{File}:{entry.Line}: {Printable.Short(path + key)}: expected {expected}");

    private Entry? Find(string key)
    {
        read.Add(key);
        return entries.GetValueOrDefault(key);
    }

    private void Add(KeyValueSyntax pair)
    {
        var keys = Names(pair.Key!);
        var line = LineOf(pair);
        var section = Descend(keys, keys.Count - 1, line);
        section.Set(keys[^1], section.Value(pair.Value, line, keys[^1]));
    }

    private void Set(string key, Entry entry)
    {
        if (!entries.TryAdd(key, entry))
        {
            throw Wrong(key, entry, "each key once");
        }
    }

    private Entry Value(ValueSyntax? value, int line, string key)
    {
        switch (value)
        {
            case StringValueSyntax text:
                return new(text.Value ?? "", line);
            case BooleanValueSyntax boolean:
                return new(boolean.Value, line);
            case ArraySyntax array:
                var items = new List<Entry>();
                foreach (var item in array.Items)
                {
                    items.Add(Value(item.Value, item.Value is null ? line : LineOf(item.Value), key));
                }

                return new(items, line);
            case InlineTableSyntax inline:
                var table = new TomlSection(File, $"{path}{key}.", line);
                foreach (var item in inline.Items)
                {
                    table.Add(item.KeyValue!);
                }

                return new(table, line);
            default:
                // A number or a date: nothing here is one, and whoever asks for the key says what it should be.
                return new(new object(), line);
        }
    }

    private TomlSection Descend(List<string> keys, int count, int line)
    {
        var section = this;
        for (var i = 0; i < count; i++)
        {
            section = section.entries.TryGetValue(keys[i], out var found)
                ? found.Value switch
                {
                    TomlSection table => table,
                    List<TomlSection> tables => tables[^1],
                    _ => throw section.Wrong(keys[i], found, "a table"),
                }
                : section.Open(keys[i], line, isArray: false);
        }

        return section;
    }

    private TomlSection Open(string key, int line, bool isArray)
    {
        var made = new TomlSection(File, $"{path}{key}.", line);
        if (isArray)
        {
            if (!entries.TryGetValue(key, out var entry))
            {
                entries[key] = entry = new(new List<TomlSection>(), line);
            }

            (entry.Value as List<TomlSection> ?? throw Wrong(key, entry, $"tables: [[{path}{key}]]")).Add(made);
            return made;
        }

        if (entries.TryGetValue(key, out var present))
        {
            return present.Value as TomlSection ?? throw Wrong(key, present, "a table");
        }

        entries[key] = new(made, line);
        return made;
    }

    private static List<string> Names(KeySyntax key)
    {
        var names = new List<string> { Name(key.Key) };
        foreach (var part in key.DotKeys)
        {
            names.Add(Name(part.Key));
        }

        return names;
    }

    private static string Name(BareKeyOrStringValueSyntax? key) => key switch
    {
        BareKeySyntax bare => bare.Key?.Text ?? "",
        StringValueSyntax text => text.Value ?? "",
        _ => "",
    };

    private static int LineOf(SyntaxNode node) => node.Span.Start.Line + 1;

    private sealed record Entry(object Value, int Line);
}
