namespace Peapod.Pod.Supervision.Life;

/// <summary>
/// The kubelet's pause before the next try: none before the first, then 10 seconds, doubling to five minutes, and from the beginning after
/// ten minutes that went well. Times are milliseconds of a clock that only goes on.
/// </summary>
internal struct BackOff
{
    internal const long First = 10_000;
    internal const long Longest = 300_000;
    internal const long Reset = 600_000;

    private long pause;
    private long next;

    /// <summary>The pause that is kept now, in milliseconds.</summary>
    internal readonly long Pause => pause;

    /// <summary>When the next try may be.</summary>
    /// <param name="began">When the last one began.</param>
    /// <param name="ended">When it ended, or failed.</param>
    internal long Next(long began, long ended)
    {
        if (ended - began >= Reset)
        {
            pause = 0;
            next = 0;
        }

        pause = next;
        next = next == 0 ? First : Math.Min(next * 2, Longest);
        return ended + pause;
    }
}
