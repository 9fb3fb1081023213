using Peapod.Oci.Json;

namespace Peapod.Oci;

/// <summary>seccomp(2) by rules.</summary>
[JsonRecord]
public sealed partial record LinuxSeccomp
{
    public string? DefaultAction { get; init; }

    public uint? DefaultErrnoRet { get; init; }

    public IReadOnlyList<string>? Architectures { get; init; }

    public IReadOnlyList<string>? Flags { get; init; }

    public string? ListenerPath { get; init; }

    public string? ListenerMetadata { get; init; }

    public IReadOnlyList<LinuxSyscall>? Syscalls { get; init; }
}
