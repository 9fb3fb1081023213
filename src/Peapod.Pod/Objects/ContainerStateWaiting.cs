using Peapod.Oci.Json;

namespace Peapod.Pod.Objects;

/// <summary>It is about to run.</summary>
[JsonRecord]
public sealed partial record ContainerStateWaiting
{
    /// <summary>Such as ContainerCreating, PodInitializing, ImagePullBackOff, CrashLoopBackOff.</summary>
    public string Reason { get; init => field = value ?? ""; } = "";

    public string? Message { get; init; }
}
