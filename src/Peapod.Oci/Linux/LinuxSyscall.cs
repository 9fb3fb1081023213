using Peapod.Oci.Json;

namespace Peapod.Oci;

/// <summary>A rule of the filter for some system calls (config-linux.md, Seccomp, syscalls).</summary>
[JsonRecord]
public sealed partial record LinuxSyscall
{
    /// <summary>The system calls.</summary>
    public IReadOnlyList<string> Names { get; init; } = [];

    /// <summary>What happens to them: <c>SCMP_ACT_…</c>.</summary>
    public string Action { get; init; } = "";

    /// <summary>The errno (or the trace message) of the action.</summary>
    public uint? ErrnoRet { get; init; }

    /// <summary>Conditions on the arguments.</summary>
    public IReadOnlyList<LinuxSeccompArg> Args { get; init; } = [];
}
