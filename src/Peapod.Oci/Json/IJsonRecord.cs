using System.Text.Json;

namespace Peapod.Oci.Json;

/// <summary>What the generator implements for a record marked <see cref="JsonRecordAttribute"/>.</summary>
public interface IJsonRecord<TSelf> where TSelf : class, IJsonRecord<TSelf>
{
    /// <summary>Reads the object whose start is the reader's current token; leaves the reader on its end.</summary>
    static abstract TSelf Read(ref Utf8JsonReader reader);

    /// <summary>Writes the record as one JSON object.</summary>
    void Write(Utf8JsonWriter writer);
}
