using System.Buffers;
using System.IO.Compression;
using System.Text.Json;
using Peapod.Image.Documents;
using Peapod.Image.Layers;
using Peapod.Image.Sources;
using Peapod.Kernel;
using Peapod.Kernel.Files;
using Peapod.Kernel.Interop;
using Peapod.Kernel.Terminals;

namespace Peapod.Image.Store;

/// <summary>
/// Reads images from a source into a staging folder: every document and layer verified against the digest that led to it, every layer
/// unpacked unless the store has it. Commits nothing.
/// </summary>
internal sealed class ImageLoader(StoreFolder store, ImageSource source, string staging, LoadOptions options)
{
    private const int MaximumIndexDepth = 4;

    private readonly Dictionary<Digest, StagedLayer> staged = [];
    private readonly Dictionary<Digest, byte[]> documents = [];

    /// <summary>Every image of the source.</summary>
    internal List<StagedImage> Stage()
    {
        if (source.TryReadDocument("oci-layout", options.Limits.DocumentBytes) is { } layout)
        {
            return StageLayout(layout);
        }

        if (source.TryReadDocument("manifest.json", options.Limits.DocumentBytes) is { } manifest)
        {
            return StageDockerArchive(manifest);
        }

        throw new ImageException($"\"{source.Path}\" holds no image: neither oci-layout (an OCI image layout) nor manifest.json (docker save) is in it");
    }

    /// <summary>Remembers which diff id each layer's blob turned out to have, so that it need not be unpacked to be believed again.</summary>
    internal void WriteDiffIds()
    {
        FileSystem.MakeDirectory($"{staging}/diffids", StoreFolder.PrivateMode);
        using var folder = FileSystem.OpenDirectory($"{staging}/diffids");
        foreach (var layer in staged.Values)
        {
            FileSystem.Replace(folder, layer.Blob.Hex, System.Text.Encoding.ASCII.GetBytes(layer.DiffId.ToString()), 0x180);
        }
    }

    private List<StagedImage> StageLayout(byte[] layout)
    {
        var version = JsonField.Parse(layout, "oci-layout").RequiredString("imageLayoutVersion");
        if (version is not "1.0.0")
        {
            throw new ImageException($"oci-layout: imageLayoutVersion is \"{Printable.Short(version)}\", expected \"1.0.0\"");
        }

        var json = source.TryReadDocument("index.json", options.Limits.DocumentBytes)
            ?? throw new ImageException($"\"{source.Path}\" has no index.json beside its oci-layout");
        var index = OciIndex.Read(json, "index.json");

        // Entries of one name are one image for several platforms. So are those without one, unless none of them says what it is for.
        var descriptors = index.Manifests.Where(descriptor => !descriptor.IsAttachment).ToList();
        var alone = descriptors.TrueForAll(descriptor => descriptor.ImageName is not null || descriptor.Platform is null);
        var groups = descriptors.GroupBy(descriptor => (descriptor.ImageName, Alone: alone && descriptor.ImageName is null ? descriptor.Digest : (Digest?)null)).ToList();
        RequireImages(groups.Count);
        return groups.ConvertAll(group => StageGroup([.. group]));
    }

    private StagedImage StageGroup(List<Descriptor> descriptors)
    {
        var names = Names(descriptors[0].ImageName is { } name ? [name] : []);
        var (manifest, from) = Pick(descriptors, "index.json", 0);
        return StageManifest(manifest, from, names);
    }

    /// <summary>The manifest for this host, and the topmost index it was found through.</summary>
    private (Descriptor Manifest, Digest? Source) Pick(IReadOnlyList<Descriptor> descriptors, string place, int depth)
    {
        var candidates = descriptors.Where(d => !d.IsAttachment && (MediaType.IsManifest(d.MediaType) || MediaType.IsIndex(d.MediaType))).ToList();
        var chosen = candidates.Where(d => d.Platform is null || d.Platform.RunsHere).OrderBy(d => d.Platform is null ? 3 : d.Platform.Preference).FirstOrDefault();
        if (chosen is null)
        {
            var found = candidates.Count > 0
                ? $"it is for {string.Join(", ", candidates.Select(d => Printable.Short(d.Platform!.ToString())))}"
                : $"its entries are {string.Join(", ", descriptors.Select(d => Printable.Short(d.MediaType)).DefaultIfEmpty("none"))}";
            throw new ImageException($"{place}: no image for {Platform.Host}: {found}");
        }

        if (MediaType.IsManifest(chosen.MediaType))
        {
            return (chosen, null);
        }

        if (depth == MaximumIndexDepth)
        {
            throw new ImageException($"{place}: indexes refer to indexes more than {MaximumIndexDepth} deep");
        }

        var index = OciIndex.Read(ReadDocument(chosen), BlobName(chosen.Digest));
        return (Pick(index.Manifests, BlobName(chosen.Digest), depth + 1).Manifest, chosen.Digest);
    }

    private StagedImage StageManifest(Descriptor descriptor, Digest? from, IReadOnlyList<string> names)
    {
        var manifest = OciManifest.Read(ReadDocument(descriptor), BlobName(descriptor.Digest));
        var configuration = ReadConfiguration(ReadDocument(manifest.Config), BlobName(manifest.Config.Digest), manifest.Layers.Count);

        // Complain about what cannot be read before unpacking what can.
        var compressions = manifest.Layers.Select(layer => MediaType.CompressionOf(layer.MediaType, $"{layer.Place}.mediaType")).ToList();
        var layers = new List<StagedLayer>();
        for (var i = 0; i < manifest.Layers.Count; i++)
        {
            var layer = manifest.Layers[i];
            layers.Add(StageLayer(layer, configuration.DiffIds[i], compressions[i], i + 1, manifest.Layers.Count));
        }

        Keep(descriptor.Digest);
        Keep(manifest.Config.Digest);
        documents.Clear();
        var entry = new ReferenceEntry(descriptor.Digest, descriptor.Size, descriptor.MediaType, null, manifest.Config.Digest, from);
        return new(entry, names, Record(entry, configuration, layers));
    }

    private OciConfiguration ReadConfiguration(byte[] json, string file, int layers)
    {
        var configuration = OciConfiguration.Read(json, file);
        if (!configuration.Platform.RunsHere)
        {
            throw new ImageException($"{file}: the image is for {Printable.Short(configuration.Platform.ToString())}; this host runs {Platform.Host}");
        }

        if (configuration.DiffIds.Count != layers)
        {
            throw new ImageException($"{file}: rootfs.diff_ids names {configuration.DiffIds.Count} layers; the manifest has {layers}");
        }

        return layers <= options.Limits.Layers
            ? configuration
            : throw new ImageException($"{file}: {layers} layers; an image may have {options.Limits.Layers}");
    }

    private static ContainerImage Record(ReferenceEntry entry, OciConfiguration configuration, List<StagedLayer> layers)
    {
        // A layer that comes again further up says everything again, and overlayfs refuses to have a folder twice.
        var stack = new List<Digest>();
        foreach (var layer in Enumerable.Reverse(layers))
        {
            if (!stack.Contains(layer.DiffId))
            {
                stack.Add(layer.DiffId);
            }

            // Overlayfs looks for the opaque mark everywhere but on a layer's root.
            if (layer.Unpacked.OpaqueRoot)
            {
                break;
            }
        }

        stack.Reverse();
        return new()
        {
            Id = entry.Id,
            Digest = entry.Manifest,
            Created = configuration.Created,
            Size = layers.Sum(layer => layer.Unpacked.Size),
            Config = configuration.Config,
            DiffIds = configuration.DiffIds,
            Stack = stack,
            LayerPaths = [],
            Root = layers.FindLast(layer => layer.Unpacked.Root is not null).Unpacked.Root ?? RootAttributes.Default,
            Blobs = [entry.Manifest, entry.Id, .. layers.Select(layer => layer.Blob)],
        };
    }

    private StagedLayer StageLayer(Descriptor layer, Digest diffId, LayerCompression compression, int number, int count)
    {
        if (staged.TryGetValue(layer.Digest, out var done) && done.DiffId == diffId)
        {
            return done;
        }

        if (store.Find(layer.Digest, layer.Size, diffId) is { } known)
        {
            return staged[layer.Digest] = new(layer.Digest, layer.Size, diffId, known);
        }

        using var packed = Open(layer.Digest, layer.Size);
        return Unpack(packed, layer.Digest, layer.Size, diffId, compression, BlobName(layer.Digest), layer.Digest.ToString(), number, count);
    }

    /// <summary>One pass over the packed layer: copied to its blob, hashed, unpacked, and hashed again as the archive it is.</summary>
    private StagedLayer Unpack(
        Stream packed, Digest? expected, long size, Digest diffId, LayerCompression compression, string subject, string label, int number, int count)
    {
        var blobFile = $"{staging}/blobs/.{Guid.NewGuid():N}";
        var layerFolder = $"{staging}/layers/.{Guid.NewGuid():N}";
        FileSystem.MakeDirectory(layerFolder, StoreFolder.PrivateMode);
        FileSystem.MakeDirectory($"{layerFolder}/tree", StoreFolder.PrivateMode);

        using var blob = FileSystem.Open(blobFile, Libc.O_WRONLY | Libc.O_CREAT | Libc.O_EXCL, 0x180);
        using var tree = FileSystem.Open($"{layerFolder}/tree", Libc.O_RDONLY | Libc.O_DIRECTORY);
        KernelException.Check(Libc.fchmod(tree.Number, RootAttributes.Default.Mode), "fchmod");

        using var packedStream = new DigestStream(packed, size, subject, blob, Report(label, number, count, size));
        var (unpacked, foundDiffId) = Unpack(packedStream, tree, compression, subject, expected);
        var digest = packedStream.Finish();
        if (packedStream.Count != size)
        {
            throw new ImageException($"{subject}: it has {packedStream.Count} bytes, expected {size}");
        }

        if (expected is { } wanted && digest != wanted)
        {
            throw WrongDigest(subject, digest, wanted);
        }

        if (foundDiffId != diffId)
        {
            throw new ImageException($"{subject}: unpacked, its diff id is {foundDiffId}, expected {diffId} as the image's configuration says");
        }

        using (var folder = FileSystem.OpenDirectory(layerFolder))
        {
            FileSystem.Replace(folder, LayerInfo.FileName, LayerInfo.Write(unpacked), 0x180);
        }

        Rename(blobFile, $"{staging}/blobs/{digest.Hex}");
        if (FileSystem.TryStat($"{staging}/layers/{diffId.Hex}") is null)
        {
            Rename(layerFolder, $"{staging}/layers/{diffId.Hex}");
        }

        return staged[digest] = new(digest, size, diffId, unpacked);
    }

    private (UnpackedLayer Unpacked, Digest DiffId) Unpack(DigestStream packed, SafeFd tree, LayerCompression compression, string subject, Digest? expected)
    {
        var uncompressed = compression == LayerCompression.Gzip ? new GZipStream(packed, CompressionMode.Decompress, leaveOpen: true) : (Stream)packed;
        try
        {
            using var archive = new DigestStream(uncompressed, options.Limits.LayerBytes, subject);
            var unpacked = LayerUnpacker.Unpack(archive, tree, options.Limits, subject);
            return (unpacked, archive.Finish());
        }
        catch (Exception error) when (error is InvalidDataException or ImageException)
        {
            // A damaged file shows up as nonsense in it first; what is really wrong is the digest.
            if (expected is { } wanted && packed.Finish() is var found && found != wanted)
            {
                throw WrongDigest(subject, found, wanted);
            }

            throw error as ImageException ?? new ImageException($"{subject}: damaged gzip data", error);
        }
        finally
        {
            if (!ReferenceEquals(uncompressed, packed))
            {
                uncompressed.Dispose();
            }
        }
    }

    private List<StagedImage> StageDockerArchive(byte[] json)
    {
        var images = DockerArchiveManifest.Read(json, "manifest.json");
        RequireImages(images.Count);
        return images.Select(StageDockerImage).ToList();
    }

    /// <summary>A docker archive has no manifest; one is made of its layers as they are.</summary>
    private StagedImage StageDockerImage(DockerArchiveManifest image)
    {
        var config = source.TryReadDocument(image.Config, options.Limits.DocumentBytes)
            ?? throw new ImageException($"manifest.json: Config names \"{Printable.Short(image.Config)}\", which is not in {source.Path}");
        var id = Digest.OfHash(Sha256.Hash(config));
        var claimed = Path.GetFileNameWithoutExtension(image.Config);
        if (Digest.TryParseHex(claimed, out var named) && named != id)
        {
            throw WrongDigest(Printable.Short(image.Config), id, named);
        }

        var configuration = ReadConfiguration(config, Printable.Short(image.Config), image.Layers.Count);
        var layers = new List<StagedLayer>();
        var compressions = new List<LayerCompression>();
        for (var i = 0; i < image.Layers.Count; i++)
        {
            var name = image.Layers[i];
            var compression = DetectCompression(name);
            using var stream = source.TryOpen(name, out var size) ?? throw MissingLayer(name);
            compressions.Add(compression);
            layers.Add(Unpack(stream, null, size, configuration.DiffIds[i], compression, Printable.Short(name), name, i + 1, image.Layers.Count));
        }

        var manifest = WriteManifest(id, config.Length, layers, compressions);
        var digest = Digest.OfHash(Sha256.Hash(manifest));
        documents[id] = config;
        documents[digest] = manifest;
        Keep(id);
        Keep(digest);
        documents.Clear();
        var entry = new ReferenceEntry(digest, manifest.Length, MediaType.Manifest, null, id, null);
        return new(entry, Names(image.RepoTags), Record(entry, configuration, layers));
    }

    private LayerCompression DetectCompression(string name)
    {
        using var stream = source.TryOpen(name, out _) ?? throw MissingLayer(name);
        Span<byte> magic = stackalloc byte[4];
        var count = stream.ReadAtLeast(magic, 4, throwOnEndOfStream: false);
        if (count == 4 && magic.SequenceEqual((ReadOnlySpan<byte>)[0x28, 0xb5, 0x2f, 0xfd]))
        {
            throw new ImageException($"{source.Path}: layer {Printable.Short(name)} is packed with zstd, which cannot be read; pack it with gzip or uncompressed");
        }

        return count >= 2 && magic[0] == 0x1f && magic[1] == 0x8b ? LayerCompression.Gzip : LayerCompression.None;
    }

    private ImageException MissingLayer(string name) => new($"manifest.json: Layers names \"{Printable.Short(name)}\", which is not in {source.Path}");

    private static byte[] WriteManifest(Digest config, long configSize, List<StagedLayer> layers, List<LayerCompression> compressions)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteNumber("schemaVersion", 2);
            json.WriteString("mediaType", MediaType.Manifest);
            json.WriteStartObject("config");
            WriteDescriptor(json, MediaType.Config, config, configSize);
            json.WriteStartArray("layers");
            foreach (var (layer, compression) in layers.Zip(compressions))
            {
                json.WriteStartObject();
                WriteDescriptor(json, compression == LayerCompression.Gzip ? MediaType.LayerGzip : MediaType.Layer, layer.Blob, layer.BlobSize);
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    private static void WriteDescriptor(Utf8JsonWriter json, string mediaType, Digest digest, long size)
    {
        json.WriteString("mediaType", mediaType);
        json.WriteString("digest", digest.ToString());
        json.WriteNumber("size", size);
        json.WriteEndObject();
    }

    private void RequireImages(int count)
    {
        if (count == 0)
        {
            throw new ImageException($"\"{source.Path}\" holds no image: its list of images is empty");
        }

        if (count > 1 && options.Tag is not null)
        {
            throw new ImageException($"\"{source.Path}\" holds {count} images; a name can be given to one only");
        }
    }

    private List<string> Names(IReadOnlyList<string> given)
    {
        var reference = options.Tag is null ? given.Select(ImageReference.Parse) : [ImageReference.Parse(options.Tag)];
        return reference.Select(r => r.Digest is null ? r.Name : throw new ImageException($"\"{r}\": an image can be given a name and a tag, not a digest")).Distinct().ToList();
    }

    /// <summary>A document a descriptor leads to, of its size and digest.</summary>
    private byte[] ReadDocument(Descriptor descriptor)
    {
        if (descriptor.Size > options.Limits.DocumentBytes)
        {
            throw new ImageException($"{descriptor.Place}.size: {descriptor.Size} bytes; a document may have {options.Limits.DocumentBytes}");
        }

        var subject = BlobName(descriptor.Digest);
        using var stream = Open(descriptor.Digest, descriptor.Size);
        var content = new byte[descriptor.Size];
        stream.ReadExactly(content);
        var digest = Digest.OfHash(Sha256.Hash(content));
        return digest == descriptor.Digest ? documents[digest] = content : throw WrongDigest(subject, digest, descriptor.Digest);
    }

    private Stream Open(Digest digest, long size)
    {
        var stream = source.TryOpen(BlobName(digest), out var length)
            ?? throw new ImageException($"{BlobName(digest)}: missing from {source.Path}");
        if (length != size)
        {
            stream.Dispose();
            throw new ImageException($"{BlobName(digest)}: it has {length} bytes, expected {size}");
        }

        return stream;
    }

    private void Keep(Digest document)
    {
        using var folder = FileSystem.OpenDirectory($"{staging}/blobs");
        FileSystem.Replace(folder, document.Hex, documents[document], 0x180);
    }

    private Action<long>? Report(string layer, int number, int count, long total)
    {
        if (options.Progress is not { } progress)
        {
            return null;
        }

        var last = 0L;
        return bytes =>
        {
            var now = Environment.TickCount64;
            if (bytes == total || now - last >= 100)
            {
                last = now;
                progress(new(layer, number, count, bytes, total));
            }
        };
    }

    private static void Rename(string from, string to) =>
        KernelException.Check(Libc.renameat(Libc.AT_FDCWD, from, Libc.AT_FDCWD, to), "rename", from);

    private static string BlobName(Digest digest) => $"blobs/sha256/{digest.Hex}";

    private static ImageException WrongDigest(string subject, Digest found, Digest expected) =>
        new($"{subject}: its content has the digest {found}, expected {expected}");
}
