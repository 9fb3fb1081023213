namespace Peapod.Pod.Objects;

/// <summary>When the containers of a pod are started again after they ended.</summary>
public enum RestartPolicy
{
    Always,
    OnFailure,
    Never,
}
