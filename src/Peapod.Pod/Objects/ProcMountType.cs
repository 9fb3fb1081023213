namespace Peapod.Pod.Objects;

/// <summary>What of /proc is hidden.</summary>
public enum ProcMountType
{
    Default,

    /// <summary>Nothing.</summary>
    Unmasked,
}
