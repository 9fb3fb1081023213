using Peapod.Oci.Json;

namespace Peapod.Pod.Objects;

/// <summary>What is done when a container has started and before it is stopped.</summary>
[JsonRecord]
public sealed partial record Lifecycle
{
    /// <summary>Begun with the container; the container is not running until it has ended, and is killed if it fails.</summary>
    public LifecycleHandler? PostStart { get; init; }

    /// <summary>Done before the stop signal, in the grace period; its failure changes nothing.</summary>
    public LifecycleHandler? PreStop { get; init; }

    /// <summary>A signal's name, such as SIGQUIT; null for the image's.</summary>
    public string? StopSignal { get; init; }
}
