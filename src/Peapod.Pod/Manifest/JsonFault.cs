using System.Text;

namespace Peapod.Pod.Manifest;

/// <summary>Says in a sentence what is wrong with a text that should be JSON (RFC 8259), and where.</summary>
internal ref struct JsonFault
{
    private readonly ReadOnlySpan<byte> _text;
    private int _at;

    private JsonFault(ReadOnlySpan<byte> utf8) => _text = utf8;

    /// <summary>The first thing that is wrong; null when nothing is.</summary>
    public static SourceException? Find(ReadOnlySpan<byte> utf8)
    {
        var fault = new JsonFault(utf8);
        try
        {
            for (fault.SkipBlanks(); !fault.AtEnd; fault.SkipBlanks())
            {
                fault.Value(depth: 1, "a value");
            }

            return null;
        }
        catch (SourceException found)
        {
            return found;
        }
    }

    private readonly bool AtEnd => _at >= _text.Length;

    private readonly byte Current => AtEnd ? (byte)0 : _text[_at];

    private void Value(int depth, string expected)
    {
        if (depth > YamlSource.MaximumDepth)
        {
            throw Wrong($"values are nested more than {YamlSource.MaximumDepth} deep");
        }

        switch (Current)
        {
            case (byte)'{':
                Members(depth);
                break;
            case (byte)'[':
                Items(depth);
                break;
            case (byte)'"':
                Text();
                break;
            case (byte)'-' or (>= (byte)'0' and <= (byte)'9'):
                Number();
                break;
            default:
                Word(expected);
                break;
        }
    }

    private void Members(int depth)
    {
        var start = Take();
        for (var first = true; !TryTake('}'); first = false)
        {
            Separate(first, start, '}');
            if (Current != '"')
            {
                throw Unexpected("a key in double quotes");
            }

            Text();
            if (!TryTake(':'))
            {
                throw Unexpected("':' and a value");
            }

            SkipBlanks();
            Value(depth + 1, "a value");
        }
    }

    private void Items(int depth)
    {
        var start = Take();
        for (var first = true; !TryTake(']'); first = false)
        {
            Separate(first, start, ']');
            Value(depth + 1, "a value");
        }
    }

    private void Separate(bool first, int start, char end)
    {
        SkipBlanks();
        if (first)
        {
            return;
        }

        if (AtEnd)
        {
            throw Wrong($"the text ends, and the '{(char)_text[start]}' of {Place(start)} has no '{end}'");
        }

        if (!TryTake(','))
        {
            throw Unexpected($"',' or '{end}'");
        }

        SkipBlanks();
        if (Current == end)
        {
            throw Wrong($"there is a ',' before this '{end}', and nothing after it");
        }
    }

    private void Text()
    {
        var start = Take();
        while (Current != '"')
        {
            if (AtEnd || Current is (byte)'\n' or (byte)'\r')
            {
                throw Wrong("the text in double quotes that begins here has no end on this line", start);
            }

            if (Current < ' ')
            {
                throw Wrong($"the character U+{(int)Current:X4} must not stand in a text; write it as \\u{(int)Current:X4}");
            }

            if (Current == '\\')
            {
                Escape();
            }
            else
            {
                _at++;
            }
        }

        _at++;
    }

    private void Escape()
    {
        var start = Take();
        if (Current == 'u')
        {
            for (var i = 1; i <= 4; i++)
            {
                if (_at + i >= _text.Length || !char.IsAsciiHexDigit((char)_text[_at + i]))
                {
                    throw Wrong("\\u wants four hexadecimal digits after it", start);
                }
            }

            _at += 5;
        }
        else if ("\"\\/bfnrt".Contains((char)Current) && !AtEnd)
        {
            _at++;
        }
        else
        {
            throw Wrong("a backslash in a text wants one of \" \\ / b f n r t u after it; write \\\\ for a backslash", start);
        }
    }

    private void Number()
    {
        var start = _at;
        while (!AtEnd && (char.IsAsciiLetterOrDigit((char)Current) || Current is (byte)'.' or (byte)'+' or (byte)'-'))
        {
            _at++;
        }

        var digits = _text[start.._at];
        digits = digits[0] == '-' ? digits[1..] : digits;
        var whole = SkipDigits(ref digits);
        var leadingZero = whole > 1 && _text[_text[start] == '-' ? start + 1 : start] == '0';
        var fraction = digits is [(byte)'.', ..] ? SkipPart(ref digits, 1) : 1;
        var exponent = digits is [(byte)'e' or (byte)'E', (byte)'+' or (byte)'-', ..] ? SkipPart(ref digits, 2) : digits is [(byte)'e' or (byte)'E', ..] ? SkipPart(ref digits, 1) : 1;
        if (whole == 0 || leadingZero || fraction == 0 || exponent == 0 || digits.Length > 0)
        {
            throw Wrong($"{Encoding.ASCII.GetString(_text[start.._at])} is no number; put it in double quotes if text is meant", start);
        }
    }

    private static int SkipPart(ref ReadOnlySpan<byte> text, int before)
    {
        text = text[before..];
        return SkipDigits(ref text);
    }

    private static int SkipDigits(ref ReadOnlySpan<byte> text)
    {
        var count = text.IndexOfAnyExceptInRange((byte)'0', (byte)'9');
        count = count < 0 ? text.Length : count;
        text = text[count..];
        return count;
    }

    private void Word(string expected)
    {
        var start = _at;
        while (!AtEnd && (char.IsAsciiLetterOrDigit((char)Current) || Current is (byte)'_' or (byte)'-' or (byte)'.'))
        {
            _at++;
        }

        var word = _text[start.._at];
        if (word.SequenceEqual("true"u8) || word.SequenceEqual("false"u8) || word.SequenceEqual("null"u8))
        {
            return;
        }

        _at = word.Length > 0 ? _at : start;
        throw word.Length > 0 ? Wrong($"{Encoding.ASCII.GetString(word)} is no value of JSON's; put it in double quotes if text is meant", start) : Unexpected(expected);
    }

    private readonly SourceException Unexpected(string expected)
    {
        if (AtEnd)
        {
            return Wrong($"the text ends where {expected} should stand");
        }

        Rune.DecodeFromUtf8(_text[_at..], out var found, out _);
        return Wrong($"there is '{found}' where {expected} should stand");
    }

    private readonly SourceException Wrong(string what, int? at = null)
    {
        var (line, column) = LineAndColumn(at ?? _at);
        return new SourceException(line, $"broken JSON at column {column}: {what}");
    }

    private readonly string Place(int at)
    {
        var (line, column) = LineAndColumn(at);
        return $"line {line}, column {column}";
    }

    private readonly (int Line, int Column) LineAndColumn(int at)
    {
        var before = _text[..Math.Min(at, _text.Length)];
        var line = before[(before.LastIndexOf((byte)'\n') + 1)..];
        return (1 + before.Count((byte)'\n'), 1 + Encoding.UTF8.GetCharCount(line));
    }

    private int Take() => _at++;

    private bool TryTake(char c)
    {
        SkipBlanks();
        if (Current != c || AtEnd)
        {
            return false;
        }

        _at++;
        return true;
    }

    private void SkipBlanks()
    {
        while (!AtEnd && Current is (byte)' ' or (byte)'\t' or (byte)'\n' or (byte)'\r')
        {
            _at++;
        }
    }
}
