using System.Text;

namespace Peapod.Kernel.Terminals;

/// <summary>
/// Text that somebody else wrote, made fit for a terminal, a log or a sentence. What a terminal obeys or shows in another order than it is
/// written (control characters of ASCII and Latin-1, marks of direction, line separators) becomes an escape as JSON, YAML and Go write it, so
/// that what passes here twice, or is a string of a document, stays what it is.
/// </summary>
public static class Printable
{
    private const int Longest = 200;

    private enum Lines
    {
        None,
        Hints,
        All,
    }

    /// <summary>Whether a terminal would do something else than show the character.</summary>
    public static bool IsObeyed(char character) => character
        is < ' ' or (>= '\u007f' and < '\u00a0')
        or '\u061c' or '\u200e' or '\u200f' or (>= '\u2028' and <= '\u202e') or (>= '\u2066' and <= '\u2069') or '\ufeff';

    /// <summary>A text of several lines: line ends and tabs stay.</summary>
    public static string Text(string text) => Make(text, Lines.All);

    /// <summary>One line: a cell of a table, a name in a sentence.</summary>
    public static string Line(string text) => Make(text, Lines.None);

    /// <summary>An error or a warning: a line end stays where the line behind it is indented by two, as a hint is.</summary>
    public static string Sentence(string text) => Make(text, Lines.Hints);

    /// <summary>As <see cref="Line"/>, and cut when it is long.</summary>
    public static string Short(string text) => text.Length > Longest ? Line(text[..Longest]) + '…' : Line(text);

    /// <summary>As <see cref="Short(string)"/>, of a field that ends with its first NUL.</summary>
    public static string Short(ReadOnlySpan<byte> utf8) => Short(Encoding.UTF8.GetString(utf8[..Math.Min(utf8.Length, 4 * Longest)].TrimEnd((byte)0)));

    /// <summary>As <see cref="Text"/>, of UTF-8; what is none becomes U+FFFD.</summary>
    public static ReadOnlySpan<byte> Utf8(ReadOnlySpan<byte> utf8)
    {
        foreach (var unit in utf8)
        {
            if (unit is (< (byte)' ' or > (byte)'~') and not ((byte)'\n' or (byte)'\t'))
            {
                return Encoding.UTF8.GetBytes(Text(Encoding.UTF8.GetString(utf8)));
            }
        }

        return utf8;
    }

    private static string Make(string text, Lines lines)
    {
        var shown = 0;
        while (shown < text.Length && IsShown(text, shown, lines))
        {
            shown++;
        }

        if (shown == text.Length)
        {
            return text;
        }

        var made = new StringBuilder(text, 0, shown, text.Length + 16);
        for (var i = shown; i < text.Length; i++)
        {
            if (IsShown(text, i, lines))
            {
                made.Append(text[i]);
            }
            else
            {
                made.Append(text[i] switch { '\n' => "\\n", '\r' => "\\r", '\t' => "\\t", var obeyed => $"\\u{(int)obeyed:x4}" });
            }
        }

        return made.ToString();
    }

    private static bool IsShown(string text, int index, Lines lines) => text[index] switch
    {
        '\n' => lines == Lines.All || (lines == Lines.Hints && text.AsSpan(index + 1).StartsWith("  ")),
        '\t' => lines == Lines.All,
        var character => !IsObeyed(character),
    };
}
