using System.Text;
using Peapod.Kernel.Files;
using Peapod.Kernel.Interop;

namespace Peapod.Container.Cgroups;

/// <summary>The host's cgroup v2 hierarchy; cgroups(7).</summary>
public sealed record CgroupHierarchy(string MountPoint)
{
    private const long Cgroup2Magic = 0x63677270;

    /// <summary>Where cgroup2 is mounted: at the usual place, beside v1 on a hybrid host, or where mountinfo says.</summary>
    /// <exception cref="ContainerException">The host has no cgroup v2 mount.</exception>
    public static CgroupHierarchy Find()
    {
        if (IsCgroup2("/sys/fs/cgroup"))
        {
            return new("/sys/fs/cgroup");
        }

        if (IsCgroup2("/sys/fs/cgroup/unified"))
        {
            return new("/sys/fs/cgroup/unified");
        }

        return new(FindInMounts() ?? throw new ContainerException(
            "this host has no cgroup v2 hierarchy mounted, and Peapod manages no other\n  mount one: mount -t cgroup2 none /sys/fs/cgroup, or boot with systemd.unified_cgroup_hierarchy=1"));
    }

    private static bool IsCgroup2(string path) => Libc.statfs(path, out var status) == 0 && status.Type == Cgroup2Magic;

    private static string? FindInMounts()
    {
        // proc(5): "36 35 98:0 / /mount/point options - type source options"
        foreach (var line in Encoding.UTF8.GetString(FileSystem.ReadAllBytes("/proc/self/mountinfo")).Split('\n'))
        {
            if (line.Contains(" - cgroup2 ", StringComparison.Ordinal))
            {
                return line.Split(' ')[4];
            }
        }

        return null;
    }
}
