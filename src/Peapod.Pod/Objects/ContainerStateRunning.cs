using Peapod.Oci.Json;

namespace Peapod.Pod.Objects;

/// <summary>It runs.</summary>
[JsonRecord]
public sealed partial record ContainerStateRunning
{
    public DateTime StartedAt { get; init; }
}
