using System.Globalization;

namespace Peapod.Pod.Manifest;

/// <summary>
/// Puts the tokens of a YAML text together to documents, with their lines, anchors, aliases and merge keys. The grammar is libyaml's
/// (docs/decisions/yaml.md).
/// </summary>
internal sealed class YamlSource
{
    /// <summary>How deep values may be nested; System.Text.Json takes 64.</summary>
    public const int MaximumDepth = 60;

    /// <summary>How many members merge keys may copy in one file.</summary>
    private const int MaximumMerged = 100_000;

    private const string MergeKey = "<<";

    private readonly YamlScanner _tokens;
    private readonly Dictionary<string, string> _tagPrefixes = [];
    private readonly Dictionary<string, SourceNode?> _anchors = [];
    private readonly SourceLimits _limits = new();
    private int _merged;

    private YamlSource(string text) => _tokens = new YamlScanner(text.StartsWith('\ufeff') ? text[1..] : text);

    private YamlTokenKind Kind => _tokens.Peek().Kind;

    private int Line => _tokens.Peek().Line;

    /// <exception cref="SourceException">It is no YAML.</exception>
    public static List<SourceNode> Read(string text) => new YamlSource(text).Documents();

    private List<SourceNode> Documents()
    {
        var documents = new List<SourceNode>();
        while (Kind != YamlTokenKind.StreamEnd)
        {
            // Only the first document can do without a line that begins it.
            var isBare = documents.Count == 0 && Kind is not (YamlTokenKind.VersionDirective or YamlTokenKind.TagDirective or YamlTokenKind.DocumentStart);
            Directives();
            if (!isBare && !TryTake(YamlTokenKind.DocumentStart))
            {
                throw new SourceException(Line, "another document begins with a line \"---\"; if none is meant, the indentation is wrong");
            }

            documents.Add(!isBare && IsOver() ? new SourceNode(Line) : Node(depth: 1, block: true));
            _anchors.Clear();
            while (TryTake(YamlTokenKind.DocumentEnd))
            {
            }
        }

        return documents;
    }

    private bool IsOver() => Kind is YamlTokenKind.DocumentStart or YamlTokenKind.DocumentEnd or YamlTokenKind.StreamEnd or YamlTokenKind.VersionDirective or YamlTokenKind.TagDirective;

    private void Directives()
    {
        _tagPrefixes.Clear();
        var hasVersion = false;
        while (Kind is YamlTokenKind.VersionDirective or YamlTokenKind.TagDirective)
        {
            var token = _tokens.Take();
            if (token.Kind == YamlTokenKind.TagDirective ? !_tagPrefixes.TryAdd(token.Handle, token.Text) : hasVersion)
            {
                throw new SourceException(token.Line, "the directive is there twice");
            }

            if (token.Kind == YamlTokenKind.VersionDirective && token.Text is not ("1.1" or "1.2"))
            {
                throw new SourceException(token.Line, $"YAML {token.Text} is not known; 1.1 and 1.2 are");
            }

            hasVersion |= token.Kind == YamlTokenKind.VersionDirective;
        }

        _tagPrefixes.TryAdd("!", "!");
        _tagPrefixes.TryAdd("!!", YamlScalar.TagPrefix);
    }

    private bool TryTake(YamlTokenKind kind)
    {
        if (Kind != kind)
        {
            return false;
        }

        _tokens.Take();
        return true;
    }

    /// <param name="depth">Of the value, from 1.</param>
    /// <param name="block">Whether it may be a block, as outside of brackets.</param>
    /// <param name="unindented">Whether a list may stand no deeper than the key that it belongs to.</param>
    private SourceNode Node(int depth, bool block, bool unindented = false)
    {
        var first = _tokens.Peek();
        Enter(first.Line, depth);
        if (first.Kind == YamlTokenKind.Alias)
        {
            _tokens.Take();
            return Aliased(first.Text, first.Line);
        }

        var (tag, anchor) = Properties();
        if (anchor is not null)
        {
            // Until the node is whole an alias to it would make it contain itself.
            _anchors[anchor] = null;
        }

        var node = Content(first.Line, tag, depth, block, unindented) ?? (tag is not null || anchor is not null
            ? Empty(first.Line, tag)
            : throw new SourceException(Line, "a value is missing here"));
        if (anchor is not null)
        {
            _anchors[anchor] = node;
        }

        return node;
    }

    private void Enter(int line, int depth)
    {
        if (depth > MaximumDepth)
        {
            throw new SourceException(line, $"values are nested more than {MaximumDepth} deep");
        }

        _limits.Count(line);
    }

    /// <summary>A tag and an anchor, in any order.</summary>
    private (string? Tag, string? Anchor) Properties()
    {
        string? tag = null;
        string? anchor = null;
        while ((Kind == YamlTokenKind.Tag && tag is null) || (Kind == YamlTokenKind.Anchor && anchor is null))
        {
            var token = _tokens.Take();
            if (token.Kind == YamlTokenKind.Anchor)
            {
                anchor = token.Text;
            }
            else
            {
                tag = token.Handle.Length == 0 ? token.Text
                    : _tagPrefixes.TryGetValue(token.Handle, out var prefix) ? prefix + token.Text
                    : throw new SourceException(token.Line, $"the tag's handle {token.Handle} is not declared");
            }
        }

        return (tag, anchor);
    }

    private SourceNode? Content(int line, string? tag, int depth, bool block, bool unindented)
    {
        switch (Kind)
        {
            case YamlTokenKind.BlockEntry when unindented:
                return BlockSequence(line, tag, depth, hasEnd: false);
            case YamlTokenKind.Scalar:
                var scalar = _tokens.Take();
                return new SourceNode(line) { Scalar = YamlScalar.Resolve(scalar.Text, scalar.IsPlain, tag, line), IsMergeKey = scalar is { IsPlain: true, Text: MergeKey } && tag is null };
            case YamlTokenKind.FlowSequenceStart:
                return FlowSequence(line, tag, depth);
            case YamlTokenKind.FlowMappingStart:
                return FlowMapping(line, tag, depth);
            case YamlTokenKind.BlockSequenceStart when block:
                _tokens.Take();
                return BlockSequence(line, tag, depth, hasEnd: true);
            case YamlTokenKind.BlockMappingStart when block:
                _tokens.Take();
                return BlockMapping(line, tag, depth);
            default:
                return null;
        }
    }

    private static SourceNode Empty(int line, string? tag) => new(line) { Scalar = YamlScalar.Resolve("", isPlain: true, tag, line) };

    private SourceNode Aliased(string name, int line)
    {
        if (!_anchors.TryGetValue(name, out var node))
        {
            throw new SourceException(line, $"alias *{name} has no anchor &{name} before it");
        }

        return node ?? throw new SourceException(line, $"anchor &{name} contains itself");
    }

    /// <summary>The value, or an empty one when nothing but the next part of what contains it is there.</summary>
    private SourceNode NodeUnless(ReadOnlySpan<YamlTokenKind> next, int depth, bool block, bool unindented = false)
    {
        if (!next.Contains(Kind))
        {
            return Node(depth, block, unindented);
        }

        Enter(Line, depth);
        return new SourceNode(Line);
    }

    private SourceNode BlockSequence(int line, string? tag, int depth, bool hasEnd)
    {
        YamlScalar.RequireTag(tag, "seq", line);
        var items = new List<SourceNode>();
        while (TryTake(YamlTokenKind.BlockEntry))
        {
            items.Add(hasEnd
                ? NodeUnless([YamlTokenKind.BlockEntry, YamlTokenKind.BlockEnd], depth + 1, block: true)
                : NodeUnless([YamlTokenKind.BlockEntry, YamlTokenKind.Key, YamlTokenKind.Value, YamlTokenKind.BlockEnd], depth + 1, block: true));
        }

        if (hasEnd && !TryTake(YamlTokenKind.BlockEnd))
        {
            throw new SourceException(Line, $"no \"- \" before an item of the list that begins on line {line}, or the indentation is wrong");
        }

        return new SourceNode(line) { Items = items };
    }

    private SourceNode BlockMapping(int line, string? tag, int depth)
    {
        var members = new Members(this, line, tag);
        while (TryTake(YamlTokenKind.Key))
        {
            var keyLine = Line;
            var key = NodeUnless([YamlTokenKind.Key, YamlTokenKind.Value, YamlTokenKind.BlockEnd], depth + 1, block: true, unindented: true);
            var value = TryTake(YamlTokenKind.Value)
                ? NodeUnless([YamlTokenKind.Key, YamlTokenKind.Value, YamlTokenKind.BlockEnd], depth + 1, block: true, unindented: true)
                : new SourceNode(Line);
            members.Add(key, keyLine, value);
        }

        if (!TryTake(YamlTokenKind.BlockEnd))
        {
            throw new SourceException(Line, $"no key of the mapping that begins on line {line}, or the indentation is wrong");
        }

        return members.End();
    }

    private SourceNode FlowSequence(int line, string? tag, int depth)
    {
        YamlScalar.RequireTag(tag, "seq", line);
        _tokens.Take();
        var items = new List<SourceNode>();
        while (!TryTake(YamlTokenKind.FlowSequenceEnd))
        {
            Separate(items.Count, ']', line);
            if (Kind == YamlTokenKind.Key)
            {
                items.Add(Pair(depth + 1));
            }
            else if (Kind != YamlTokenKind.FlowSequenceEnd)
            {
                items.Add(Node(depth + 1, block: false));
            }
        }

        return new SourceNode(line) { Items = items };
    }

    /// <summary><c>[key: value]</c>: a mapping of one member.</summary>
    private SourceNode Pair(int depth)
    {
        var line = _tokens.Take().Line;
        Enter(line, depth);
        var members = new Members(this, line, tag: null);
        var keyLine = Line;
        var key = NodeUnless([YamlTokenKind.Value, YamlTokenKind.FlowEntry, YamlTokenKind.FlowSequenceEnd], depth + 1, block: false);
        members.Add(key, keyLine, FlowValue(YamlTokenKind.FlowSequenceEnd, depth));
        return members.End();
    }

    private SourceNode FlowMapping(int line, string? tag, int depth)
    {
        _tokens.Take();
        var members = new Members(this, line, tag);
        for (var count = 0; !TryTake(YamlTokenKind.FlowMappingEnd); count++)
        {
            Separate(count, '}', line);
            if (Kind == YamlTokenKind.FlowMappingEnd)
            {
                continue;
            }

            var isKey = TryTake(YamlTokenKind.Key);
            var keyLine = Line;
            var key = isKey ? NodeUnless([YamlTokenKind.Value, YamlTokenKind.FlowEntry, YamlTokenKind.FlowMappingEnd], depth + 1, block: false) : Node(depth + 1, block: false);
            members.Add(key, keyLine, isKey ? FlowValue(YamlTokenKind.FlowMappingEnd, depth) : new SourceNode(keyLine));
        }

        return members.End();
    }

    private SourceNode FlowValue(YamlTokenKind end, int depth) =>
        TryTake(YamlTokenKind.Value) ? NodeUnless([YamlTokenKind.FlowEntry, end], depth + 1, block: false) : new SourceNode(Line);

    private void Separate(int before, char end, int line)
    {
        if (before > 0 && !TryTake(YamlTokenKind.FlowEntry))
        {
            throw new SourceException(Line, $"',' or '{end}' is missing in what begins on line {line}");
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

    /// <summary>The members of a mapping, and what it merges.</summary>
    private sealed class Members
    {
        private readonly YamlSource _source;
        private readonly int _line;
        private readonly List<SourceMember> _members = [];
        private List<SourceNode>? _merges;

        public Members(YamlSource source, int line, string? tag)
        {
            YamlScalar.RequireTag(tag, "map", line);
            (_source, _line) = (source, line);
        }

        public void Add(SourceNode key, int line, SourceNode value)
        {
            if (key.IsMergeKey)
            {
                (_merges ??= []).AddRange(value.Items ?? [value]);
            }
            else
            {
                _members.Add(new SourceMember(Key(key), line, value));
            }
        }

        /// <summary>What a mapping says itself wins over what it merges, and an earlier merge over a later one.</summary>
        public SourceNode End()
        {
            var names = _merges is null ? null : _members.Select(static member => member.Name).ToHashSet();
            foreach (var merge in _merges ?? [])
            {
                var merged = merge.Members ?? throw new SourceException(merge.Line, "only mappings can be merged with \"<<\"");
                if ((_source._merged += merged.Count + 1) > MaximumMerged)
                {
                    throw new SourceException(merge.Line, $"merge keys copy more than {MaximumMerged} members");
                }

                _members.AddRange(merged.Where(member => names!.Add(member.Name)));
            }

            return new SourceNode(_line) { Members = _members };
        }
    }
}
