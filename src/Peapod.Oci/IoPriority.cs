using Peapod.Oci.Json;

namespace Peapod.Oci;

/// <summary>ioprio_set(2).</summary>
[JsonRecord]
public sealed partial record IoPriority
{
    /// <summary>IOPRIO_CLASS_*.</summary>
    public string? Class { get; init; }

    /// <summary>0 to 7.</summary>
    public int Priority { get; init; }
}
