using System.IO.Compression;
using System.Text.Json.Nodes;
using Peapod.Image.Documents;
using Peapod.Image.Layers;
using Peapod.Kernel;
using Peapod.Kernel.Files;
using Peapod.Kernel.Interop;
using ZstdSharp;

namespace Peapod.Image.Saving;

/// <summary>Writes images of the store for other tools, and for other hosts.</summary>
public sealed class ImageSaver(ImageStore store)
{
    /// <summary>An OCI image layout: manifests and blobs as they are.</summary>
    /// <exception cref="ImageException">An image is not there, or a blob of it is damaged.</exception>
    public void SaveLayout(IReadOnlyList<string> references, ISaveTarget target)
    {
        using var kept = store.KeepContents();
        var entries = new JsonArray();
        var written = new HashSet<Digest>();
        target.Write("oci-layout", """{"imageLayoutVersion":"1.0.0"}"""u8.ToArray());
        foreach (var reference in references)
        {
            var image = store.Resolve(reference);
            var content = store.ReadManifest(image);
            var manifest = OciManifest.Read(content, image.Digest.ToString());
            if (written.Add(image.Digest))
            {
                target.Write(BlobName(image.Digest), content);
            }

            foreach (var blob in manifest.Layers.Append(manifest.Config).Where(blob => written.Add(blob.Digest)))
            {
                WriteBlob(target, blob);
            }

            var type = JsonField.Parse(content, image.Digest.ToString()).String("mediaType") ?? MediaType.Manifest;
            foreach (var name in NamesOf(image, reference))
            {
                var entry = new JsonObject { ["mediaType"] = type, ["digest"] = image.Digest.ToString(), ["size"] = content.Length };
                if (name is not null)
                {
                    entry["annotations"] = new JsonObject { [Descriptor.RefName] = name, ["io.containerd.image.name"] = name };
                }

                entries.Add((JsonNode)entry);
            }
        }

        var index = new JsonObject { ["schemaVersion"] = 2, ["mediaType"] = MediaType.Index, ["manifests"] = entries };
        target.Write("index.json", System.Text.Encoding.UTF8.GetBytes(index.ToJsonString()));
    }

    /// <summary>What <c>docker save</c> wrote before it wrote layouts, and every tool reads: layers unpacked, and a manifest.json.</summary>
    /// <inheritdoc cref="SaveLayout"/>
    public void SaveDockerArchive(IReadOnlyList<string> references, ISaveTarget target)
    {
        using var kept = store.KeepContents();
        var list = new JsonArray();
        var written = new HashSet<Digest>();
        foreach (var reference in references)
        {
            var image = store.Resolve(reference);
            var manifest = OciManifest.Read(store.ReadManifest(image), image.Digest.ToString());
            var config = store.ReadConfiguration(image);
            var diffIds = OciConfiguration.Read(config, image.Id.ToString()).DiffIds;
            if (written.Add(image.Id))
            {
                target.Write($"{image.Id.Hex}.json", config);
            }

            for (var i = 0; i < manifest.Layers.Count; i++)
            {
                if (written.Add(diffIds[i]))
                {
                    WriteUnpacked(target, manifest.Layers[i], diffIds[i]);
                }
            }

            list.Add((JsonNode)new JsonObject
            {
                ["Config"] = $"{image.Id.Hex}.json",
                ["RepoTags"] = new JsonArray([.. NamesOf(image, reference).OfType<string>().Select(static name => (JsonNode)name)]),
                ["Layers"] = new JsonArray([.. diffIds.Select(static id => (JsonNode)$"{id.Hex}.tar")]),
            });
        }

        target.Write("manifest.json", System.Text.Encoding.UTF8.GetBytes(list.ToJsonString()));
    }

    /// <summary>The name it was called by; all of its names when that was an id.</summary>
    private static List<string?> NamesOf(ContainerImage image, string reference)
    {
        List<string?> names = [.. image.Names.Where(static name => !name.Contains('@'))];
        return ImageReference.TryParse(reference, out var parsed) && names.Contains(parsed!.Name) ? [parsed.Name] : names.Count > 0 ? names : [null];
    }

    private void WriteBlob(ISaveTarget target, Descriptor blob)
    {
        using var stream = Open(blob);
        using var verified = new DigestStream(stream, blob.Size, store.BlobPath(blob.Digest));
        target.Write(BlobName(blob.Digest), verified, blob.Size);
        Verify(verified, blob.Digest, blob);
    }

    /// <summary>Twice: an archive says how long a file is before the file.</summary>
    private void WriteUnpacked(ISaveTarget target, Descriptor blob, Digest diffId)
    {
        var compression = MediaType.CompressionOf(blob.MediaType, $"{blob.Place}.mediaType");
        long size = 0;
        Read(blob, compression, diffId, stream =>
        {
            var buffer = new byte[128 << 10];
            for (int count; (count = stream.Read(buffer)) > 0;)
            {
                size += count;
            }
        });
        Read(blob, compression, diffId, stream => target.Write($"{diffId.Hex}.tar", stream, size));
    }

    private void Read(Descriptor blob, LayerCompression compression, Digest diffId, Action<Stream> use)
    {
        try
        {
            using var packed = Open(blob);
            using var unpacked = compression switch
            {
                LayerCompression.Gzip => new GZipStream(packed, CompressionMode.Decompress),
                LayerCompression.Zstd => new DecompressionStream(packed),
                _ => (Stream)packed,
            };
            using var verified = new DigestStream(unpacked, long.MaxValue, store.BlobPath(blob.Digest));
            use(verified);
            Verify(verified, diffId, blob);
        }
        catch (Exception error) when (error is InvalidDataException or ZstdException or EndOfStreamException)
        {
            throw Damaged(blob, error);
        }
    }

    private void Verify(DigestStream stream, Digest expected, Descriptor blob)
    {
        if (stream.Finish() != expected)
        {
            throw Damaged(blob, null);
        }
    }

    private FileStream Open(Descriptor blob)
    {
        var path = store.BlobPath(blob.Digest);
        try
        {
            var stream = new FileStream(FileSystem.Open(path, Libc.O_RDONLY).Detach(), FileAccess.Read, bufferSize: 0);
            if (stream.Length == blob.Size)
            {
                return stream;
            }

            stream.Dispose();
        }
        catch (Exception error) when (error is KernelException or IOException)
        {
            throw Damaged(blob, error);
        }

        throw Damaged(blob, null);
    }

    private ImageException Damaged(Descriptor blob, Exception? error) => new($"{store.BlobPath(blob.Digest)} is missing or damaged; load or pull the image again", error!);

    private static string BlobName(Digest digest) => $"blobs/sha256/{digest.Hex}";
}
