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

    public static bool IsSeccompAction(string name) => name is
        "SCMP_ACT_KILL" or "SCMP_ACT_KILL_PROCESS" or "SCMP_ACT_KILL_THREAD" or "SCMP_ACT_TRAP" or "SCMP_ACT_ERRNO" or
        "SCMP_ACT_TRACE" or "SCMP_ACT_ALLOW" or "SCMP_ACT_LOG" or "SCMP_ACT_NOTIFY";

    public static bool IsSeccompOperator(string name) => name is
        "SCMP_CMP_NE" or "SCMP_CMP_LT" or "SCMP_CMP_LE" or "SCMP_CMP_EQ" or "SCMP_CMP_GE" or "SCMP_CMP_GT" or "SCMP_CMP_MASKED_EQ";

    public static bool IsSeccompFlag(string name) => name is
        "SECCOMP_FILTER_FLAG_TSYNC" or "SECCOMP_FILTER_FLAG_LOG" or "SECCOMP_FILTER_FLAG_SPEC_ALLOW" or
        "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV";

    public static bool IsSeccompArchitecture(string name) => name is
        "SCMP_ARCH_X86" or "SCMP_ARCH_X86_64" or "SCMP_ARCH_X32" or "SCMP_ARCH_ARM" or "SCMP_ARCH_AARCH64" or
        "SCMP_ARCH_LOONGARCH64" or "SCMP_ARCH_M68K" or "SCMP_ARCH_MIPS" or "SCMP_ARCH_MIPS64" or "SCMP_ARCH_MIPS64N32" or
        "SCMP_ARCH_MIPSEL" or "SCMP_ARCH_MIPSEL64" or "SCMP_ARCH_MIPSEL64N32" or "SCMP_ARCH_PPC" or "SCMP_ARCH_PPC64" or
        "SCMP_ARCH_PPC64LE" or "SCMP_ARCH_S390" or "SCMP_ARCH_S390X" or "SCMP_ARCH_SH" or "SCMP_ARCH_SHEB" or
        "SCMP_ARCH_PARISC" or "SCMP_ARCH_PARISC64" or "SCMP_ARCH_RISCV64";

    public static bool IsMemoryPolicyMode(string name) => name is
        "MPOL_DEFAULT" or "MPOL_BIND" or "MPOL_INTERLEAVE" or "MPOL_WEIGHTED_INTERLEAVE" or "MPOL_PREFERRED" or
        "MPOL_PREFERRED_MANY" or "MPOL_LOCAL";

    public static bool IsMemoryPolicyFlag(string name) => name is
        "MPOL_F_NUMA_BALANCING" or "MPOL_F_RELATIVE_NODES" or "MPOL_F_STATIC_NODES";
}
