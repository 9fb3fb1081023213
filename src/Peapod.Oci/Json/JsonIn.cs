using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Peapod.Oci.Json;

/// <summary>
/// What generated readers are made of. Except for <see cref="Object"/> and <see cref="Name"/>, each method reads the value after
/// the current token, and gives null for a JSON null, which counts as absent. Nothing here keeps a path; see <see cref="JsonPath"/>.
/// </summary>
public static class JsonIn
{
    /// <summary>How deep objects and arrays may be nested in each other.</summary>
    public const int MaxDepth = 64;

    /// <summary>Reads a document that holds one record and nothing else.</summary>
    /// <exception cref="SpecException">It is not JSON, or a field has the wrong type.</exception>
    public static T Document<T>(ReadOnlySpan<byte> utf8) where T : class, IJsonRecord<T>
    {
        ReadOnlySpan<byte> byteOrderMark = [0xEF, 0xBB, 0xBF];
        if (utf8.StartsWith(byteOrderMark))
        {
            utf8 = utf8[3..];
        }
        var reader = new Utf8JsonReader(utf8, new JsonReaderOptions { MaxDepth = MaxDepth });
        bool complete = false;
        try
        {
            reader.Read();
            T record = T.Read(ref reader);
            complete = true;
            reader.Read();
            return record;
        }
        catch (JsonFault fault)
        {
            throw new SpecException(JsonPath.Of(utf8, fault.Offset), fault.Message);
        }
        catch (JsonException broken)
        {
            throw new SpecException("", SyntaxError(utf8, ref reader, complete, broken));
        }
        catch (InvalidOperationException)
        {
            // Utf8JsonReader's answer to bytes that are not UTF-8 and to escapes that are half a character.
            throw new SpecException(JsonPath.Of(utf8, reader.TokenStartIndex), "is not valid Unicode text");
        }
    }

    /// <summary>The current token has to be the start of an object.</summary>
    public static void Object(ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            throw Unexpected(ref reader, "an object");
        }
    }

    /// <summary>Moves to the next member's name; false at the end of the object.</summary>
    public static bool Name(ref Utf8JsonReader reader, out ReadOnlySpan<byte> name)
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.PropertyName)
        {
            name = default;
            return false;
        }
        name = reader.ValueIsEscaped ? Encoding.UTF8.GetBytes(reader.GetString()!) : reader.ValueSpan;
        return true;
    }

    /// <summary>Skips a member whose name is not known.</summary>
    public static void Unknown(ref Utf8JsonReader reader) => reader.Skip();

    /// <summary>A string.</summary>
    public static string? String(ref Utf8JsonReader reader)
    {
        reader.Read();
        return reader.TokenType == JsonTokenType.Null ? null : Text(ref reader);
    }

    /// <summary>True or false.</summary>
    public static bool? Boolean(ref Utf8JsonReader reader)
    {
        reader.Read();
        return reader.TokenType switch
        {
            JsonTokenType.True => true,
            JsonTokenType.False => false,
            JsonTokenType.Null => null,
            _ => throw Unexpected(ref reader, "true or false"),
        };
    }

    /// <summary>A whole number of 16 bits.</summary>
    public static ushort? UInt16(ref Utf8JsonReader reader) =>
        !Number(ref reader) ? null : reader.TryGetUInt16(out ushort value) ? value : throw OutOfRange(ref reader, "0 to 65535");

    /// <summary>A whole number of 32 bits with a sign.</summary>
    public static int? Int32(ref Utf8JsonReader reader) =>
        !Number(ref reader) ? null : reader.TryGetInt32(out int value) ? value : throw OutOfRange(ref reader, "-2147483648 to 2147483647");

    /// <summary>A whole number of 32 bits.</summary>
    public static uint? UInt32(ref Utf8JsonReader reader) =>
        !Number(ref reader) ? null : reader.TryGetUInt32(out uint value) ? value : throw OutOfRange(ref reader, "0 to 4294967295");

    /// <summary>A whole number of 64 bits with a sign.</summary>
    public static long? Int64(ref Utf8JsonReader reader) =>
        !Number(ref reader) ? null : reader.TryGetInt64(out long value) ? value
            : throw OutOfRange(ref reader, "-9223372036854775808 to 9223372036854775807");

    /// <summary>A whole number of 64 bits.</summary>
    public static ulong? UInt64(ref Utf8JsonReader reader) =>
        !Number(ref reader) ? null : reader.TryGetUInt64(out ulong value) ? value : throw OutOfRange(ref reader, "0 to 18446744073709551615");

    /// <summary>An object.</summary>
    public static T? Record<T>(ref Utf8JsonReader reader) where T : class, IJsonRecord<T>
    {
        reader.Read();
        return reader.TokenType == JsonTokenType.Null ? null : T.Read(ref reader);
    }

    /// <summary>An array of strings.</summary>
    public static string[]? StringList(ref Utf8JsonReader reader)
    {
        if (!Array(ref reader))
        {
            return null;
        }
        Few<string> few = default;
        Span<string> items = few;
        int count = 0;
        while (Item(ref reader))
        {
            string item = Text(ref reader);
            Room(ref items, count);
            items[count++] = item;
        }
        return items[..count].ToArray();
    }

    /// <summary>An array of whole numbers of 32 bits.</summary>
    public static uint[]? UInt32List(ref Utf8JsonReader reader)
    {
        if (!Array(ref reader))
        {
            return null;
        }
        Few<uint> few = default;
        Span<uint> items = few;
        int count = 0;
        while (Item(ref reader))
        {
            if (reader.TokenType != JsonTokenType.Number)
            {
                throw Unexpected(ref reader, "a number");
            }
            Room(ref items, count);
            items[count++] = reader.TryGetUInt32(out uint item) ? item : throw OutOfRange(ref reader, "0 to 4294967295");
        }
        return items[..count].ToArray();
    }

    /// <summary>An array of whole numbers of 64 bits with a sign.</summary>
    public static long[]? Int64List(ref Utf8JsonReader reader)
    {
        if (!Array(ref reader))
        {
            return null;
        }
        var items = new List<long>();
        while (Item(ref reader))
        {
            if (reader.TokenType != JsonTokenType.Number)
            {
                throw Unexpected(ref reader, "a number");
            }
            items.Add(reader.TryGetInt64(out long item) ? item : throw OutOfRange(ref reader, "-9223372036854775808 to 9223372036854775807"));
        }
        return [.. items];
    }

    /// <summary>A time as ISO 8601 has it.</summary>
    public static DateTime? DateTime(ref Utf8JsonReader reader)
    {
        reader.Read();
        return reader.TokenType switch
        {
            JsonTokenType.Null => null,
            JsonTokenType.String when reader.TryGetDateTime(out DateTime time) => time,
            _ => throw Unexpected(ref reader, "a time"),
        };
    }

    /// <summary>A value that knows itself how it is read.</summary>
    public static T? Value<T>(ref Utf8JsonReader reader) where T : struct, IJsonValue<T>
    {
        reader.Read();
        return reader.TokenType == JsonTokenType.Null ? null : T.Read(ref reader);
    }

    /// <summary>A value that is kept as it is.</summary>
    public static T? Node<T>(ref Utf8JsonReader reader) where T : JsonNode
    {
        reader.Read();
        long start = reader.TokenStartIndex;
        return reader.TokenType == JsonTokenType.Null ? null
            : JsonNode.Parse(ref reader) as T ?? throw new JsonFault(start, typeof(T) == typeof(JsonArray) ? "expected an array" : "expected an object");
    }

    /// <summary>What to throw for a name that is not in the set.</summary>
    public static Exception UnknownName(ref Utf8JsonReader reader, string name) => new JsonFault(reader.TokenStartIndex, $"unknown value \"{name}\"");

    /// <summary>An object with free keys, of values that know themselves how they are read.</summary>
    public static JsonMap<T>? ValueMap<T>(ref Utf8JsonReader reader) where T : struct, IJsonValue<T>
    {
        if (!Map(ref reader))
        {
            return null;
        }
        var entries = new List<KeyValuePair<string, T>>();
        while (Key(ref reader, out string key))
        {
            reader.Read();
            entries.Add(new(key, T.Read(ref reader)));
        }
        return JsonMap<T>.Take([.. entries]);
    }

    /// <summary>An array of objects.</summary>
    public static T[]? RecordList<T>(ref Utf8JsonReader reader) where T : class, IJsonRecord<T>
    {
        if (!Array(ref reader))
        {
            return null;
        }
        Few<T> few = default;
        Span<T> items = few;
        int count = 0;
        while (Item(ref reader))
        {
            T item = T.Read(ref reader);
            Room(ref items, count);
            items[count++] = item;
        }
        return items[..count].ToArray();
    }

    /// <summary>An object with free keys and strings for values.</summary>
    public static JsonMap<string>? StringMap(ref Utf8JsonReader reader)
    {
        if (!Map(ref reader))
        {
            return null;
        }
        Few<KeyValuePair<string, string>> few = default;
        Span<KeyValuePair<string, string>> entries = few;
        int count = 0;
        while (Key(ref reader, out string key))
        {
            reader.Read();
            string value = Text(ref reader);
            Room(ref entries, count);
            entries[count++] = new(key, value);
        }
        return JsonMap<string>.Take(entries[..count].ToArray());
    }

    /// <summary>An object with free keys and objects for values.</summary>
    public static JsonMap<T>? RecordMap<T>(ref Utf8JsonReader reader) where T : class, IJsonRecord<T>
    {
        if (!Map(ref reader))
        {
            return null;
        }
        Few<KeyValuePair<string, T>> few = default;
        Span<KeyValuePair<string, T>> entries = few;
        int count = 0;
        while (Key(ref reader, out string key))
        {
            reader.Read();
            T value = T.Read(ref reader);
            Room(ref entries, count);
            entries[count++] = new(key, value);
        }
        return JsonMap<T>.Take(entries[..count].ToArray());
    }

    private static string Text(ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.String)
        {
            throw Unexpected(ref reader, "a string");
        }
        return WithoutNul(ref reader, reader.GetString()!);
    }

    private static bool Key(ref Utf8JsonReader reader, out string key)
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.PropertyName)
        {
            key = "";
            return false;
        }
        key = WithoutNul(ref reader, reader.GetString()!);
        return true;
    }

    // A NUL ends a string for the kernel: what follows it would be lost without a word. In JSON only an escape can make one.
    private static string WithoutNul(ref Utf8JsonReader reader, string text) =>
        reader.ValueIsEscaped && text.Contains('\0') ? throw new JsonFault(reader.TokenStartIndex, "contains a NUL character") : text;

    private static bool Number(ref Utf8JsonReader reader)
    {
        reader.Read();
        return reader.TokenType switch
        {
            JsonTokenType.Number => true,
            JsonTokenType.Null => false,
            _ => throw Unexpected(ref reader, "a number"),
        };
    }

    private static bool Array(ref Utf8JsonReader reader)
    {
        reader.Read();
        return reader.TokenType switch
        {
            JsonTokenType.StartArray => true,
            JsonTokenType.Null => false,
            _ => throw Unexpected(ref reader, "an array"),
        };
    }

    private static bool Map(ref Utf8JsonReader reader)
    {
        reader.Read();
        return reader.TokenType switch
        {
            JsonTokenType.StartObject => true,
            JsonTokenType.Null => false,
            _ => throw Unexpected(ref reader, "an object"),
        };
    }

    private static bool Item(ref Utf8JsonReader reader)
    {
        reader.Read();
        return reader.TokenType != JsonTokenType.EndArray;
    }

    // Most lists are short: they are gathered on the stack, and the array is made once, at its size.
    private static void Room<T>(ref Span<T> items, int count)
    {
        if (count == items.Length)
        {
            Span<T> larger = new T[count * 2];
            items.CopyTo(larger);
            items = larger;
        }
    }

    [InlineArray(8)]
    private struct Few<T>
    {
        private T _first;
    }

    private static JsonFault Unexpected(ref Utf8JsonReader reader, string wanted) =>
        new(reader.TokenStartIndex, $"expected {wanted}, found {Found(reader.TokenType)}");

    private static string Found(JsonTokenType token) => token switch
    {
        JsonTokenType.StartObject => "an object",
        JsonTokenType.StartArray => "an array",
        JsonTokenType.String => "a string",
        JsonTokenType.Number => "a number",
        JsonTokenType.True => "true",
        JsonTokenType.False => "false",
        JsonTokenType.Null => "null",
        _ => "nothing",
    };

    private static JsonFault OutOfRange(ref Utf8JsonReader reader, string range)
    {
        string number = Encoding.ASCII.GetString(reader.ValueSpan);
        return new(reader.TokenStartIndex, number.AsSpan().ContainsAny('.', 'e', 'E')
            ? $"expected a whole number, found {number}"
            : $"{number} is out of range ({range})");
    }

    // JsonException's own text is not used: it is stripped from the ahead-of-time build.
    private static string SyntaxError(ReadOnlySpan<byte> utf8, ref Utf8JsonReader reader, bool complete, JsonException broken)
    {
        if (EndsEarly(utf8))
        {
            return $"the JSON ends too early, at {JsonPath.LineAndColumn(utf8, utf8.Length)}";
        }
        long offset = Math.Min(utf8.Length - 1, Offset(utf8, broken));
        string place = JsonPath.LineAndColumn(utf8, offset);
        if (utf8[(int)offset] == (byte)'/')
        {
            return $"comments are not allowed in JSON, at {place}";
        }
        if (complete)
        {
            return $"there is more text after the JSON document, at {place}";
        }
        // CurrentDepth does not count the object or array that has just begun.
        return reader.CurrentDepth >= MaxDepth - 1 && utf8[(int)offset] is (byte)'{' or (byte)'['
            ? $"the JSON is nested more than {MaxDepth} levels deep, at {place}"
            : $"invalid JSON at {place}";
    }

    // A reader that expects more text to come has no complaint about a document that merely stops.
    private static bool EndsEarly(ReadOnlySpan<byte> utf8)
    {
        var reader = new Utf8JsonReader(utf8, isFinalBlock: false, new JsonReaderState(new JsonReaderOptions { MaxDepth = MaxDepth }));
        try
        {
            while (reader.Read())
            {
            }
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static long Offset(ReadOnlySpan<byte> utf8, JsonException broken)
    {
        int offset = 0;
        for (long line = broken.LineNumber ?? 0; line > 0; line--)
        {
            offset += utf8[offset..].IndexOf((byte)'\n') + 1;
        }
        return Math.Min(utf8.Length, offset + (broken.BytePositionInLine ?? 0));
    }
}
