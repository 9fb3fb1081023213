namespace Peapod.Pod.Supervision.Life;

/// <summary>What a container is to its pod.</summary>
internal enum ContainerRole
{
    /// <summary>One of <c>initContainers</c>: runs to its end before the next one begins.</summary>
    Init,

    /// <summary>One of <c>initContainers</c> with <c>restartPolicy: Always</c>: the next one begins when it has started; it is stopped last.</summary>
    Sidecar,

    /// <summary>One of <c>containers</c>: the pod is over when they are.</summary>
    Main,

    /// <summary>One of <c>ephemeralContainers</c>: added to look into the pod, never started again.</summary>
    Ephemeral,
}
