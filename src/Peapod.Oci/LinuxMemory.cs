using Peapod.Oci.Json;

namespace Peapod.Oci;

/// <summary>Limits in bytes; -1 for none.</summary>
[JsonRecord]
public sealed partial record LinuxMemory
{
    public long? Limit { get; init; }

    public long? Reservation { get; init; }

    public long? Swap { get; init; }

    public long? Kernel { get; init; }

    public long? KernelTCP { get; init; }

    public ulong? Swappiness { get; init; }

    public bool? DisableOOMKiller { get; init; }

    public bool? UseHierarchy { get; init; }

    public bool? CheckBeforeUpdate { get; init; }
}
