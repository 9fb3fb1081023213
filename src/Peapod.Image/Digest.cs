using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using Peapod.Image.Layers;
using Peapod.Kernel.Terminals;

namespace Peapod.Image;

/// <summary>The SHA-256 of some content, as images name it: <c>sha256:</c> and 64 lower-case hexadecimal digits.</summary>
public readonly record struct Digest
{
    private const string Prefix = "sha256:";
    private static readonly SearchValues<char> HexDigits = SearchValues.Create("0123456789abcdef");

    private Digest(string hex) => Hex = hex;

    /// <summary>The digits alone; a safe file name.</summary>
    public string Hex { get; }

    public static Digest OfHash(ReadOnlySpan<byte> sha256) => new(Convert.ToHexStringLower(sha256));

    public static Digest Of(ReadOnlySpan<byte> content) => OfHash(Sha256.Hash(content));

    public static bool TryParse([NotNullWhen(true)] string? text, out Digest digest)
    {
        if (text is not null && text.StartsWith(Prefix, StringComparison.Ordinal) && TryParseHex(text[Prefix.Length..], out digest))
        {
            return true;
        }

        digest = default;
        return false;
    }

    /// <param name="text">What to read.</param>
    /// <param name="subject">Where it was read, for the message: <c>index.json: manifests[0].digest</c>.</param>
    /// <exception cref="ImageException">It is no sha256 digest.</exception>
    public static Digest Parse(string text, string subject) => TryParse(text, out var digest)
        ? digest
        : throw new ImageException($"{subject}: \"{Printable.Short(text)}\" is not a digest that can be used; expected sha256: and 64 lower-case hexadecimal digits");

    public override string ToString() => Prefix + Hex;

    internal static bool TryParseHex(string hex, out Digest digest)
    {
        digest = default;
        if (hex.Length != 64 || !IsHex(hex))
        {
            return false;
        }

        digest = new(hex);
        return true;
    }

    internal static bool IsHex(string text) => text.AsSpan().IndexOfAnyExcept(HexDigits) < 0;
}
