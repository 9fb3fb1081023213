using System.Text;

namespace Peapod.ManPages;

/// <summary>Text as groff(7) takes it: what has a meaning in roff stands for itself.</summary>
internal static class Roff
{
    private const int Width = 78;

    internal static string Bold(string text) => $"\\fB{Escape(text)}\\fR";

    internal static string Italic(string text) => $"\\fI{Escape(text)}\\fR";

    /// <summary>A flag, a path or an example, which the reader may copy: quotes, dashes, carets and tildes stay the ASCII characters that they are.</summary>
    /// <exception cref="ArgumentException">It has a character beyond ASCII.</exception>
    internal static string Escape(string text)
    {
        var escaped = new StringBuilder(text.Length + 8);
        foreach (var c in text.Replace("…", "...", StringComparison.Ordinal))
        {
            _ = c switch
            {
                '\\' => escaped.Append("\\e"),
                '-' => escaped.Append("\\-"),
                '\'' => escaped.Append("\\(aq"),
                '`' => escaped.Append("\\(ga"),
                '^' => escaped.Append("\\(ha"),
                '~' => escaped.Append("\\(ti"),
                > '\x7e' => throw new ArgumentException($"\"{text}\": U+{(int)c:X4} is not ASCII", nameof(text)),
                _ => escaped.Append(c),
            };
        }

        return AtBeginning(escaped.ToString());
    }

    /// <summary>Prose in lines of at most <see cref="Width"/> characters, each sentence on a line of its own, as man-pages(7) asks.</summary>
    /// <param name="text">Escaped already.</param>
    internal static string Fill(string text)
    {
        var filled = new StringBuilder();
        var column = 0;
        var endsSentence = false;
        foreach (var word in text.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            if (column > 0 && (endsSentence || column + 1 + word.Length > Width))
            {
                filled.Append('\n');
                column = 0;
            }

            var piece = column > 0 ? $" {word}" : AtBeginning(word);
            filled.Append(piece);
            column += piece.Length;
            endsSentence = word[^1] is '.' or '!' or '?';
        }

        return filled.Append('\n').ToString();
    }

    /// <summary>A full stop at a line's beginning would make it a request.</summary>
    private static string AtBeginning(string escaped) => escaped.StartsWith('.') ? $"\\&{escaped}" : escaped;
}
