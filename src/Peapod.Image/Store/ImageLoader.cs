using System.Buffers;
using System.Text.Json;
using Peapod.Image.Documents;
using Peapod.Image.Layers;
using Peapod.Image.Sources;
using Peapod.Kernel.Files;
using Peapod.Kernel.Terminals;

namespace Peapod.Image.Store;

/// <summary>
/// Reads images from a source into a staging folder: every document and layer verified against the digest that led to it, every layer
/// unpacked unless the store has it. Commits nothing.
/// </summary>
internal sealed class ImageLoader(StoreFolder store, ImageSource source, string staging, LoadOptions options)
{
    private const int MaximumIndexDepth = 4;

    private readonly LayerStaging layerStaging = new(store, staging, options);
    private readonly Dictionary<Digest, byte[]> documents = [];
    private readonly Platform wanted = options.Platform ?? Platform.Host;

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

    /// <summary>The one image that a descriptor leads to, an index's perhaps.</summary>
    internal StagedImage Stage(Descriptor descriptor, IReadOnlyList<string> names)
    {
        var (manifest, from) = Pick([descriptor], descriptor.Place, 0);
        return StageManifest(manifest, from, names);
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
        if (descriptors.Count > options.Limits.IndexEntries)
        {
            throw new ImageException($"{place}: {descriptors.Count} manifests; an index may have {options.Limits.IndexEntries}");
        }

        var candidates = descriptors.Where(d => !d.IsAttachment && (MediaType.IsManifest(d.MediaType) || MediaType.IsIndex(d.MediaType))).ToList();
        var chosen = candidates.Where(d => d.Platform is null || d.Platform.Suits(wanted)).OrderBy(d => d.Platform is null ? 3 : d.Platform.PreferenceFor(wanted)).FirstOrDefault();
        if (chosen is null)
        {
            var found = candidates.Count > 0
                ? $"it is for {string.Join(", ", candidates.Select(d => Printable.Short(d.Platform!.ToString())))}"
                : $"its entries are {string.Join(", ", descriptors.Select(d => Printable.Short(d.MediaType)).DefaultIfEmpty("none"))}";
            throw new ImageException($"{place}: no image for {wanted}: {found}");
        }

        if (MediaType.IsManifest(chosen.MediaType))
        {
            return (chosen, null);
        }

        if (depth == MaximumIndexDepth)
        {
            throw new ImageException($"{place}: indexes refer to indexes more than {MaximumIndexDepth} deep");
        }

        var index = OciIndex.Read(ReadDocument(chosen), source.NameOf(chosen.Digest));
        return (Pick(index.Manifests, source.NameOf(chosen.Digest), depth + 1).Manifest, chosen.Digest);
    }

    private StagedImage StageManifest(Descriptor descriptor, Digest? from, IReadOnlyList<string> names)
    {
        var manifest = OciManifest.Read(ReadDocument(descriptor), source.NameOf(descriptor.Digest));
        var configuration = ReadConfiguration(ReadDocument(manifest.Config), source.NameOf(manifest.Config.Digest), manifest.Layers.Count);

        // Complain about what cannot be read before unpacking what can.
        var compressions = manifest.Layers.Select(layer => MediaType.CompressionOf(layer.MediaType, $"{layer.Place}.mediaType")).ToList();
        var layers = layerStaging.Stage(
            manifest.Layers.Select((layer, i) => new LayerToStage(
                layer.Digest, layer.Size, configuration.DiffIds[i], compressions[i], source.NameOf(layer.Digest), layer.Digest.ToString(), i + 1, manifest.Layers.Count, () => Open(layer))).ToList(),
            source.GiveUp);
        Keep(descriptor.Digest);
        Keep(manifest.Config.Digest);
        documents.Clear();
        var entry = new ReferenceEntry(descriptor.Digest, descriptor.Size, descriptor.MediaType, null, manifest.Config.Digest, from);
        return new(entry, names, Record(entry, configuration, layers));
    }

    private OciConfiguration ReadConfiguration(byte[] json, string file, int layers)
    {
        var configuration = OciConfiguration.Read(json, file);
        if (configuration.Platform.Os != wanted.Os || configuration.Platform.Architecture != wanted.Architecture)
        {
            throw new ImageException($"{file}: the image is for {Printable.Short(configuration.Platform.ToString())}; {(options.Platform is null ? "this host runs" : "wanted is one for")} {wanted}");
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
        var compressions = image.Layers.Select(DetectCompression).ToList();
        var layers = layerStaging.Stage(
            image.Layers.Select((name, i) => new LayerToStage(
                null, SizeOf(name), configuration.DiffIds[i], compressions[i], Printable.Short(name), name, i + 1, image.Layers.Count, () => source.TryOpen(name, out _) ?? throw MissingLayer(name))).ToList(),
            source.GiveUp);
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
            return LayerCompression.Zstd;
        }

        return count >= 2 && magic[0] == 0x1f && magic[1] == 0x8b ? LayerCompression.Gzip : LayerCompression.None;
    }

    private long SizeOf(string name)
    {
        using var stream = source.TryOpen(name, out var size) ?? throw MissingLayer(name);
        return size;
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
                WriteDescriptor(json, compression switch { LayerCompression.Gzip => MediaType.LayerGzip, LayerCompression.Zstd => MediaType.LayerZstd, _ => MediaType.Layer }, layer.Blob, layer.BlobSize);
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

        var subject = source.NameOf(descriptor.Digest);
        using var stream = Open(descriptor);
        var content = new byte[descriptor.Size];
        stream.ReadExactly(content);
        var digest = Digest.OfHash(Sha256.Hash(content));
        return digest == descriptor.Digest ? documents[digest] = content : throw WrongDigest(subject, digest, descriptor.Digest);
    }

    private Stream Open(Descriptor descriptor)
    {
        var name = source.NameOf(descriptor.Digest);
        var stream = source.TryOpen(descriptor, out var length) ?? throw new ImageException($"{name}: missing from {source.Path}");
        if (length != descriptor.Size)
        {
            stream.Dispose();
            throw new ImageException($"{name}: it has {length} bytes, expected {descriptor.Size}");
        }

        return stream;
    }

    private void Keep(Digest document)
    {
        using var folder = FileSystem.OpenDirectory($"{staging}/blobs");
        FileSystem.Replace(folder, document.Hex, documents[document], 0x180);
    }

    internal static ImageException WrongDigest(string subject, Digest found, Digest expected) =>
        new($"{subject}: its content has the digest {found}, expected {expected}");
}
