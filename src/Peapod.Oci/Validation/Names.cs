namespace Peapod.Oci;

/// <summary>The enumerations of the runtime-spec (defs-linux.json, config.md), as tests of one name.</summary>
internal static class Names
{
    public static bool IsSchedulerPolicy(string name) => name is
        "SCHED_OTHER" or "SCHED_FIFO" or "SCHED_RR" or "SCHED_BATCH" or "SCHED_ISO" or "SCHED_IDLE" or "SCHED_DEADLINE";

    public static bool IsSchedulerFlag(string name) => name is
        "SCHED_FLAG_RESET_ON_FORK" or "SCHED_FLAG_RECLAIM" or "SCHED_FLAG_DL_OVERRUN" or "SCHED_FLAG_KEEP_POLICY" or
        "SCHED_FLAG_KEEP_PARAMS" or "SCHED_FLAG_UTIL_CLAMP_MIN" or "SCHED_FLAG_UTIL_CLAMP_MAX";

    public static bool IsIoPriorityClass(string name) => name is "IOPRIO_CLASS_RT" or "IOPRIO_CLASS_BE" or "IOPRIO_CLASS_IDLE";

    public static bool IsRootfsPropagation(string name) => name is
        "private" or "shared" or "slave" or "unbindable" or "rprivate" or "rshared" or "rslave" or "runbindable";

    public static bool IsMemoryPolicyMode(string name) => name is
        "MPOL_DEFAULT" or "MPOL_BIND" or "MPOL_INTERLEAVE" or "MPOL_WEIGHTED_INTERLEAVE" or "MPOL_PREFERRED" or
        "MPOL_PREFERRED_MANY" or "MPOL_LOCAL";

    public static bool IsMemoryPolicyFlag(string name) => name is
        "MPOL_F_NUMA_BALANCING" or "MPOL_F_RELATIVE_NODES" or "MPOL_F_STATIC_NODES";
}
