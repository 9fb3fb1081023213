using Peapod.Oci.Json;

namespace Peapod.Oci;

/// <summary>sched_setattr(2); times in nanoseconds.</summary>
[JsonRecord]
public sealed partial record Scheduler
{
    /// <summary>SCHED_*.</summary>
    public string? Policy { get; init; }

    public int? Nice { get; init; }

    public int? Priority { get; init; }

    public IReadOnlyList<string>? Flags { get; init; }

    public ulong? Runtime { get; init; }

    public ulong? Deadline { get; init; }

    public ulong? Period { get; init; }
}
