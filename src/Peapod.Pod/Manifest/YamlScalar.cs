using System.Globalization;
using System.Numerics;
using System.Text;
using System.Text.Json;

namespace Peapod.Pod.Manifest;

/// <summary>
/// Gives plain scalars the types that they have on Kubernetes' road from YAML to JSON (sigs.k8s.io/yaml):
/// YAML 1.1's booleans (<c>yes</c>, <c>on</c>) and octals (<c>0400</c>), YAML 1.2's <c>0o400</c>, no base 60, dates stay text.
/// </summary>
internal static class YamlScalar
{
    public const string TagPrefix = "tag:yaml.org,2002:";

    /// <returns>A string, bool, long, double, JsonElement (a number that fits neither) or null.</returns>
    public static object? Resolve(string text, bool isPlain, string? tag, int line)
    {
        if (tag is "!" or TagPrefix + "str" or TagPrefix + "timestamp" || (tag is null && !isPlain))
        {
            return text;
        }

        var value = tag == TagPrefix + "binary" ? Binary(text, line) : Plain(text, line);
        return tag switch
        {
            null or TagPrefix + "binary" => value,
            TagPrefix + "null" when value is null => value,
            TagPrefix + "bool" when value is bool => value,
            TagPrefix + "int" when value is long or JsonElement => value,
            TagPrefix + "float" when value is long or double or JsonElement => value,
            TagPrefix + "null" or TagPrefix + "bool" or TagPrefix + "int" or TagPrefix + "float" =>
                throw new SourceException(line, $"\"{text}\" is not a !!{tag[TagPrefix.Length..]}"),
            _ => throw new SourceException(line, $"unknown tag {tag}"),
        };
    }

    /// <summary>Refuses any tag but the one a sequence or mapping has anyway.</summary>
    public static void RequireTag(string? tag, string expected, int line)
    {
        if (tag is not null && tag != "!" && tag != TagPrefix + expected)
        {
            throw new SourceException(line, $"unknown tag {tag}");
        }
    }

    private static object? Plain(string text, int line)
    {
        switch (text)
        {
            case "" or "~" or "null" or "Null" or "NULL":
                return null;
            case "y" or "Y" or "yes" or "Yes" or "YES" or "true" or "True" or "TRUE" or "on" or "On" or "ON":
                return true;
            case "n" or "N" or "no" or "No" or "NO" or "false" or "False" or "FALSE" or "off" or "Off" or "OFF":
                return false;
            case ".nan" or ".NaN" or ".NAN" or ".inf" or ".Inf" or ".INF" or "+.inf" or "+.Inf" or "+.INF" or "-.inf" or "-.Inf" or "-.INF":
                throw new SourceException(line, $"{text} is a number that JSON cannot say; put it in quotes if text is meant");
        }

        return char.IsAsciiDigit(text[0]) || text[0] is '+' or '-' or '.' ? Number(text) : text;
    }

    private static object Number(string text)
    {
        // A sign or digit first; a leading dot takes no underscores, as in go-yaml.
        var digits = text[0] == '.' ? text : text.Replace("_", "", StringComparison.Ordinal);
        if (TryInteger(digits, out var integer))
        {
            return integer >= long.MinValue && integer <= long.MaxValue ? (long)integer : Raw(integer.ToString(CultureInfo.InvariantCulture));
        }

        if (!IsFloat(digits) || !double.TryParse(digits, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) || !double.IsFinite(number))
        {
            return text;
        }

        return number;
    }

    private static bool TryInteger(string text, out BigInteger value)
    {
        value = default;
        var digits = text.AsSpan();
        var negative = digits.Length > 0 && digits[0] == '-';
        if (negative || (digits.Length > 0 && digits[0] == '+'))
        {
            digits = digits[1..];
        }

        var radix = 10;
        if (digits.Length > 1 && digits[0] == '0')
        {
            radix = char.ToLowerInvariant(digits[1]) switch { 'x' => 16, 'b' => 2, _ => 8 };
            digits = digits[(radix == 8 && digits[1] is not ('o' or 'O') ? 1 : 2)..];
        }

        // Longer than any number that a manifest can use: not worth the arithmetic.
        if (digits.Length is 0 or > 100)
        {
            return false;
        }

        foreach (var c in digits)
        {
            if (!char.IsAsciiHexDigit(c) || Digit(c) >= radix)
            {
                return false;
            }

            value = (value * radix) + Digit(c);
        }

        value = negative ? -value : value;
        return true;
    }

    private static int Digit(char c) => char.IsAsciiDigit(c) ? c - '0' : char.ToLowerInvariant(c) - 'a' + 10;

    /// <summary>go-yaml's <c>^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$</c>.</summary>
    private static bool IsFloat(ReadOnlySpan<char> text)
    {
        text = text.Length > 0 && text[0] is '+' or '-' ? text[1..] : text;
        var whole = Digits(ref text);
        var fraction = 0;
        if (text.Length > 0 && text[0] == '.')
        {
            text = text[1..];
            fraction = Digits(ref text);
        }

        if (whole + fraction == 0)
        {
            return false;
        }

        if (text.Length > 0 && text[0] is 'e' or 'E')
        {
            text = text[1..];
            text = text.Length > 0 && text[0] is '+' or '-' ? text[1..] : text;
            if (Digits(ref text) == 0)
            {
                return false;
            }
        }

        return text.Length == 0;
    }

    private static int Digits(ref ReadOnlySpan<char> text)
    {
        var count = text.IndexOfAnyExceptInRange('0', '9');
        count = count < 0 ? text.Length : count;
        text = text[count..];
        return count;
    }

    private static JsonElement Raw(string number)
    {
        using var document = JsonDocument.Parse(number);
        return document.RootElement.Clone();
    }

    private static string Binary(string base64, int line)
    {
        try
        {
            return new UTF8Encoding(false, true).GetString(Convert.FromBase64String(base64));
        }
        catch (Exception error) when (error is FormatException or DecoderFallbackException)
        {
            throw new SourceException(line, "!!binary is not the base64 of UTF-8 text");
        }
    }
}
