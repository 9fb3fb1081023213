namespace Peapod.Pod.Objects;

/// <summary>When the volumes' files are given to the pod's group.</summary>
public enum FSGroupChangePolicy
{
    Always,

    /// <summary>Only when the root of the volume is not as it should be.</summary>
    OnRootMismatch,
}
