namespace Peapod.Pod.Objects;

/// <summary>Where a seccomp or AppArmor profile comes from.</summary>
public enum ProfileType
{
    /// <summary>None.</summary>
    Unconfined,

    /// <summary>Peapod's own.</summary>
    RuntimeDefault,

    /// <summary>One of the host's.</summary>
    Localhost,
}
