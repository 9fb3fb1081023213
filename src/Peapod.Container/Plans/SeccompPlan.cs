using Peapod.Container.Seccomp;
using Peapod.Oci;

namespace Peapod.Container.Plans;

/// <summary>linux.seccomp: the filter as bytes, installed as the last thing before the report or the birth, so that it need allow next to nothing of ours.</summary>
internal static class SeccompPlan
{
    internal const int CapSysAdmin = 21;

    private const ulong Privileged = 1;
    private const ulong Keep = 2;

    /// <summary>The container's filter, or null when it has none.</summary>
    /// <param name="compile">Compiles linux.seccomp.</param>
    /// <exception cref="SpecException">It cannot be compiled, or is no filter.</exception>
    internal static SeccompFilter? Filter(Spec spec, Func<LinuxSeccomp, SeccompFilter> compile)
    {
        if (CrunAnnotations.Find(spec.Annotations, CrunAnnotations.SeccompBpfData) is { } data)
        {
            return Decode(data);
        }

        if (spec.Linux?.Seccomp is not { } seccomp)
        {
            return null;
        }

        if (CrunAnnotations.IsOn(spec, CrunAnnotations.FailUnknownSyscall))
        {
            SeccompCompiler.RefuseUnknown(seccomp);
        }

        return compile(seccomp);
    }

    private static SeccompFilter Decode(string base64)
    {
        var program = new byte[base64.Length];
        return Convert.TryFromBase64String(base64, program, out var size) && size > 0 && size % SeccompFilter.InstructionSize == 0
            && size <= SeccompFilter.MostInstructions * SeccompFilter.InstructionSize
            ? new(program.AsMemory(0, size), 0)
            : throw new SpecException(CrunAnnotations.FieldOf(CrunAnnotations.SeccompBpfData), "is no filter in base64: instructions of 8 bytes each, 4096 at most");
    }

    /// <summary>The stage before the filter: what the process is to have from outside, and a hold on a filter that would refuse what is left to do.</summary>
    /// <param name="isBornLate">The process is born under the filter. Without an OOM score to inherit and a need to hold there is no stage: it costs a turn of both.</param>
    internal static void AddHold(PlanBuilder plan, SeccompFilter? filter, Process process, bool isBornLate)
    {
        var refused = filter is null ? null : Refused(filter, process, isBornLate);
        if (refused is not null || (isBornLate && process.OomScoreAdj is not null))
        {
            plan.Init(new(PlanCode.Sync, refused is null ? "" : "linux.seccomp", refused is null ? "have the rest done from outside" : $"have the filter held off, which refuses {refused}")
            {
                A = (ulong)InitStage.BeforeFilter,
                Source = refused,
            });
        }
    }

    /// <param name="noNewPrivileges">The process has given up new privileges, and needs no capability for the filter.</param>
    /// <param name="keepsAdmin">It has CAP_SYS_ADMIN by its configuration.</param>
    internal static void Add(PlanBuilder plan, SeccompFilter? filter, bool noNewPrivileges, bool keepsAdmin)
    {
        if (filter is null)
        {
            return;
        }

        plan.Init(new(PlanCode.Seccomp, "linux.seccomp", $"install the system call filter of {filter.Count} instructions")
        {
            A = filter.Flags,
            B = noNewPrivileges ? 0 : Privileged | (keepsAdmin ? Keep : 0),
            C = (ulong)filter.Count,
            Bytes = filter.Program,
        });
    }

    /// <summary>The first call that is left to do and that the filter refuses; null when it lets all of them pass.</summary>
    private static string? Refused(SeccompFilter filter, Process process, bool isBornLate)
    {
        ReadOnlySpan<InitCall> calls = (process.NoNewPrivileges, isBornLate) switch
        {
            (true, false) => [],
            (true, true) => [InitCall.Birth, InitCall.Write, InitCall.ExitGroup],
            (false, false) => [InitCall.CapSet],
            (false, true) => [InitCall.CapSet, InitCall.Birth, InitCall.Write, InitCall.ExitGroup],
        };
        foreach (var call in calls)
        {
            if (!FilterAnswer.Allows(filter, call))
            {
                return call.Name;
            }
        }

        return isBornLate && (filter.Flags & SeccompFlags.NewListener) != 0 && !(FilterAnswer.Allows(filter, InitCall.Read) && FilterAnswer.Allows(filter, InitCall.Close))
            ? "read or close" : null;
    }
}
