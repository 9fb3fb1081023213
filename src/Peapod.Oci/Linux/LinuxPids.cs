using Peapod.Oci.Json;

namespace Peapod.Oci;

/// <summary>How many tasks there may be (config-linux.md, PIDs).</summary>
[JsonRecord]
public sealed partial record LinuxPids
{
    /// <summary>The limit; less than 0 means none.</summary>
    public long? Limit { get; init; }
}
