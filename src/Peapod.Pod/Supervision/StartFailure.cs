using Peapod.Image;
using Peapod.Pod.Containers;
using Peapod.Pod.Objects;
using Peapod.Pod.Supervision.Life;

namespace Peapod.Pod.Supervision;

/// <summary>What follows from a container's not having been started, as with the kubelet.</summary>
internal static class StartFailure
{
    /// <summary>The reason of a run whose command could not be executed; containerd's.</summary>
    internal const string Reason = "StartError";

    /// <summary>The exit code of such a run; containerd's.</summary>
    internal const int ExitCode = 128;

    private const int NotFound = 127;
    private const int NotExecutable = 126;

    /// <summary>Why the container waits to be tried again, whatever its restart policy says; null when it counts as a run that has ended, so that policy decides.</summary>
    internal static WaitReason? Of(ContainerSpec container, Exception failure) => failure switch
    {
        ImageException when container.ImagePullPolicy == ImagePullPolicy.Never => WaitReason.ErrImageNeverPull,
        ImageException => WaitReason.ErrImagePull,
        PodException { ExitCode: NotFound or NotExecutable } => null,
        ContainerConfigException or PodException { InnerException: null } => WaitReason.CreateContainerConfigError,
        _ => WaitReason.CreateContainerError,
    };
}
