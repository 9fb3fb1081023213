namespace Peapod.Pod.Objects;

/// <summary>What is seen of later mounts.</summary>
public enum MountPropagation
{
    None,

    /// <summary>The host's are seen in the container.</summary>
    HostToContainer,

    /// <summary>And the container's on the host.</summary>
    Bidirectional,
}
