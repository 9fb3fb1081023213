namespace Peapod.Image.Store;

/// <summary>One line of the reference table: a manifest of the store, and what it is called.</summary>
/// <param name="Manifest">The manifest's digest.</param>
/// <param name="Size">Bytes of the manifest.</param>
/// <param name="MediaType">The manifest's media type.</param>
/// <param name="Name">Null for an image without a name.</param>
/// <param name="Id">The configuration's digest.</param>
/// <param name="Source">The digest of the index the manifest was picked from, when there was one.</param>
internal sealed record ReferenceEntry(Digest Manifest, long Size, string MediaType, string? Name, Digest Id, Digest? Source);
