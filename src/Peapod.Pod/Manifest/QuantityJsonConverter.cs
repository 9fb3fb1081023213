using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Peapod.Pod.Manifest;

/// <summary>A quantity is a string or a bare number in, always a string out.</summary>
public sealed class QuantityJsonConverter : JsonConverter<Quantity>
{
    public override Quantity Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        var text = reader.TokenType == JsonTokenType.Number ? Encoding.UTF8.GetString(reader.ValueSpan) : reader.GetString();
        return Quantity.TryParse(text, out var quantity) ? quantity : throw new JsonException(Quantity.Grammar);
    }

    public override void Write(Utf8JsonWriter writer, Quantity value, JsonSerializerOptions options)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.WriteStringValue(value.ToString());
    }
}
