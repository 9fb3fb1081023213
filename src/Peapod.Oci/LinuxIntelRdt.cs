using Peapod.Oci.Json;

namespace Peapod.Oci;

/// <summary>resctrl.</summary>
[JsonRecord]
public sealed partial record LinuxIntelRdt
{
    public string? ClosID { get; init; }

    public string? L3CacheSchema { get; init; }

    public string? MemBwSchema { get; init; }

    public IReadOnlyList<string>? Schemata { get; init; }

    public bool? EnableMonitoring { get; init; }
}
