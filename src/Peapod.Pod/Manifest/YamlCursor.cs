using System.Text;

namespace Peapod.Pod.Manifest;

/// <summary>A place in a YAML text. Every kind of line end counts as one character.</summary>
internal struct YamlCursor(string text)
{
    public int Index { get; private set; }

    /// <summary>From 1.</summary>
    public int Line { get; private set; } = 1;

    /// <summary>From 0, in characters.</summary>
    public int Column { get; private set; }

    public readonly bool AtEnd => Index >= text.Length;

    /// <summary>NUL at the end; the text itself has none.</summary>
    public readonly char Current => Peek(0);

    public readonly bool AtSpaceOrTab => Current is ' ' or '\t';

    public readonly bool AtBreak => IsBreak(Current);

    public readonly bool AtBreakOrEnd => AtEnd || AtBreak;

    public readonly bool AtBlankOrEnd => IsBlankOrEnd(0);

    /// <summary>At the beginning of a line that has nothing but <c>---</c> or <c>...</c> before the next blank.</summary>
    public readonly bool AtDocumentIndicator => Column == 0 && (Is("---") || Is("...")) && IsBlankOrEnd(3);

    public readonly char Peek(int ahead) => Index + ahead < text.Length ? text[Index + ahead] : '\0';

    public readonly bool Is(string what) => string.CompareOrdinal(text, Index, what, 0, what.Length) == 0;

    public readonly bool IsBlankOrEnd(int ahead) => Peek(ahead) is ' ' or '\t' or '\0' || IsBreak(Peek(ahead));

    public static bool IsBreak(char c) => c is '\n' or '\r' or '\x85' or '\u2028' or '\u2029';

    public void Skip()
    {
        Index += char.IsHighSurrogate(Current) && char.IsLowSurrogate(Peek(1)) ? 2 : 1;
        Column++;
    }

    public void Skip(int characters)
    {
        for (; characters > 0; characters--)
        {
            Skip();
        }
    }

    public void SkipSpacesAndTabs()
    {
        while (AtSpaceOrTab)
        {
            Skip();
        }
    }

    public void SkipToBreak()
    {
        while (!AtBreakOrEnd)
        {
            Skip();
        }
    }

    /// <summary>Takes a character.</summary>
    public void Read(StringBuilder into)
    {
        var start = Index;
        Skip();
        into.Append(text, start, Index - start);
    }

    /// <summary>Takes a line's end, if one is here; it is a line feed, but for Unicode's own separators.</summary>
    public void ReadBreak(StringBuilder? into)
    {
        if (!AtBreak)
        {
            return;
        }

        into?.Append(Current is '\u2028' or '\u2029' ? Current : '\n');
        Index += Is("\r\n") ? 2 : 1;
        Column = 0;
        Line++;
    }

    /// <summary>At the very end a line ends, whether the text says so or not.</summary>
    public void End()
    {
        if (Column != 0)
        {
            Column = 0;
            Line++;
        }
    }
}
