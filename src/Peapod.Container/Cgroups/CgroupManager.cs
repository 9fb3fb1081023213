namespace Peapod.Container.Cgroups;

/// <summary>Who makes a container's cgroup.</summary>
public enum CgroupManager
{
    /// <summary>Peapod, in the cgroup file system.</summary>
    FileSystem,

    /// <summary>systemd, as a transient scope that is delegated to the container.</summary>
    Systemd,
}
