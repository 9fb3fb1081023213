using Peapod.Oci.Json;

namespace Peapod.Pod.Objects;

/// <summary>Exactly one is set.</summary>
[JsonRecord]
public sealed partial record ContainerState
{
    public ContainerStateWaiting? Waiting { get; init; }

    public ContainerStateRunning? Running { get; init; }

    public ContainerStateTerminated? Terminated { get; init; }
}
