using Peapod.Oci.Json;

namespace Peapod.Oci;

/// <summary>What is built in for resctrl (features-linux.md, Intel RDT).</summary>
[JsonRecord]
public sealed partial record IntelRdtFeatures
{
    /// <summary>Built in.</summary>
    public bool? Enabled { get; init; }

    /// <summary>The schemata field.</summary>
    public bool? Schemata { get; init; }

    /// <summary>The enableMonitoring field.</summary>
    public bool? Monitoring { get; init; }
}
