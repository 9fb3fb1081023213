using System.Text.Json;

namespace Peapod.Pod.Manifest;

/// <summary>Reads JSON documents, one after the other, with their lines.</summary>
internal ref struct JsonSource
{
    private readonly ReadOnlySpan<byte> _utf8;
    private Utf8JsonReader _reader;
    private readonly SourceLimits _limits = new();
    private int _line = 1;
    private int _counted;

    private JsonSource(ReadOnlySpan<byte> utf8)
    {
        _utf8 = utf8;
        _reader = new Utf8JsonReader(utf8, new JsonReaderOptions { AllowMultipleValues = true, MaxDepth = YamlSource.MaximumDepth });
    }

    /// <exception cref="SourceException">It is no JSON.</exception>
    public static List<SourceNode> Read(ReadOnlySpan<byte> utf8)
    {
        var documents = new List<SourceNode>();
        var source = new JsonSource(utf8);
        try
        {
            while (source._reader.Read())
            {
                documents.Add(source.Value());
            }
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            // The reader's own messages are left out of the executable.
            throw JsonFault.Find(utf8) ?? new SourceException((error as JsonException)?.LineNumber is { } zeroBased ? (int)zeroBased + 1 : source.Line(), "broken JSON");
        }

        return documents;
    }

    private SourceNode Value()
    {
        var line = Line();
        _limits.Count(line);
        return _reader.TokenType switch
        {
            JsonTokenType.StartObject => Object(line),
            JsonTokenType.StartArray => Array(line),
            JsonTokenType.String => new SourceNode(line) { Scalar = _reader.GetString() },
            JsonTokenType.True => new SourceNode(line) { Scalar = true },
            JsonTokenType.False => new SourceNode(line) { Scalar = false },
            JsonTokenType.Number when _reader.TryGetInt64(out var number) => new SourceNode(line) { Scalar = number },
            JsonTokenType.Number => new SourceNode(line) { Scalar = JsonElement.ParseValue(ref _reader) },
            _ => new SourceNode(line),
        };
    }

    private SourceNode Object(int line)
    {
        var members = new List<SourceMember>();
        while (_reader.Read() && _reader.TokenType != JsonTokenType.EndObject)
        {
            var name = _reader.GetString()!;
            var nameLine = Line();
            _reader.Read();
            members.Add(new SourceMember(name, nameLine, Value()));
        }

        return new SourceNode(line) { Members = members };
    }

    private SourceNode Array(int line)
    {
        var items = new List<SourceNode>();
        while (_reader.Read() && _reader.TokenType != JsonTokenType.EndArray)
        {
            items.Add(Value());
        }

        return new SourceNode(line) { Items = items };
    }

    /// <summary>The line of the token at hand.</summary>
    private int Line()
    {
        var token = (int)_reader.TokenStartIndex;
        _line += _utf8[_counted..token].Count((byte)'\n');
        _counted = token;
        return _line;
    }
}
