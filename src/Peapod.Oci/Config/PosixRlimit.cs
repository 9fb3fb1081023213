using Peapod.Oci.Json;

namespace Peapod.Oci;

/// <summary>One resource limit (config.md, POSIX process, rlimits).</summary>
[JsonRecord]
public sealed partial record PosixRlimit
{
    /// <summary>The name in setrlimit(2), such as <c>RLIMIT_NOFILE</c>.</summary>
    public string Type { get; init; } = "";

    /// <summary>The ceiling of the soft limit.</summary>
    public ulong Hard { get; init; }

    /// <summary>The limit that the kernel enforces.</summary>
    public ulong Soft { get; init; }
}
