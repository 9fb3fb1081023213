namespace Peapod.Container.Criu;

/// <summary>--manage-cgroups-mode, criu's criu_cg_mode: what is done with the cgroups of an image. criu(8).</summary>
public enum CgroupsMode
{
    /// <summary>Leave processes in the cgroup that the restore put them into.</summary>
    Ignore = 0,

    /// <summary>Restore the properties of those that the restore makes.</summary>
    Soft = 3,

    /// <summary>Restore the properties of all.</summary>
    Full = 4,

    /// <summary>Restore all, and none may be there already.</summary>
    Strict = 5,

    /// <summary>criu's own default, soft.</summary>
    Default = 6,
}
