namespace Peapod.Image.Layers;

/// <summary>What unpacking found out about a layer and a mount must know.</summary>
/// <param name="Size">Bytes of file content.</param>
/// <param name="Entries">Members of the archive.</param>
/// <param name="Root">Mode and owner of "/", null when the layer does not say.</param>
/// <param name="OpaqueRoot">The layer hides everything below it.</param>
internal readonly record struct UnpackedLayer(long Size, int Entries, RootAttributes? Root, bool OpaqueRoot);
