using Peapod.Oci.Json;

namespace Peapod.Oci;

/// <summary>What the system call filter knows (features-linux.md, Seccomp).</summary>
[JsonRecord]
public sealed partial record SeccompFeatures
{
    /// <summary>Built in.</summary>
    public bool? Enabled { get; init; }

    /// <summary><c>SCMP_ACT_…</c>.</summary>
    public IReadOnlyList<string> Actions { get; init; } = [];

    /// <summary><c>SCMP_CMP_…</c>.</summary>
    public IReadOnlyList<string> Operators { get; init; } = [];

    /// <summary><c>SCMP_ARCH_…</c>.</summary>
    public IReadOnlyList<string> Archs { get; init; } = [];

    /// <summary>Filter flags that are recognized.</summary>
    public IReadOnlyList<string> KnownFlags { get; init; } = [];

    /// <summary>Filter flags that the kernel at hand takes too.</summary>
    public IReadOnlyList<string> SupportedFlags { get; init; } = [];
}
