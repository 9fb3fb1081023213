using System.Globalization;

namespace Peapod.Container.Cgroups;

/// <summary>A number of bytes as runc's flags take it: 1024, 512m, 1.5GiB; the units are powers of 1024. -1 means no limit.</summary>
public static class MemorySize
{
    public static bool TryParse(string text, out long bytes)
    {
        bytes = -1;
        if (text == "-1")
        {
            return true;
        }

        // The range holds '/', too, which is no part of a number and fails below.
        var digits = text.AsSpan().IndexOfAnyExceptInRange('.', '9');
        digits = digits < 0 ? text.Length : digits;
        var shift = text[digits..].TrimStart(' ').ToLowerInvariant() switch
        {
            "" or "b" => 0,
            "k" or "kb" or "kib" => 10,
            "m" or "mb" or "mib" => 20,
            "g" or "gb" or "gib" => 30,
            "t" or "tb" or "tib" => 40,
            "p" or "pb" or "pib" => 50,
            _ => -1,
        };
        if (shift < 0 || !double.TryParse(text.AsSpan(0, digits), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number))
        {
            return false;
        }

        var size = number * (1L << shift);
        bytes = size < long.MaxValue ? (long)size : -1;
        return size < long.MaxValue;
    }
}
