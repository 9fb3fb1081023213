using Peapod.Kernel.Terminals;

namespace Peapod.Image.Documents;

/// <summary>An image manifest. See the image specification, manifest.md.</summary>
internal sealed record OciManifest(Descriptor Config, IReadOnlyList<Descriptor> Layers)
{
    internal static OciManifest Read(ReadOnlyMemory<byte> json, string file)
    {
        var document = JsonField.Parse(json, file);
        SchemaVersion.Require2(document);
        if (document.Has("manifests") || document.Has("fsLayers"))
        {
            throw new ImageException($"{file}: ambiguous: it is referred to as a manifest and also has what only an index or an older manifest has");
        }

        if (document.String("mediaType") is { } type && !MediaType.IsManifest(type))
        {
            throw new ImageException($"{file}: mediaType is {Printable.Short(type)}, expected {MediaType.Manifest}");
        }

        if (!document.Has("layers"))
        {
            throw document.Missing("layers");
        }

        var config = Descriptor.Read(document.RequiredObject("config"));
        if (!MediaType.IsConfig(config.MediaType))
        {
            throw new ImageException($"{config.Place}: not a container image: its configuration is of media type {Printable.Short(config.MediaType)}, expected {MediaType.Config}");
        }

        return new(config, document.Items("layers").Select(Descriptor.Read).ToList());
    }
}
