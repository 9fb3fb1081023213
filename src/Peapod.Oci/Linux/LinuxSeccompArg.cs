using Peapod.Oci.Json;

namespace Peapod.Oci;

/// <summary>A condition on one argument of a system call (config-linux.md, Seccomp, args).</summary>
[JsonRecord]
public sealed partial record LinuxSeccompArg
{
    /// <summary>Which argument, 0 to 5.</summary>
    public uint Index { get; init; }

    /// <summary>What it is compared with; the mask of SCMP_CMP_MASKED_EQ.</summary>
    public ulong Value { get; init; }

    /// <summary>What the masked argument is compared with.</summary>
    [OmitDefault]
    public ulong ValueTwo { get; init; }

    /// <summary>The comparison: <c>SCMP_CMP_…</c>.</summary>
    public string Op { get; init; } = "";
}
