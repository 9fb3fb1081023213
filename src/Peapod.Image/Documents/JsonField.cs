using System.Text.Json;
using Peapod.Kernel.Terminals;

namespace Peapod.Image.Documents;

/// <summary>One value of an image's document together with its place in it, so that every complaint names file and field.</summary>
internal readonly struct JsonField(JsonElement element, string place)
{
    private const int MaximumDepth = 64;

    internal JsonElement Element { get; } = element;

    internal string Place { get; } = place;

    /// <summary>Reads a document that must be one JSON object.</summary>
    internal static JsonField Parse(ReadOnlyMemory<byte> json, string file, JsonValueKind kind = JsonValueKind.Object)
    {
        try
        {
            using var document = JsonDocument.Parse(json, new() { MaxDepth = MaximumDepth });
            var field = new JsonField(document.RootElement.Clone(), file);
            field.RefuseDuplicates(field.Element, file);
            return field.Expect(kind);
        }
        catch (JsonException error)
        {
            // Its own text is stripped from the ahead-of-time build.
            throw new ImageException($"{file}: not valid JSON, or nested more than {MaximumDepth} deep, at line {error.LineNumber + 1}, byte {error.BytePositionInLine + 1}", error);
        }
        catch (InvalidOperationException error)
        {
            throw new ImageException($"{file}: not valid Unicode", error);
        }
    }

    internal bool Has(string name) => Find(name) is not null;

    internal JsonField? Object(string name) => Find(name)?.Expect(JsonValueKind.Object);

    internal JsonField RequiredObject(string name) => Object(name) ?? throw Missing(name);

    internal IEnumerable<JsonField> Items(string name) => Find(name)?.Expect(JsonValueKind.Array).Items() ?? [];

    internal IEnumerable<JsonField> Items()
    {
        var number = 0;
        foreach (var item in Element.EnumerateArray())
        {
            yield return new JsonField(item, $"{Place}[{number++}]");
        }
    }

    internal string? String(string name) => Find(name)?.String();

    internal string String()
    {
        try
        {
            var text = Expect(JsonValueKind.String).Element.GetString()!;

            // It would end the string for the kernel: what follows it would be lost without a word.
            return text.Contains('\0') ? throw new ImageException($"{Place}: contains a NUL character") : text;
        }
        catch (InvalidOperationException error)
        {
            throw new ImageException($"{Place}: not valid Unicode", error);
        }
    }

    internal string RequiredString(string name) => String(name) ?? throw Missing(name);

    /// <param name="name">The field.</param>
    /// <param name="meaning">What the number is, for the message: <c>a size in bytes</c>.</param>
    internal long RequiredNumber(string name, string meaning)
    {
        var field = Find(name) ?? throw Missing(name);
        return field.Element.ValueKind == JsonValueKind.Number && field.Element.TryGetInt64(out var value) && value >= 0
            ? value
            : throw new ImageException($"{field.Place}: expected {meaning}");
    }

    internal Digest RequiredDigest(string name)
    {
        var field = Find(name) ?? throw Missing(name);
        return Digest.Parse(field.String(), field.Place);
    }

    internal IReadOnlyList<string>? Strings(string name) => Find(name) is null ? null : Items(name).Select(item => item.String()).ToList();

    /// <summary>The keys of an object that is used as a set.</summary>
    internal IReadOnlyList<string> Keys(string name) => Object(name)?.Element.EnumerateObject().Select(property => property.Name).ToList() ?? [];

    internal IReadOnlyDictionary<string, string> Map(string name)
    {
        var map = new Dictionary<string, string>();
        if (Object(name) is { } field)
        {
            foreach (var property in field.Element.EnumerateObject())
            {
                map[property.Name] = new JsonField(property.Value, $"{field.Place}.{Printable.Short(property.Name)}").String();
            }
        }

        return map;
    }

    internal JsonField Expect(JsonValueKind kind) => Element.ValueKind == kind
        ? this
        : throw new ImageException($"{Place}: expected {Name(kind)}, found {Name(Element.ValueKind)}");

    internal ImageException Missing(string name) => new($"{Place}: \"{name}\" is missing");

    private JsonField? Find(string name) => Element.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null
        ? new JsonField(value, Place.Contains(": ", StringComparison.Ordinal) ? $"{Place}.{name}" : $"{Place}: {name}")
        : null;

    /// <summary>Readers differ in which of two equal keys they believe, so a document with both means two things.</summary>
    private void RefuseDuplicates(JsonElement value, string place)
    {
        if (value.ValueKind == JsonValueKind.Array)
        {
            foreach (var item in value.EnumerateArray())
            {
                RefuseDuplicates(item, place);
            }
        }
        else if (value.ValueKind == JsonValueKind.Object)
        {
            var names = new HashSet<string>();
            foreach (var property in value.EnumerateObject())
            {
                if (!names.Add(property.Name))
                {
                    throw new ImageException($"{place}: \"{Printable.Short(property.Name)}\" is given twice in one object");
                }

                RefuseDuplicates(property.Value, place);
            }
        }
    }

    private static string Name(JsonValueKind kind) => kind switch
    {
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "an array",
        JsonValueKind.String => "a string",
        JsonValueKind.Number => "a number",
        JsonValueKind.True or JsonValueKind.False => "a boolean",
        _ => "null",
    };
}
