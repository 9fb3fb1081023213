using Peapod.Oci.Json;

namespace Peapod.Oci;

/// <summary>The system call filter (config-linux.md, Seccomp; seccomp(2)).</summary>
[JsonRecord]
public sealed partial record LinuxSeccomp
{
    /// <summary>What happens to a call that no rule matches.</summary>
    public string DefaultAction { get; init; } = "";

    /// <summary>The errno of the default action.</summary>
    public uint? DefaultErrnoRet { get; init; }

    /// <summary><c>SCMP_ARCH_…</c> names besides the native one.</summary>
    public IReadOnlyList<string> Architectures { get; init; } = [];

    /// <summary><c>SECCOMP_FILTER_FLAG_…</c> names; null leaves them to the runtime, an empty list asks for none.</summary>
    public IReadOnlyList<string>? Flags { get; init; }

    /// <summary>The unix socket that is sent the notify descriptor.</summary>
    public string? ListenerPath { get; init; }

    /// <summary>Text passed to the listener as it is.</summary>
    public string? ListenerMetadata { get; init; }

    /// <summary>The rules.</summary>
    public IReadOnlyList<LinuxSyscall> Syscalls { get; init; } = [];
}
