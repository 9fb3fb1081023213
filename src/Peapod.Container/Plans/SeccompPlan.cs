using Peapod.Container.Seccomp;
using Peapod.Oci;

namespace Peapod.Container.Plans;

/// <summary>linux.seccomp: the filter as bytes, installed as the last thing before the report, so that it need allow next to nothing of ours.</summary>
internal static class SeccompPlan
{
    internal const int CapSysAdmin = 21;

    private const ulong Privileged = 1;
    private const ulong Keep = 2;

    /// <param name="process">Whose capabilities and noNewPrivileges count; null for one that has given up new privileges.</param>
    internal static void Add(PlanBuilder plan, SeccompFilter filter, Process? process)
    {
        plan.Init(new(PlanCode.Seccomp, "linux.seccomp", $"install the system call filter of {filter.Count} instructions")
        {
            A = filter.Flags,
            B = process is null or { NoNewPrivileges: true } ? 0 : Privileged | (Keeps(process) ? Keep : 0),
            C = (ulong)filter.Count,
            Bytes = filter.Program,
        });
    }

    private static bool Keeps(Process process) => process.Capabilities?.Permitted?.Contains("CAP_SYS_ADMIN") == true;
}
