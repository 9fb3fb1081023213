using Peapod.Image;

namespace Peapod.Registry;

/// <summary>A manifest or an index, as it came.</summary>
internal sealed record FetchedManifest(byte[] Content, Digest Digest, string MediaType);
