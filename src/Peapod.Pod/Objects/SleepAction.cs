using Peapod.Oci.Json;

namespace Peapod.Pod.Objects;

/// <summary>A pause.</summary>
[JsonRecord]
public sealed partial record SleepAction
{
    public long Seconds { get; init; }
}
