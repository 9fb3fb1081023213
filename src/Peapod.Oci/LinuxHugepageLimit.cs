using Peapod.Oci.Json;

namespace Peapod.Oci;

/// <summary>A limit in bytes for one size of huge pages.</summary>
[JsonRecord]
public sealed partial record LinuxHugepageLimit
{
    /// <summary>Such as 2MB.</summary>
    public string? PageSize { get; init; }

    public ulong Limit { get; init; }
}
