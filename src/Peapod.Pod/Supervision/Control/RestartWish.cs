using Peapod.Oci.Json;

namespace Peapod.Pod.Supervision.Control;

/// <summary>A container that is to be stopped and started again.</summary>
[JsonRecord]
internal sealed partial record RestartWish
{
    public string Container { get; init; } = "";

    /// <summary>The run that is to end.</summary>
    public int Run { get; init; }

    /// <summary>When its grace period is over.</summary>
    public long By { get; init; }
}
