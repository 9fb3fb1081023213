using Peapod.Kernel.Interop;

namespace Peapod.Kernel.Processes;

/// <summary>How a process ended: by exit with a code, or by a signal.</summary>
public readonly record struct ExitStatus(int Code, int Signal)
{
    private const int CLD_EXITED = 1;

    /// <summary>The code a shell and every runtime report: the exit code, or 128 plus the signal's number.</summary>
    public int Reported => Signal != 0 ? 128 + Signal : Code;

    /// <summary>From a status as wait4(2) has it.</summary>
    public static ExitStatus FromWait(int status) => new((status >> 8) & 0xff, status & 0x7f);

    internal static ExitStatus From(in SigInfo info) => info.Code == CLD_EXITED ? new(info.Status, 0) : new(0, info.Status);
}
