using Peapod.Image.Layers;

namespace Peapod.Image.Store;

/// <summary>An image whose parts lie verified in a staging folder or in the store, about to be committed.</summary>
internal sealed record StagedImage(ReferenceEntry Entry, IReadOnlyList<string> Names, ContainerImage Record);

/// <summary>A layer of it.</summary>
internal readonly record struct StagedLayer(Digest Blob, long BlobSize, Digest DiffId, UnpackedLayer Unpacked);
