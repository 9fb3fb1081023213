namespace Peapod.Container.Diagnosis;

/// <summary>Why a controller of cgroup v2 cannot be had where containers are made. Pure.</summary>
internal static class MissingController
{
    /// <param name="name">The controller in v2's words.</param>
    /// <param name="top">cgroup.controllers at the mount.</param>
    /// <param name="table">/proc/cgroups: name, v1 hierarchy, number of cgroups, enabled.</param>
    internal static (string Reason, string Remedy) Explain(string name, string top, string table)
    {
        if (top.Split(' ').Contains(name))
        {
            return ("a cgroup above does not hand it on", $"write \"+{name}\" into cgroup.subtree_control of each cgroup above.");
        }

        foreach (var line in table.Split('\n'))
        {
            if (line.Split('\t') is not [var key, var hierarchy, _, var enabled] || key != (name == "io" ? "blkio" : name))
            {
                continue;
            }

            return (hierarchy, enabled) switch
            {
                (_, "0") => ("it is disabled at boot", $"boot without cgroup_disable={key}, or with cgroup_enable={key}."),
                ("0", _) => ("the hierarchy here is not the host's, or an LSM hides it", "run Peapod in the host's cgroup namespace."),
                _ => ($"it is bound to cgroup v1 hierarchy {hierarchy}", "boot with systemd.unified_cgroup_hierarchy=1, or cgroup_no_v1=all."),
            };
        }

        return ("the kernel is built without it", $"run a kernel that has it, if limits of {name} are wanted.");
    }
}
