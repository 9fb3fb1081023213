namespace Peapod.Pod.Objects;

/// <summary>How well a pod's resources are reserved: the order in which pods give way when memory is short is the reverse.</summary>
public enum QosClass
{
    Guaranteed,
    Burstable,
    BestEffort,
}
