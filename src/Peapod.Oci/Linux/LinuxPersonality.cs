using Peapod.Oci.Json;

namespace Peapod.Oci;

/// <summary>The execution domain (config-linux.md, Personality; personality(2)).</summary>
[JsonRecord]
public sealed partial record LinuxPersonality
{
    /// <summary><c>LINUX</c> or <c>LINUX32</c>.</summary>
    public string Domain { get; init; } = "";

    /// <summary>None is defined by the spec.</summary>
    public IReadOnlyList<string> Flags { get; init; } = [];
}
