using Peapod.Image;
using Peapod.Pod.Containers;
using Peapod.Pod.Objects;
using Peapod.Pod.Supervision.Life;

namespace Peapod.Pod.Supervision;

/// <summary>What follows from a container's not having been started, as with the kubelet.</summary>
/// <param name="Waits">Why it waits to be tried again, whatever its restart policy says; null when it counts as a run that has ended, so that policy decides.</param>
internal readonly record struct StartFailure(WaitReason? Waits)
{
    /// <summary>The reason of a run whose command could not be executed; containerd's.</summary>
    internal const string Reason = "StartError";

    /// <summary>The exit code of such a run; containerd's.</summary>
    internal const int ExitCode = 128;

    private const int NotFound = 127;
    private const int NotExecutable = 126;

    internal static StartFailure Of(ContainerSpec container, Exception failure) => failure switch
    {
        ImageException when container.ImagePullPolicy == ImagePullPolicy.Never => new(WaitReason.ErrImageNeverPull),
        ImageException => new(WaitReason.ErrImagePull),
        PodException { ExitCode: NotFound or NotExecutable } => new(null),
        ContainerConfigException or PodException { InnerException: null } => new(WaitReason.CreateContainerConfigError),
        _ => new(WaitReason.CreateContainerError),
    };
}
