using Peapod.Oci.Json;

namespace Peapod.Oci;

/// <summary>How many processes.</summary>
[JsonRecord]
public sealed partial record LinuxPids
{
    /// <summary>-1 for no limit.</summary>
    public long? Limit { get; init; }
}
