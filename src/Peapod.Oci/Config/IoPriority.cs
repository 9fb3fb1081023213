using Peapod.Oci.Json;

namespace Peapod.Oci;

/// <summary>I/O priority of a process (config.md, Linux Process, ioPriority; ioprio_set(2)).</summary>
[JsonRecord]
public sealed partial record IoPriority
{
    /// <summary><c>IOPRIO_CLASS_RT</c>, <c>IOPRIO_CLASS_BE</c> or <c>IOPRIO_CLASS_IDLE</c>.</summary>
    public string Class { get; init; } = "";

    /// <summary>The priority in the class, 0 (first) to 7.</summary>
    public int Priority { get; init; }
}
