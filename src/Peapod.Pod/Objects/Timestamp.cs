namespace Peapod.Pod.Objects;

/// <summary>The times that the API shows.</summary>
public static class Timestamp
{
    /// <summary>In whole seconds: written as 2026-01-31T12:00:00Z.</summary>
    public static DateTime Now => Whole(DateTime.UtcNow);

    public static DateTime Whole(DateTime time) => time.AddTicks(-(time.Ticks % TimeSpan.TicksPerSecond));
}
