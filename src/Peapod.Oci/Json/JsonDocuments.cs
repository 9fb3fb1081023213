using System.Buffers;
using System.Text.Json;

namespace Peapod.Oci.Json;

/// <summary>Whole JSON texts.</summary>
internal static class JsonDocuments
{
    private static ReadOnlySpan<byte> ByteOrderMark => [0xef, 0xbb, 0xbf];

    internal static T Parse<T>(ReadOnlySpan<byte> json, JsonValues.ReadValue<T> read)
    {
        if (json.StartsWith(ByteOrderMark))
        {
            json = json[ByteOrderMark.Length..];
        }

        var reader = new Utf8JsonReader(json);
        try
        {
            reader.Read();
            var document = read(ref reader);

            // Whatever follows the one object is an error, which the reader itself finds.
            reader.Read();
            return document;
        }
        catch (JsonException e)
        {
            throw new SpecException("", $"is not valid JSON: line {e.LineNumber + 1}, byte {e.BytePositionInLine + 1}", e);
        }
    }

    internal static byte[] Write<T>(T document, Action<T, Utf8JsonWriter> write, bool indented)
    {
        var buffer = new ArrayBufferWriter<byte>(4096);
        using (var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions
        {
            Indented = indented,
            IndentCharacter = '\t',
            IndentSize = 1,
            Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        }))
        {
            write(document, writer);
        }

        return buffer.WrittenSpan.ToArray();
    }
}
