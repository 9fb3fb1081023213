namespace Peapod.Image;

/// <summary>An image of the store, unpacked and ready to be mounted.</summary>
public sealed record ContainerImage
{
    /// <summary>The digest of the configuration: the same for the same image however it was packed.</summary>
    public required Digest Id { get; init; }

    /// <summary>The digest of the manifest: what <c>name@sha256:…</c> names.</summary>
    public required Digest Digest { get; init; }

    /// <summary>All its names, in full, sorted; empty for an image that lost its last name to another one.</summary>
    public IReadOnlyList<string> Names { get; init; } = [];

    public DateTimeOffset? Created { get; init; }

    /// <summary>Bytes of file content in all layers, unpacked.</summary>
    public long Size { get; init; }

    public required ImageConfig Config { get; init; }

    /// <summary>Every layer's diff id, the lowest first.</summary>
    public required IReadOnlyList<Digest> DiffIds { get; init; }

    /// <summary>The unpacked trees to be stacked, the top one last. A layer that repeats further up, or lies below an opaque root, is left out.</summary>
    public required IReadOnlyList<string> LayerPaths { get; init; }

    /// <summary>Mode and owner of "/".</summary>
    internal RootAttributes Root { get; init; } = RootAttributes.Default;

    /// <summary>The manifest's, the configuration's and the packed layers' blobs.</summary>
    internal IReadOnlyList<Digest> Blobs { get; init; } = [];

    /// <summary>Those of <see cref="DiffIds"/> that <see cref="LayerPaths"/> are made of.</summary>
    internal IReadOnlyList<Digest> Stack { get; init; } = [];
}

/// <summary>Mode and owner of a root directory: the upper folder of an overlay decides them, so it must be made like the image's.</summary>
internal readonly record struct RootAttributes(uint Mode, uint Uid, uint Gid)
{
    internal static readonly RootAttributes Default = new(0x1ed, 0, 0);
}
