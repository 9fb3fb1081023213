namespace Peapod.Shim.Loop;

/// <summary>A clock that only goes on, whatever becomes of the host's time.</summary>
internal static class MonotonicClock
{
    /// <summary>Milliseconds since the host was booted.</summary>
    internal static long Now => Environment.TickCount64;
}
