namespace Peapod.Pod.Objects;

/// <summary>Whether mounts below a read-only one are read-only.</summary>
public enum RecursiveReadOnly
{
    Disabled,
    IfPossible,
    Enabled,
}
