using System.Text.Json;

namespace Peapod.Oci.Json;

/// <summary>A value of a <see cref="JsonRecordAttribute"/> that is no plain number, text or record.</summary>
public interface IJsonValue<TSelf> where TSelf : struct, IJsonValue<TSelf>
{
    /// <summary>Reads the value whose token is the reader's current one.</summary>
    static abstract TSelf Read(ref Utf8JsonReader reader);

    /// <summary>Writes the value.</summary>
    void Write(Utf8JsonWriter writer);
}
