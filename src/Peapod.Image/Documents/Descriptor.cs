namespace Peapod.Image.Documents;

/// <summary>What refers to a blob. See the image specification, descriptor.md.</summary>
internal sealed record Descriptor(string MediaType, Digest Digest, long Size, Platform? Platform, IReadOnlyDictionary<string, string> Annotations, string Place)
{
    internal const string RefName = "org.opencontainers.image.ref.name";
    private const string ContainerdName = "io.containerd.image.name";

    /// <summary>The image's name, from the annotation containerd and Docker put the full one in, else from the standard one.</summary>
    internal string? ImageName => Annotations.GetValueOrDefault(ContainerdName) ?? Annotations.GetValueOrDefault(RefName);

    /// <summary>Signatures and provenance that lie beside images in an index.</summary>
    internal bool IsAttachment => Platform is { Os: "unknown" } || Annotations.ContainsKey("vnd.docker.reference.type");

    internal static Descriptor Read(JsonField field)
    {
        var platform = field.Expect(System.Text.Json.JsonValueKind.Object).Object("platform");
        return new(
            field.RequiredString("mediaType"),
            field.RequiredDigest("digest"),
            field.RequiredNumber("size", "a size in bytes"),
            platform is { } p ? new Platform(p.RequiredString("os"), p.RequiredString("architecture"), p.String("variant")) : null,
            field.Map("annotations"),
            field.Place);
    }
}
