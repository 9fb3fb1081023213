using System.Globalization;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Peapod.Pod.Manifest;

/// <summary>Reads YAML documents from YamlDotNet's parser events, with their lines, anchors, aliases and merge keys.</summary>
internal sealed class YamlSource
{
    /// <summary>How deep values may be nested; System.Text.Json takes 64.</summary>
    public const int MaximumDepth = 60;

    /// <summary>How many members merge keys may copy in one file.</summary>
    private const int MaximumMerged = 100_000;

    private const string MergeKey = "<<";

    private readonly Parser _parser;
    private readonly Dictionary<string, SourceNode?> _anchors = [];
    private readonly SourceLimits _limits = new();
    private int _merged;

    private YamlSource(string text) => _parser = new Parser(new Scanner(new StringReader(text), skipComments: true));

    /// <exception cref="SourceException">It is no YAML.</exception>
    public static List<SourceNode> Read(string text)
    {
        var source = new YamlSource(text);
        try
        {
            return source.Documents();
        }
        catch (YamlException error)
        {
            throw new SourceException((int)error.Start.Line, error.Message);
        }
        catch (Exception error) when (error is InvalidOperationException or ArgumentException or FormatException or ArithmeticException or IndexOutOfRangeException)
        {
            // YamlDotNet's scanner trips over some broken files instead of naming what is wrong with them.
            throw new SourceException((int)(source._parser.Current?.End.Line ?? 1), "not well-formed YAML");
        }
    }

    private List<SourceNode> Documents()
    {
        var documents = new List<SourceNode>();
        while (_parser.MoveNext())
        {
            if (_parser.Current is DocumentStart)
            {
                _anchors.Clear();
                documents.Add(Node(Next(), depth: 1));
            }
        }

        return documents;
    }

    private ParsingEvent Next() =>
        _parser.MoveNext() ? _parser.Current! : throw new SourceException(0, "the file ends in the middle of a document");

    private SourceNode Node(ParsingEvent start, int depth)
    {
        var line = (int)start.Start.Line;
        if (depth > MaximumDepth)
        {
            throw new SourceException(line, $"values are nested more than {MaximumDepth} deep");
        }

        _limits.Count(line);
        if (start is AnchorAlias alias)
        {
            return Aliased(alias.Value.Value, line);
        }

        var anchor = start is NodeEvent { Anchor.IsEmpty: false } anchored ? anchored.Anchor.Value : null;
        if (anchor is not null)
        {
            // Until the node is whole an alias to it would make it contain itself.
            _anchors[anchor] = null;
        }

        var node = start switch
        {
            Scalar scalar => new SourceNode(line) { Scalar = YamlScalar.Resolve(scalar, line) },
            SequenceStart sequence => Sequence(sequence, line, depth),
            MappingStart mapping => Mapping(mapping, line, depth),
            _ => throw new SourceException(line, $"unexpected {start.GetType().Name}"),
        };
        if (anchor is not null)
        {
            _anchors[anchor] = node;
        }

        return node;
    }

    private SourceNode Aliased(string name, int line)
    {
        if (!_anchors.TryGetValue(name, out var node))
        {
            throw new SourceException(line, $"alias *{name} has no anchor &{name} before it");
        }

        return node ?? throw new SourceException(line, $"anchor &{name} contains itself");
    }

    private SourceNode Sequence(SequenceStart start, int line, int depth)
    {
        YamlScalar.RequireTag(start.Tag, "seq", line);
        var items = new List<SourceNode>();
        for (var next = Next(); next is not SequenceEnd; next = Next())
        {
            items.Add(Node(next, depth + 1));
        }

        return new SourceNode(line) { Items = items };
    }

    private SourceNode Mapping(MappingStart start, int line, int depth)
    {
        YamlScalar.RequireTag(start.Tag, "map", line);
        var members = new List<SourceMember>();
        List<SourceNode>? merges = null;
        for (var next = Next(); next is not MappingEnd; next = Next())
        {
            var keyLine = (int)next.Start.Line;
            var merge = next is Scalar { Style: ScalarStyle.Plain, Tag.IsEmpty: true, Value: MergeKey };
            var key = Node(next, depth + 1);
            var value = Node(Next(), depth + 1);
            if (merge)
            {
                (merges ??= []).AddRange(value.Items ?? [value]);
            }
            else
            {
                members.Add(new SourceMember(Key(key), keyLine, value));
            }
        }

        Merge(merges, members);
        return new SourceNode(line) { Members = members };
    }

    /// <summary>What a mapping says itself wins over what it merges, and an earlier merge over a later one.</summary>
    private void Merge(List<SourceNode>? merges, List<SourceMember> members)
    {
        if (merges is null)
        {
            return;
        }

        var names = members.Select(member => member.Name).ToHashSet();
        foreach (var merge in merges)
        {
            var merged = merge.Members ?? throw new SourceException(merge.Line, "only mappings can be merged with \"<<\"");
            if ((_merged += merged.Count + 1) > MaximumMerged)
            {
                throw new SourceException(merge.Line, $"merge keys copy more than {MaximumMerged} members");
            }

            members.AddRange(merged.Where(member => names.Add(member.Name)));
        }
    }

    private static string Key(SourceNode key) => key switch
    {
        { Items: not null } or { Members: not null } => throw new SourceException(key.Line, "a key must be a plain value, not a sequence or a mapping"),
        { Scalar: string text } => text,
        { Scalar: bool flag } => flag ? "true" : "false",
        { Scalar: null } => throw new SourceException(key.Line, "a key must not be null"),
        _ => Convert.ToString(key.Scalar, CultureInfo.InvariantCulture)!,
    };
}
