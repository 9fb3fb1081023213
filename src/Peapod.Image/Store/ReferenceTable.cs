using System.Buffers;
using System.Text.Json;
using Peapod.Image.Documents;
using Peapod.Kernel;
using Peapod.Kernel.Files;

namespace Peapod.Image.Store;

/// <summary>
/// The store's index.json: an OCI image index whose annotations name the images, so that the store's folder is itself an image layout.
/// Read in one pass without a serializer, since it is on a pod's way to its start.
/// </summary>
internal static class ReferenceTable
{
    internal const string FileName = "index.json";
    private const string IdAnnotation = "io.peapod.image.id";
    private const string SourceAnnotation = "io.peapod.image.source";

    /// <summary>Empty when there is no store yet.</summary>
    internal static List<ReferenceEntry> Read(string folder)
    {
        var path = $"{folder}/{FileName}";
        try
        {
            return FileSystem.TryReadBytes(path) is { } json ? Parse(json) : [];
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException or FormatException or KernelException { IsDamage: true })
        {
            var reason = error is KernelException kernel ? kernel.Reason : "it is not what was written there";
            throw new ImageException($"{path} is damaged: {reason}; move it away and load the images again, which is quick, since their layers are there: mv {path} {path}.damaged", error);
        }
    }

    internal static void Write(SafeFd folder, IReadOnlyList<ReferenceEntry> entries)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteNumber("schemaVersion", 2);
            json.WriteString("mediaType", MediaType.Index);
            json.WriteStartArray("manifests");
            foreach (var entry in entries)
            {
                json.WriteStartObject();
                json.WriteString("mediaType", entry.MediaType);
                json.WriteString("digest", entry.Manifest.ToString());
                json.WriteNumber("size", entry.Size);
                json.WriteStartObject("annotations");
                if (entry.Name is not null)
                {
                    json.WriteString(Descriptor.RefName, entry.Name);
                }

                json.WriteString(IdAnnotation, entry.Id.ToString());
                if (entry.Source is not null)
                {
                    json.WriteString(SourceAnnotation, entry.Source.ToString());
                }

                json.WriteEndObject();
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        StoreFolder.ReplaceDurably(folder, FileName, buffer.WrittenSpan);
    }

    /// <summary>Strict: a table of which something went unread would have the images in that part taken for garbage.</summary>
    private static List<ReferenceEntry> Parse(ReadOnlySpan<byte> data)
    {
        List<ReferenceEntry>? entries = null;
        var json = new Utf8JsonReader(data);
        Expect(json.Read() && json.TokenType == JsonTokenType.StartObject);
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            if (!json.ValueTextEquals("manifests"u8))
            {
                json.Skip();
                continue;
            }

            entries = [];
            Expect(json.Read() && json.TokenType == JsonTokenType.StartArray);
            while (json.Read() && json.TokenType == JsonTokenType.StartObject)
            {
                entries.Add(ParseEntry(ref json));
            }

            Expect(json.TokenType == JsonTokenType.EndArray);
        }

        Expect(entries is not null);
        return entries!;
    }

    private static ReferenceEntry ParseEntry(ref Utf8JsonReader json)
    {
        string? mediaType = null, name = null;
        Digest? manifest = null, id = null, source = null;
        long size = 0;
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            if (json.ValueTextEquals("mediaType"u8))
            {
                json.Read();
                mediaType = json.GetString();
            }
            else if (json.ValueTextEquals("digest"u8))
            {
                manifest = ReadDigest(ref json);
            }
            else if (json.ValueTextEquals("size"u8))
            {
                json.Read();
                size = json.GetInt64();
            }
            else if (json.ValueTextEquals("annotations"u8))
            {
                json.Read();
                while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
                {
                    if (json.ValueTextEquals("org.opencontainers.image.ref.name"u8))
                    {
                        json.Read();
                        name = json.GetString();
                    }
                    else if (json.ValueTextEquals("io.peapod.image.id"u8))
                    {
                        id = ReadDigest(ref json);
                    }
                    else if (json.ValueTextEquals("io.peapod.image.source"u8))
                    {
                        source = ReadDigest(ref json);
                    }
                    else
                    {
                        json.Skip();
                    }
                }
            }
            else
            {
                json.Skip();
            }
        }

        Expect(manifest is not null && id is not null && mediaType is not null);
        return new(manifest!.Value, size, mediaType!, name, id!.Value, source);
    }

    private static Digest ReadDigest(ref Utf8JsonReader json)
    {
        json.Read();
        return Digest.TryParse(json.GetString(), out var digest) ? digest : throw new FormatException("a digest is malformed");
    }

    private static void Expect(bool met)
    {
        if (!met)
        {
            throw new FormatException("not a reference table");
        }
    }
}
