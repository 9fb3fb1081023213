using System.Text;
using System.Text.Json;

namespace Peapod.Oci.Json;

/// <summary>
/// Names the place of a fault. Reading keeps no track of where it is: when something is wrong, the document is walked
/// once more up to that token, so that a good document pays nothing.
/// </summary>
internal static class JsonPath
{
    /// <summary>The path of the value (or of the name's object member) that starts at a byte offset, such as <c>mounts[3].options[1]</c>.</summary>
    public static string Of(ReadOnlySpan<byte> utf8, long offset)
    {
        var reader = new Utf8JsonReader(utf8, new JsonReaderOptions { MaxDepth = JsonIn.MaxDepth });
        var names = new string?[JsonIn.MaxDepth + 1];
        var indexes = new int[JsonIn.MaxDepth + 1];
        int depth = 0;
        try
        {
            while (reader.Read())
            {
                bool isEnd = reader.TokenType is JsonTokenType.EndObject or JsonTokenType.EndArray;
                if (isEnd)
                {
                    depth--;
                }
                else if (reader.TokenType == JsonTokenType.PropertyName)
                {
                    names[depth] = Encoding.UTF8.GetString(reader.ValueSpan);
                }
                else if (names[depth] is null)
                {
                    indexes[depth]++;
                }
                if (reader.TokenStartIndex >= offset)
                {
                    break;
                }
                if (reader.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray)
                {
                    depth++;
                    names[depth] = reader.TokenType == JsonTokenType.StartObject ? "" : null;
                    indexes[depth] = -1;
                }
            }
        }
        catch (JsonException)
        {
            // The rest of the document is broken too; the path so far is right.
        }

        var path = new StringBuilder();
        for (int i = 1; i <= depth; i++)
        {
            if (names[i] is not { } name)
            {
                path.Append('[').Append(indexes[i]).Append(']');
            }
            else if (name.Contains('.') || name.Contains('['))
            {
                path.Append("[\"").Append(name).Append("\"]");
            }
            else if (name.Length != 0)
            {
                path.Append(path.Length == 0 ? "" : ".").Append(name);
            }
        }
        return path.ToString();
    }

    /// <summary>A place for a text editor: <c>line 3, column 14</c>, both counted from 1, columns in bytes.</summary>
    public static string LineAndColumn(ReadOnlySpan<byte> utf8, long offset)
    {
        ReadOnlySpan<byte> before = utf8[..(int)Math.Min(offset, utf8.Length)];
        int line = 1 + before.Count((byte)'\n');
        int column = before.Length - before.LastIndexOf((byte)'\n');
        return $"line {line}, column {column}";
    }
}
