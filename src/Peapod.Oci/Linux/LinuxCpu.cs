using Peapod.Oci.Json;

namespace Peapod.Oci;

/// <summary>CPU time and placement (config-linux.md, CPU).</summary>
[JsonRecord]
public sealed partial record LinuxCpu
{
    /// <summary>The relative share of CPU time, 2 to 262144, of cgroup v1.</summary>
    public ulong? Shares { get; init; }

    /// <summary>CPU time in each period, in microseconds; -1 means no limit.</summary>
    public long? Quota { get; init; }

    /// <summary>Unused CPU time that may be saved up, in microseconds.</summary>
    public ulong? Burst { get; init; }

    /// <summary>The period, in microseconds.</summary>
    public ulong? Period { get; init; }

    /// <summary>Time of real-time tasks in each real-time period, in microseconds; cgroup v1 only.</summary>
    public long? RealtimeRuntime { get; init; }

    /// <summary>The real-time period, in microseconds; cgroup v1 only.</summary>
    public ulong? RealtimePeriod { get; init; }

    /// <summary>The CPUs that may be used, a list such as <c>0-3,7</c>.</summary>
    public string? Cpus { get; init; }

    /// <summary>The memory nodes that may be used, a list.</summary>
    public string? Mems { get; init; }

    /// <summary>1 gives the cgroup the SCHED_IDLE weight, 0 the default.</summary>
    public long? Idle { get; init; }
}
