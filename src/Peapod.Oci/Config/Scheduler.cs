using Peapod.Oci.Json;

namespace Peapod.Oci;

/// <summary>Scheduling of a process (config.md, Linux Process, scheduler; sched_setattr(2)).</summary>
[JsonRecord]
public sealed partial record Scheduler
{
    /// <summary><c>SCHED_OTHER</c>, <c>SCHED_FIFO</c> and so on.</summary>
    public string Policy { get; init; } = "";

    /// <summary>From -20 (favoured) to 19, for SCHED_OTHER and SCHED_BATCH.</summary>
    [OmitDefault]
    public int Nice { get; init; }

    /// <summary>The static priority of SCHED_FIFO and SCHED_RR.</summary>
    [OmitDefault]
    public int Priority { get; init; }

    /// <summary><c>SCHED_FLAG_…</c> names.</summary>
    public IReadOnlyList<string> Flags { get; init; } = [];

    /// <summary>SCHED_DEADLINE: run time in each period, in nanoseconds.</summary>
    [OmitDefault]
    public ulong Runtime { get; init; }

    /// <summary>SCHED_DEADLINE: the deadline in each period, in nanoseconds.</summary>
    [OmitDefault]
    public ulong Deadline { get; init; }

    /// <summary>SCHED_DEADLINE: the period, in nanoseconds.</summary>
    [OmitDefault]
    public ulong Period { get; init; }
}
