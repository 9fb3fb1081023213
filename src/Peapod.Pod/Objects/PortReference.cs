using System.Globalization;
using System.Text.Json;
using Peapod.Oci.Json;

namespace Peapod.Pod.Objects;

/// <summary>A port of a container: its number, or the name that <c>ports</c> gives it.</summary>
public readonly record struct PortReference(int Number, string? Name) : IJsonValue<PortReference>
{
    static PortReference IJsonValue<PortReference>.Read(ref Utf8JsonReader reader) =>
        reader.TokenType == JsonTokenType.Number ? new(reader.GetInt32(), null) : new(0, reader.GetString());

    void IJsonValue<PortReference>.Write(Utf8JsonWriter writer)
    {
        if (Name is null)
        {
            writer.WriteNumberValue(Number);
        }
        else
        {
            writer.WriteStringValue(Name);
        }
    }

    public override string ToString() => Name ?? Number.ToString(CultureInfo.InvariantCulture);
}
