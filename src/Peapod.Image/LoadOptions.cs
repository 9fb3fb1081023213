using Peapod.Image.Documents;

namespace Peapod.Image;

/// <summary>How <see cref="ImageStore.Load"/> loads.</summary>
public sealed record LoadOptions
{
    /// <summary>The name to give the image in place of those its file gives it; only for a file with one image.</summary>
    public string? Tag { get; init; }

    /// <summary>Told while layers are read, some times a second at most for each, by one thread at a time.</summary>
    public Action<LoadProgress>? Progress { get; init; }

    /// <summary>Told when a layer is done, by one thread at a time: its digest, or its name in a docker archive, and whether the store had it.</summary>
    public Action<string, bool>? LayerDone { get; init; }

    /// <summary>Which image of several to take; null for one that runs here.</summary>
    public Platform? Platform { get; init; }

    /// <summary>Layers that are unpacked at a time.</summary>
    public int LayersAtOnce { get; init; } = Math.Clamp(Environment.ProcessorCount, 1, 4);

    /// <summary>Each layer goes into the store as soon as it is done, whatever becomes of the image: whoever tries again goes on there.</summary>
    internal bool KeepsLayers { get; init; }

    public LoadLimits Limits { get; init; } = new();
}

/// <summary>How much an image may ask of the host; each with a default that no honest image meets.</summary>
public sealed record LoadLimits
{
    /// <summary>Bytes of one JSON document: index, manifest or configuration.</summary>
    public int DocumentBytes { get; init; } = 4 << 20;

    /// <summary>Entries of one layer.</summary>
    public int LayerEntries { get; init; } = 2_000_000;

    /// <summary>Bytes of one layer, uncompressed.</summary>
    public long LayerBytes { get; init; } = 64L << 30;

    public int Layers { get; init; } = 500;

    /// <summary>Manifests of one index.</summary>
    public int IndexEntries { get; init; } = 1000;
}

/// <param name="Layer">The packed layer's digest, or its name in a docker archive.</param>
/// <param name="Number">From 1.</param>
/// <param name="Count">Layers of this image.</param>
/// <param name="Bytes">Packed bytes read so far.</param>
/// <param name="TotalBytes">Packed bytes of this layer.</param>
public readonly record struct LoadProgress(string Layer, int Number, int Count, long Bytes, long TotalBytes);
