using System.Buffers;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Peapod.Oci.Json;

/// <summary>What generated writers are made of.</summary>
public static class JsonOut
{
    /// <summary>Bytes; a configuration with a seccomp profile has this many. What a buffer that doubles leaves behind counts in a process that stays.</summary>
    private const int UsualSize = 16384;

    /// <summary>Used again for the next document.</summary>
    [ThreadStatic]
    private static ArrayBufferWriter<byte>? spare;

    /// <summary>The record as a document of its own; indented with one tab per level when asked.</summary>
    public static byte[] Document<T>(T record, bool indented) where T : class, IJsonRecord<T> =>
        Document(record, new JsonWriterOptions
        {
            Indented = indented,
            IndentCharacter = '\t',
            IndentSize = 1,
            Encoder = MinimalEncoder.Instance,
        });

    /// <summary>The record as a document of its own, in the caller's style.</summary>
    public static byte[] Document<T>(T record, JsonWriterOptions options) where T : class, IJsonRecord<T>
    {
        var buffer = spare ?? new ArrayBufferWriter<byte>(UsualSize);
        spare = null;
        using (var writer = new Utf8JsonWriter(buffer, options))
        {
            record.Write(writer);
        }
        byte[] document = buffer.WrittenSpan.ToArray();
        buffer.ResetWrittenCount();
        spare = buffer;
        return document;
    }

    /// <summary>A member that is an object.</summary>
    public static void Record<T>(Utf8JsonWriter writer, ReadOnlySpan<byte> name, T record) where T : class, IJsonRecord<T>
    {
        writer.WritePropertyName(name);
        record.Write(writer);
    }

    /// <summary>A member that is an array of strings.</summary>
    public static void StringList(Utf8JsonWriter writer, ReadOnlySpan<byte> name, IReadOnlyList<string> items)
    {
        writer.WriteStartArray(name);
        for (int i = 0; i < items.Count; i++)
        {
            writer.WriteStringValue(items[i]);
        }
        writer.WriteEndArray();
    }

    /// <summary>A member that is an array of numbers.</summary>
    public static void UInt32List(Utf8JsonWriter writer, ReadOnlySpan<byte> name, IReadOnlyList<uint> items)
    {
        writer.WriteStartArray(name);
        for (int i = 0; i < items.Count; i++)
        {
            writer.WriteNumberValue(items[i]);
        }
        writer.WriteEndArray();
    }

    /// <summary>A member that is an array of numbers.</summary>
    public static void Int64List(Utf8JsonWriter writer, ReadOnlySpan<byte> name, IReadOnlyList<long> items)
    {
        writer.WriteStartArray(name);
        for (int i = 0; i < items.Count; i++)
        {
            writer.WriteNumberValue(items[i]);
        }
        writer.WriteEndArray();
    }

    /// <summary>A member whose value knows itself how it is written.</summary>
    public static void Value<T>(Utf8JsonWriter writer, ReadOnlySpan<byte> name, T value) where T : struct, IJsonValue<T>
    {
        writer.WritePropertyName(name);
        value.Write(writer);
    }

    /// <summary>A member that is kept as it was read.</summary>
    public static void Node(Utf8JsonWriter writer, ReadOnlySpan<byte> name, JsonNode node)
    {
        writer.WritePropertyName(name);
        node.WriteTo(writer);
    }

    /// <summary>A member that is an object with free keys, of values that know themselves how they are written.</summary>
    public static void ValueMap<T>(Utf8JsonWriter writer, ReadOnlySpan<byte> name, IReadOnlyDictionary<string, T> entries) where T : struct, IJsonValue<T>
    {
        writer.WriteStartObject(name);
        foreach (KeyValuePair<string, T> entry in entries)
        {
            writer.WritePropertyName(entry.Key);
            entry.Value.Write(writer);
        }
        writer.WriteEndObject();
    }

    /// <summary>A member that is an array of objects.</summary>
    public static void RecordList<T>(Utf8JsonWriter writer, ReadOnlySpan<byte> name, IReadOnlyList<T> items) where T : class, IJsonRecord<T>
    {
        writer.WriteStartArray(name);
        for (int i = 0; i < items.Count; i++)
        {
            items[i].Write(writer);
        }
        writer.WriteEndArray();
    }

    /// <summary>A member that is an object with free keys and strings for values.</summary>
    public static void StringMap(Utf8JsonWriter writer, ReadOnlySpan<byte> name, IReadOnlyDictionary<string, string> entries)
    {
        writer.WriteStartObject(name);
        foreach (KeyValuePair<string, string> entry in entries)
        {
            writer.WriteString(entry.Key, entry.Value);
        }
        writer.WriteEndObject();
    }

    /// <summary>A member that is an object with free keys and objects for values.</summary>
    public static void RecordMap<T>(Utf8JsonWriter writer, ReadOnlySpan<byte> name, IReadOnlyDictionary<string, T> entries) where T : class, IJsonRecord<T>
    {
        writer.WriteStartObject(name);
        foreach (KeyValuePair<string, T> entry in entries)
        {
            writer.WritePropertyName(entry.Key);
            entry.Value.Write(writer);
        }
        writer.WriteEndObject();
    }
}
