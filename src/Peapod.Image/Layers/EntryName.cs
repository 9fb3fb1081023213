namespace Peapod.Image.Layers;

/// <summary>Names of archive members as paths below a layer's root: bytes, parts joined by '/', no "", "." or "..".</summary>
internal static class EntryName
{
    /// <summary>PATH_MAX: bytes of a path, the NUL included.</summary>
    internal const int LongestPath = 4096;

    /// <summary>False when the name leads out of the root, or is longer than a path can be. The root itself is empty.</summary>
    internal static bool TryClean(ReadOnlySpan<byte> raw, out byte[] clean)
    {
        clean = [];
        if (raw.Length >= LongestPath)
        {
            return false;
        }

        Span<byte> path = stackalloc byte[LongestPath];
        var length = 0;
        foreach (var range in raw.Split((byte)'/'))
        {
            var part = raw[range];
            if (part.IsEmpty || part.SequenceEqual("."u8))
            {
                continue;
            }

            if (part.SequenceEqual(".."u8))
            {
                if (length == 0)
                {
                    return false;
                }

                length = Math.Max(path[..length].LastIndexOf((byte)'/'), 0);
                continue;
            }

            if (length > 0)
            {
                path[length++] = (byte)'/';
            }

            part.CopyTo(path[length..]);
            length += part.Length;
        }

        clean = path[..length].ToArray();
        return true;
    }

    internal static ReadOnlySpan<byte> Parent(ReadOnlySpan<byte> path) => path.LastIndexOf((byte)'/') is >= 0 and var slash ? path[..slash] : [];

    /// <summary>The last part.</summary>
    internal static ReadOnlySpan<byte> Leaf(ReadOnlySpan<byte> path) => path[(path.LastIndexOf((byte)'/') + 1)..];

    internal static byte[] NullTerminated(ReadOnlySpan<byte> path) => [.. path, 0];
}
