namespace Peapod.Shim.Logs;

/// <summary>What of a log is wanted.</summary>
public sealed record LogOptions
{
    /// <summary>Of the run before the present one.</summary>
    public bool Previous { get; init; }

    /// <summary>What was written then or later.</summary>
    public DateTime? Since { get; init; }

    /// <summary>As many lines from the end; null for all.</summary>
    public int? Tail { get; init; }

    /// <summary>Each line begins with its time, as in 2026-01-31T12:00:00.000000000Z, and a space.</summary>
    public bool Timestamps { get; init; }
}
