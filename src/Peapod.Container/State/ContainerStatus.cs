namespace Peapod.Container.State;

/// <summary>Where a container is in its life; the runtime-spec's words, and runc's "paused".</summary>
public enum ContainerStatus
{
    Creating,
    Created,
    Running,
    Paused,
    Stopped,
}
