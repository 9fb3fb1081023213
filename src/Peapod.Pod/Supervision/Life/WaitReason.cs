namespace Peapod.Pod.Supervision.Life;

/// <summary>Why a container waits, in the kubelet's words, which its status shows.</summary>
internal enum WaitReason
{
    /// <summary>An init container has still something to do.</summary>
    PodInitializing,

    /// <summary>It is about to be made.</summary>
    ContainerCreating,

    /// <summary>It has ended, and its next start is on the clock.</summary>
    CrashLoopBackOff,

    ErrImagePull,

    ImagePullBackOff,

    ErrImageNeverPull,

    CreateContainerConfigError,

    CreateContainerError,
}
