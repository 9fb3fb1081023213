using Peapod.Oci.Json;

namespace Peapod.Oci;

/// <summary>The limit of one huge page size (config-linux.md, Huge page limits).</summary>
[JsonRecord]
public sealed partial record LinuxHugepageLimit
{
    /// <summary>The size, such as <c>2MB</c> or <c>64KB</c>.</summary>
    public string PageSize { get; init; } = "";

    /// <summary>The limit in bytes.</summary>
    public ulong Limit { get; init; }
}
