namespace Peapod.Pod.Objects;

/// <summary>Whose groups a process has besides.</summary>
public enum SupplementalGroupsPolicy
{
    /// <summary>Those of the image's /etc/group, too.</summary>
    Merge,

    /// <summary>Only those that the manifest names.</summary>
    Strict,
}
