using Peapod.Kernel.Terminals;

namespace Peapod.Image.Documents;

/// <summary>An image index. See the image specification, image-index.md.</summary>
internal sealed record OciIndex(IReadOnlyList<Descriptor> Manifests)
{
    internal static OciIndex Read(ReadOnlyMemory<byte> json, string file)
    {
        var document = JsonField.Parse(json, file);
        SchemaVersion.Require2(document);
        if (document.Has("layers") || document.Has("config") || document.Has("fsLayers"))
        {
            throw new ImageException($"{file}: ambiguous: it has \"manifests\" of an index and also what only a manifest has");
        }

        if (document.String("mediaType") is { } type && !MediaType.IsIndex(type))
        {
            throw new ImageException($"{file}: mediaType is {Printable.Short(type)}, expected {MediaType.Index}");
        }

        if (!document.Has("manifests"))
        {
            throw document.Missing("manifests");
        }

        return new(document.Items("manifests").Select(Descriptor.Read).ToList());
    }
}

internal static class SchemaVersion
{
    internal static void Require2(JsonField document)
    {
        if (document.RequiredNumber("schemaVersion", "the number 2") is not 2 and var version)
        {
            throw new ImageException($"{document.Place}: schemaVersion is {version}, expected 2");
        }
    }
}
