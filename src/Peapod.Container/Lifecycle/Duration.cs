using System.Globalization;

namespace Peapod.Container.Lifecycle;

/// <summary>A duration as Go's flags take it: 5s, 100ms, 1m30s, 1.5h.</summary>
public static class Duration
{
    public static bool TryParse(string text, out TimeSpan duration)
    {
        duration = TimeSpan.Zero;
        if (text == "0")
        {
            return true;
        }

        var negative = text.StartsWith('-');
        var rest = negative || text.StartsWith('+') ? text.AsSpan(1) : text;
        var seconds = 0.0;
        do
        {
            var digits = rest.IndexOfAnyExceptInRange('.', '9');
            if (digits <= 0 || !double.TryParse(rest[..digits], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number))
            {
                return false;
            }

            rest = rest[digits..];
            var letters = rest.IndexOfAnyInRange('.', '9');
            var unit = letters < 0 ? rest : rest[..letters];
            var factor = unit switch
            {
                "h" => 3600,
                "m" => 60,
                "s" => 1,
                "ms" => 1e-3,
                "us" or "µs" or "μs" => 1e-6,
                "ns" => 1e-9,
                _ => 0,
            };
            if (factor == 0)
            {
                return false;
            }

            seconds += number * factor;
            rest = rest[unit.Length..];
        }
        while (rest.Length > 0);

        if (seconds > int.MaxValue)
        {
            return false;
        }

        duration = TimeSpan.FromSeconds(negative ? -seconds : seconds);
        return true;
    }
}
