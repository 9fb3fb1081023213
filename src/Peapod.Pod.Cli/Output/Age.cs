namespace Peapod.Pod.Cli.Output;

/// <summary>A duration as kubectl shows it: two units at most, and the second only while it matters.</summary>
internal static class Age
{
    internal static string Of(DateTime? time) => time is { } known ? Of(DateTime.UtcNow - known) : "<unknown>";

    internal static string Of(TimeSpan age)
    {
        var seconds = (long)age.TotalSeconds;
        var minutes = seconds / 60;
        var hours = minutes / 60;
        var days = hours / 24;
        return seconds switch
        {
            < -1 => "<invalid>",
            < 0 => "0s",
            < 120 => $"{seconds}s",
            _ when minutes < 10 => Two(minutes, "m", seconds % 60, "s"),
            _ when minutes < 180 => $"{minutes}m",
            _ when hours < 8 => Two(hours, "h", minutes % 60, "m"),
            _ when hours < 48 => $"{hours}h",
            _ when days < 8 => Two(days, "d", hours % 24, "h"),
            _ when days < 730 => $"{days}d",
            _ when days < 2920 => Two(days / 365, "y", days % 365, "d"),
            _ => $"{days / 365}y",
        };
    }

    private static string Two(long first, string unit, long second, string smaller) => second == 0 ? $"{first}{unit}" : $"{first}{unit}{second}{smaller}";
}
