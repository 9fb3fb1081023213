using System.Globalization;
using System.Text;
using Peapod.Container.DBus;

namespace Peapod.Container.Systemd;

/// <summary>
/// A value in GVariant's text format: true, 'text', 12 (an int), uint64 12, [..] of one type, (..), and @as [] for an array without
/// elements. Not in it: dictionaries, maybe types and nested variants, which no property of a unit has.
/// </summary>
internal ref struct VariantText
{
    private readonly ReadOnlySpan<char> text;
    private int position;

    private VariantText(ReadOnlySpan<char> text) => this.text = text;

    /// <exception cref="FormatException">What is wrong with it.</exception>
    internal static DBusVariant Parse(string text)
    {
        var parser = new VariantText(text);
        var value = parser.Value();
        parser.SkipSpace();
        return parser.position == text.Length ? value : throw new FormatException($"\"{text[parser.position..]}\" follows its end");
    }

    private DBusVariant Value()
    {
        SkipSpace();
        var next = position < text.Length ? text[position] : '\0';
        return next switch
        {
            '\'' or '"' => new("s", Quoted()),
            '[' => Array(null),
            '(' => Struct(),
            '@' => Typed(),
            _ when char.IsAsciiDigit(next) || next is '-' or '+' or '.' => Number(Word(), null),
            _ => Named(Word()),
        };
    }

    /// <summary>true, false, or a type's name before its value.</summary>
    private DBusVariant Named(string word)
    {
        if (word is "true" or "false")
        {
            return new("b", word == "true");
        }

        var type = word switch
        {
            "byte" => "y",
            "int16" => "n",
            "uint16" => "q",
            "int32" => "i",
            "uint32" => "u",
            "int64" => "x",
            "uint64" => "t",
            "double" => "d",
            "boolean" => "b",
            "string" => "s",
            "objectpath" => "o",
            "signature" => "g",
            _ => throw new FormatException(word.Length == 0 ? "a value is missing" : $"\"{word}\" is neither a value nor the name of a type"),
        };
        SkipSpace();
        return type switch
        {
            "s" or "o" or "g" => new(type, Quoted()),
            "b" => Word() switch
            {
                "true" => new("b", true),
                "false" => new("b", false),
                _ => throw new FormatException("a boolean is true or false"),
            },
            _ => Number(Word(), type),
        };
    }

    private DBusVariant Typed()
    {
        var start = ++position;
        while (position < text.Length && !char.IsWhiteSpace(text[position]) && text[position] != '[')
        {
            position++;
        }

        var signature = text[start..position].ToString();
        if (signature.Length < 2 || signature[0] != 'a')
        {
            throw new FormatException($"\"@{signature}\" is no type of an array");
        }

        return Array(signature[1..]);
    }

    private DBusVariant Array(string? elementType)
    {
        Expect('[');
        var items = new List<object>();
        for (var first = true; !TryTake(']'); first = false)
        {
            if (!first)
            {
                Expect(',');
            }

            var item = Value();
            elementType ??= item.Signature;
            items.Add(item.Signature == elementType ? item.Value : throw new FormatException($"an array of {elementType} with a value of {item.Signature} in it"));
        }

        return elementType switch
        {
            null => throw new FormatException("an array without elements needs its type before it, as @as []"),
            "y" => new("ay", items.ConvertAll(static item => (byte)item).ToArray()),
            _ => new("a" + elementType, items.ToArray()),
        };
    }

    private DBusVariant Struct()
    {
        Expect('(');
        var signature = new StringBuilder("(");
        var items = new List<object>();
        while (!TryTake(')'))
        {
            if (items.Count > 0)
            {
                Expect(',');
            }

            var item = Value();
            signature.Append(item.Signature);
            items.Add(item.Value);
        }

        return items.Count > 0 ? new(signature.Append(')').ToString(), items.ToArray()) : throw new FormatException("a struct without members");
    }

    private static DBusVariant Number(string word, string? type)
    {
        var isFraction = word.Contains('.', StringComparison.Ordinal);
        const NumberStyles whole = NumberStyles.AllowLeadingSign;
        var culture = CultureInfo.InvariantCulture;
        object? value = (type ?? (isFraction ? "d" : "i")) switch
        {
            "y" => byte.TryParse(word, whole, culture, out var number) ? number : null,
            "n" => short.TryParse(word, whole, culture, out var number) ? number : null,
            "q" => ushort.TryParse(word, whole, culture, out var number) ? number : null,
            "i" => int.TryParse(word, whole, culture, out var number) ? number : null,
            "u" => uint.TryParse(word, whole, culture, out var number) ? number : null,
            "x" => long.TryParse(word, whole, culture, out var number) ? number : null,
            "t" => ulong.TryParse(word, whole, culture, out var number) ? number : null,
            _ => double.TryParse(word, NumberStyles.Float, culture, out var number) ? number : null,
        };
        return new(type ?? (isFraction ? "d" : "i"), value ?? throw new FormatException(
            type is null ? $"\"{word}\" is no number, or too large for an int: write its type before it, as uint64 {word}" : $"\"{word}\" is no number of that type"));
    }

    private string Quoted()
    {
        var quote = position < text.Length ? text[position] : '\0';
        if (quote is not ('\'' or '"'))
        {
            throw new FormatException("a text stands between quotes");
        }

        var content = new StringBuilder();
        for (position++; position < text.Length; position++)
        {
            if (text[position] == quote)
            {
                position++;
                return content.ToString();
            }

            var isEscaped = text[position] == '\\';
            if (isEscaped && ++position == text.Length)
            {
                break;
            }

            content.Append((isEscaped, text[position]) switch
            {
                (true, 'n') => '\n',
                (true, 't') => '\t',
                (_, var c) => c,
            });
        }

        throw new FormatException("a text has no end");
    }

    private string Word()
    {
        SkipSpace();
        var start = position;
        while (position < text.Length && !char.IsWhiteSpace(text[position]) && text[position] is not (',' or ']' or ')' or '[' or '\'' or '"'))
        {
            position++;
        }

        return text[start..position].ToString();
    }

    private void Expect(char c)
    {
        if (!TryTake(c))
        {
            throw new FormatException($"'{c}' is missing");
        }
    }

    private bool TryTake(char c)
    {
        SkipSpace();
        if (position >= text.Length || text[position] != c)
        {
            return false;
        }

        position++;
        return true;
    }

    private void SkipSpace()
    {
        while (position < text.Length && char.IsWhiteSpace(text[position]))
        {
            position++;
        }
    }
}
