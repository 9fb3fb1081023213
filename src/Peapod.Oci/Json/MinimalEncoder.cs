using System.Text.Encodings.Web;

namespace Peapod.Oci.Json;

/// <summary>
/// Escapes in JSON only what RFC 8259 says must be. What no reader of ours would take back becomes U+FFFD, so that untrusted text in a state file
/// cannot make that unreadable: a NUL, which would end the string for the kernel, and half a surrogate pair. .NET's own encoders fill tables of all Unicode ranges when first used, which takes
/// 0.1 ms of each command's time.
/// </summary>
public sealed class MinimalEncoder : JavaScriptEncoder
{
    /// <summary>The one there is.</summary>
    public static MinimalEncoder Instance { get; } = new();

    /// <summary>"\\u0000".</summary>
    public override int MaxOutputCharactersPerInputCharacter => 6;

    /// <inheritdoc/>
    public override bool WillEncode(int unicodeScalar) => unicodeScalar is < 0x20 or '"' or '\\';

    /// <inheritdoc/>
    public override unsafe int FindFirstCharacterToEncode(char* text, int textLength)
    {
        for (var i = 0; i < textLength; i++)
        {
            if (WillEncode(text[i]))
            {
                return i;
            }

            if (char.IsSurrogate(text[i]) && !(i + 1 < textLength && char.IsSurrogatePair(text[i], text[++i])))
            {
                return i;
            }
        }

        return -1;
    }

    /// <inheritdoc/>
    public override int FindFirstCharacterToEncodeUtf8(ReadOnlySpan<byte> utf8Text)
    {
        for (var i = 0; i < utf8Text.Length; i++)
        {
            if (WillEncode(utf8Text[i]))
            {
                return i;
            }
        }

        return -1;
    }

    /// <inheritdoc/>
    public override unsafe bool TryEncodeUnicodeScalar(int unicodeScalar, char* buffer, int bufferLength, out int numberOfCharactersWritten)
    {
        var text = unicodeScalar == 0 ? "\uFFFD" : unicodeScalar is '"' or '\\' ? $"\\{(char)unicodeScalar}" : WillEncode(unicodeScalar) ? $"\\u{unicodeScalar:x4}" : char.ConvertFromUtf32(unicodeScalar);
        numberOfCharactersWritten = text.Length;
        return text.AsSpan().TryCopyTo(new Span<char>(buffer, bufferLength));
    }
}
