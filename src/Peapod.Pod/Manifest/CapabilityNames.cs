using System.Collections.Frozen;

namespace Peapod.Pod.Manifest;

/// <summary>The capabilities that a manifest may name, capabilities(7), without their <c>CAP_</c>.</summary>
internal static class CapabilityNames
{
    public const string All = "ALL";

    private const string Prefix = "CAP_";

    private static readonly FrozenSet<string> Known = new[]
    {
        All, "AUDIT_CONTROL", "AUDIT_READ", "AUDIT_WRITE", "BLOCK_SUSPEND", "BPF", "CHECKPOINT_RESTORE", "CHOWN",
        "DAC_OVERRIDE", "DAC_READ_SEARCH", "FOWNER", "FSETID", "IPC_LOCK", "IPC_OWNER", "KILL", "LEASE",
        "LINUX_IMMUTABLE", "MAC_ADMIN", "MAC_OVERRIDE", "MKNOD", "NET_ADMIN", "NET_BIND_SERVICE", "NET_BROADCAST",
        "NET_RAW", "PERFMON", "SETFCAP", "SETGID", "SETPCAP", "SETUID", "SYSLOG", "SYS_ADMIN", "SYS_BOOT",
        "SYS_CHROOT", "SYS_MODULE", "SYS_NICE", "SYS_PACCT", "SYS_PTRACE", "SYS_RAWIO", "SYS_RESOURCE", "SYS_TIME",
        "SYS_TTY_CONFIG", "WAKE_ALARM",
    }.ToFrozenSet();

    /// <summary>The name as the set above has it: upper case, no prefix.</summary>
    public static string Normalize(string name)
    {
        var upper = name.ToUpperInvariant();
        return upper.StartsWith(Prefix, StringComparison.Ordinal) ? upper[Prefix.Length..] : upper;
    }

    public static bool IsKnown(string name) => Known.Contains(Normalize(name));

    public static string? Nearest(string name) => Spelling.Nearest(Normalize(name), Known);
}
