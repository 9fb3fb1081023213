using Peapod.Oci.Json;

namespace Peapod.Oci;

/// <summary>One rule on system calls.</summary>
[JsonRecord]
public sealed partial record LinuxSyscall
{
    public IReadOnlyList<string>? Names { get; init; }

    public string? Action { get; init; }

    public uint? ErrnoRet { get; init; }

    public IReadOnlyList<LinuxSeccompArg>? Args { get; init; }
}
