using Peapod.Oci.Json;

namespace Peapod.Oci;

/// <summary>Cache and memory bandwidth by resctrl (config-linux.md, IntelRdt).</summary>
[JsonRecord]
public sealed partial record LinuxIntelRdt
{
    /// <summary>The class of service; absent means the container's id.</summary>
    public string? ClosID { get; init; }

    /// <summary>Lines written to the schemata file, after the two below.</summary>
    public IReadOnlyList<string> Schemata { get; init; } = [];

    /// <summary>The schema of the level 3 cache.</summary>
    public string? L3CacheSchema { get; init; }

    /// <summary>The schema of memory bandwidth.</summary>
    public string? MemBwSchema { get; init; }

    /// <summary>Makes a monitoring group for the container.</summary>
    [OmitDefault]
    public bool EnableMonitoring { get; init; }
}
