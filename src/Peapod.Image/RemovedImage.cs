namespace Peapod.Image;

/// <summary>What <see cref="ImageStore.Remove"/> did.</summary>
/// <param name="Untagged">Names that are gone.</param>
/// <param name="Deleted">Ids of images that are gone with their last name.</param>
public sealed record RemovedImage(IReadOnlyList<string> Untagged, IReadOnlyList<Digest> Deleted);
