using System.Text.Json;
using Peapod.Oci.Json;

namespace Peapod.Oci;

/// <summary>A document that is a list of mounts and nothing else: what the command <c>mounts</c> reads, as crun's does.</summary>
public sealed class MountList : IJsonRecord<MountList>
{
    private MountList(IReadOnlyList<Mount> mounts) => Mounts = mounts;

    public IReadOnlyList<Mount> Mounts { get; }

    /// <exception cref="SpecException">It is no such document.</exception>
    public static MountList Parse(ReadOnlySpan<byte> utf8) => JsonIn.Document<MountList>(utf8);

    static MountList IJsonRecord<MountList>.Read(ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            throw new JsonFault(reader.TokenStartIndex, "expected an array of mounts");
        }
        var mounts = new List<Mount>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            mounts.Add(ReadOne<Mount>(ref reader));
        }
        return new(mounts);
    }

    void IJsonRecord<MountList>.Write(Utf8JsonWriter writer)
    {
        writer.WriteStartArray();
        foreach (var mount in Mounts)
        {
            mount.Write(writer);
        }

        writer.WriteEndArray();
    }

    private static T ReadOne<T>(ref Utf8JsonReader reader) where T : class, IJsonRecord<T> => T.Read(ref reader);
}
