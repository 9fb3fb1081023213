namespace Peapod.Network;

/// <summary>The steps of attaching a pod, in order.</summary>
internal enum AttachStep
{
    Lease,
    Bridge,
    Table,
    Elements,
    Link,
    PodEnd,
    Done,
}

/// <summary>Thrown by tests from a step: nothing is undone, as if the process had been killed there.</summary>
internal sealed class AttachKilledException : Exception;
