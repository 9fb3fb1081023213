using Peapod.Image;
using Peapod.Pod.Containers;
using Peapod.Pod.Objects;

namespace Peapod.Pod.Supervision;

/// <summary>Why a container could not be started, as the kubelet names it.</summary>
/// <param name="Reason">One word.</param>
/// <param name="Ended">It counts as a run that has ended, so the restart policy decides; otherwise it is tried again whatever that says.</param>
internal readonly record struct StartFailure(string Reason, bool Ended)
{
    /// <summary>The exit code of a container whose command could not be executed; containerd's.</summary>
    internal const int ExitCode = 128;

    private const int NotFound = 127;
    private const int NotExecutable = 126;

    internal static StartFailure Of(ContainerSpec container, Exception failure) => failure switch
    {
        ImageException when container.ImagePullPolicy == ImagePullPolicy.Never => new("ErrImageNeverPull", false),
        ImageException => new("ErrImagePull", false),
        PodException { ExitCode: NotFound or NotExecutable } => new("StartError", true),
        ContainerConfigException or PodException { InnerException: null } => new("CreateContainerConfigError", false),
        _ => new("CreateContainerError", false),
    };
}
