using System.Runtime.InteropServices;

namespace Peapod.Kernel.Interop;

/// <summary>Numbers of the calls that glibc 2.36 has no function for; the same on every architecture since Linux 5.1.</summary>
internal static class SyscallNumber
{
    internal const int PidfdGetfd = 438;

    /// <summary>bpf(2) is older than the common numbering.</summary>
    internal static int Bpf => RuntimeInformation.ProcessArchitecture switch
    {
        Architecture.X64 => 321,
        Architecture.Arm64 or Architecture.RiscV64 or Architecture.LoongArch64 => 280,
        var other => throw new PlatformNotSupportedException($"bpf: no system call number known for {other}"),
    };

    /// <summary>sched_setattr(2) is older than the common numbering.</summary>
    internal static int SchedSetattr => RuntimeInformation.ProcessArchitecture switch
    {
        Architecture.X64 => 314,
        Architecture.Arm64 or Architecture.RiscV64 or Architecture.LoongArch64 => 274,
        var other => throw new PlatformNotSupportedException($"sched_setattr: no system call number known for {other}"),
    };

    /// <summary>seccomp(2) is older than the common numbering.</summary>
    internal static int Seccomp => RuntimeInformation.ProcessArchitecture switch
    {
        Architecture.X64 => 317,
        Architecture.Arm64 or Architecture.RiscV64 or Architecture.LoongArch64 => 277,
        var other => throw new PlatformNotSupportedException($"seccomp: no system call number known for {other}"),
    };
}
