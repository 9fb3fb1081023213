using Peapod.Oci.Json;

namespace Peapod.Oci;

/// <summary>How many tasks there may be (config-linux.md, PIDs).</summary>
[JsonRecord]
public sealed partial record LinuxPids
{
    /// <summary>The limit; -1 means none, 0 that no further process may be made.</summary>
    public long? Limit { get; init; }
}
