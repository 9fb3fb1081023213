using Peapod.Oci.Json;

namespace Peapod.Oci;

/// <summary>Processor time; periods and quotas in microseconds.</summary>
[JsonRecord]
public sealed partial record LinuxCpu
{
    public ulong? Shares { get; init; }

    public long? Quota { get; init; }

    public ulong? Burst { get; init; }

    public ulong? Period { get; init; }

    public long? RealtimeRuntime { get; init; }

    public ulong? RealtimePeriod { get; init; }

    /// <summary>A list such as 0-3,7.</summary>
    public string? Cpus { get; init; }

    /// <summary>A list of memory nodes.</summary>
    public string? Mems { get; init; }

    public long? Idle { get; init; }
}
