using Peapod.Container.Mounts;
using Peapod.Container.Plans;
using Peapod.Kernel.Interop;
using Peapod.Oci;

namespace Peapod.Container.Cgroups;

/// <summary>Who may divide the container's cgroup; "Cgroup ownership" in config-linux.md. Pure.</summary>
internal static class CgroupOwner
{
    /// <summary>The host's user behind process.user.uid, when the container has a user and a cgroup namespace and a writable cgroup mount; otherwise null.</summary>
    internal static uint? Of(Spec spec) =>
        NamespacePlan.Has(spec, Libc.CLONE_NEWUSER) && NamespacePlan.Has(spec, Libc.CLONE_NEWCGROUP, newOnly: true) && HasWritableMount(spec)
            ? LinuxIdMapping.FindHost(spec.Linux!.UidMappings, spec.Process?.User.Uid ?? 0)
            : null;

    private static bool HasWritableMount(Spec spec)
    {
        for (var i = 0; i < spec.Mounts.Count; i++)
        {
            if (spec.Mounts[i].Type is "cgroup" or "cgroup2")
            {
                var options = MountOptions.Parse(spec.Mounts[i].Options);
                return ((options.Set | options.RecursiveSet) & Libc.MOUNT_ATTR_RDONLY) == 0;
            }
        }

        return false;
    }
}
