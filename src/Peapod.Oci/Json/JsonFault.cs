namespace Peapod.Oci.Json;

/// <summary>A token that a reader cannot take, by its place in the document; <see cref="JsonIn"/> turns the place into a path.</summary>
internal sealed class JsonFault(long offset, string message) : Exception(message)
{
    /// <summary>Where the token starts, in bytes.</summary>
    public long Offset { get; } = offset;
}
