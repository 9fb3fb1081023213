namespace Peapod.Host;

/// <summary>Where all pods of a host are in its cgroup hierarchy, whoever made them.</summary>
public static class PodsCgroup
{
    /// <summary>The pods' cgroup, below the hierarchy's mount point.</summary>
    public const string Root = "/peapod";

    /// <summary>The cgroup below which the pods' supervisors live, out of reach of their pods' limits.</summary>
    public const string Supervisors = Root + "/supervisors";
}
