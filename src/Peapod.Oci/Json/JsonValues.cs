using System.Globalization;
using System.Text.Json;

namespace Peapod.Oci.Json;

/// <summary>Reads one value at the reader's token, or says what stands there instead.</summary>
internal static class JsonValues
{
    internal delegate T ReadValue<T>(ref Utf8JsonReader reader);

    internal static void Expect(ref Utf8JsonReader reader, JsonTokenType type, string expected)
    {
        if (reader.TokenType != type)
        {
            throw Unexpected(ref reader, expected);
        }
    }

    internal static bool NextProperty(ref Utf8JsonReader reader)
    {
        reader.Read();
        return reader.TokenType == JsonTokenType.PropertyName;
    }

    internal static bool ReadUnlessNull(ref Utf8JsonReader reader)
    {
        reader.Read();
        return reader.TokenType != JsonTokenType.Null;
    }

    internal static void Skip(ref Utf8JsonReader reader)
    {
        reader.Read();
        reader.Skip();
    }

    internal static string ReadString(ref Utf8JsonReader reader)
    {
        Expect(ref reader, JsonTokenType.String, "a string");
        try
        {
            return reader.GetString()!;
        }
        catch (InvalidOperationException e)
        {
            throw new SpecException("", "is not valid UTF-8", e);
        }
    }

    internal static bool ReadBoolean(ref Utf8JsonReader reader) => reader.TokenType switch
    {
        JsonTokenType.True => true,
        JsonTokenType.False => false,
        _ => throw Unexpected(ref reader, "true or false"),
    };

    internal static int ReadInt32(ref Utf8JsonReader reader) =>
        IsNumber(ref reader) && reader.TryGetInt32(out var value) ? value : throw OutOfRange(int.MinValue, int.MaxValue);

    internal static uint ReadUInt32(ref Utf8JsonReader reader) =>
        IsNumber(ref reader) && reader.TryGetUInt32(out var value) ? value : throw OutOfRange<uint>(0, uint.MaxValue);

    internal static ushort ReadUInt16(ref Utf8JsonReader reader) =>
        IsNumber(ref reader) && reader.TryGetUInt16(out var value) ? value : throw OutOfRange<ushort>(0, ushort.MaxValue);

    internal static long ReadInt64(ref Utf8JsonReader reader) =>
        IsNumber(ref reader) && reader.TryGetInt64(out var value) ? value : throw OutOfRange(long.MinValue, long.MaxValue);

    internal static ulong ReadUInt64(ref Utf8JsonReader reader) =>
        IsNumber(ref reader) && reader.TryGetUInt64(out var value) ? value : throw OutOfRange<ulong>(0, ulong.MaxValue);

    internal static List<T> ReadList<T>(ref Utf8JsonReader reader, ReadValue<T> read)
    {
        Expect(ref reader, JsonTokenType.StartArray, "a list");
        var list = new List<T>();
        try
        {
            while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            {
                list.Add(read(ref reader));
            }
        }
        catch (SpecException e)
        {
            throw e.Within($"[{list.Count}]");
        }

        return list;
    }

    internal static Dictionary<string, T> ReadMap<T>(ref Utf8JsonReader reader, ReadValue<T> read)
    {
        Expect(ref reader, JsonTokenType.StartObject, "an object");
        var map = new Dictionary<string, T>(StringComparer.Ordinal);
        while (NextProperty(ref reader))
        {
            var key = reader.GetString()!;
            try
            {
                reader.Read();
                map[key] = read(ref reader);
            }
            catch (SpecException e)
            {
                throw e.Within($"[\"{key}\"]");
            }
        }

        return map;
    }

    private static bool IsNumber(ref Utf8JsonReader reader)
    {
        Expect(ref reader, JsonTokenType.Number, "a number");
        return true;
    }

    private static SpecException OutOfRange<T>(T least, T most) =>
        new("", string.Create(CultureInfo.InvariantCulture, $"expected a whole number from {least} to {most}"));

    private static SpecException Unexpected(ref Utf8JsonReader reader, string expected)
    {
        var found = reader.TokenType switch
        {
            JsonTokenType.StartObject => "an object",
            JsonTokenType.StartArray => "a list",
            JsonTokenType.String => "a string",
            JsonTokenType.Number => "a number",
            JsonTokenType.True or JsonTokenType.False => "true or false",
            JsonTokenType.Null => "null",
            _ => "the end",
        };
        return new SpecException("", $"expected {expected}, found {found}");
    }
}
