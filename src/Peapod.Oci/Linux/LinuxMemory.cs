using Peapod.Oci.Json;

namespace Peapod.Oci;

/// <summary>Memory limits in bytes; -1 means no limit (config-linux.md, Memory).</summary>
[JsonRecord]
public sealed partial record LinuxMemory
{
    /// <summary>The hard limit (memory.max).</summary>
    public long? Limit { get; init; }

    /// <summary>The soft limit (memory.low).</summary>
    public long? Reservation { get; init; }

    /// <summary>Memory and swap together.</summary>
    public long? Swap { get; init; }

    /// <summary>Kernel memory; deprecated, cgroup v1 only.</summary>
    public long? Kernel { get; init; }

    /// <summary>Kernel memory for TCP buffers; cgroup v1 only.</summary>
    public long? KernelTCP { get; init; }

    /// <summary>How eagerly the kernel swaps, 0 to 100; cgroup v1 only.</summary>
    public ulong? Swappiness { get; init; }

    /// <summary>Keeps the OOM killer away; cgroup v1 only.</summary>
    public bool? DisableOOMKiller { get; init; }

    /// <summary>Accounts for child cgroups; deprecated, cgroup v1 only.</summary>
    public bool? UseHierarchy { get; init; }

    /// <summary>Refuses an update to a limit below the present usage.</summary>
    public bool? CheckBeforeUpdate { get; init; }
}
