namespace Peapod.Container.Cgroups;

/// <summary>Who makes a container's cgroup.</summary>
public enum CgroupManager
{
    /// <summary>Peapod, by directories in the cgroup file system.</summary>
    FileSystem,

    /// <summary>systemd, as a transient scope that is delegated to the container.</summary>
    Systemd,

    /// <summary>Nobody: the container stays in the caller's cgroup.</summary>
    None,
}
