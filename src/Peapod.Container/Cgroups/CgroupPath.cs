using System.Globalization;
using System.Text;
using Peapod.Kernel.Files;
using Peapod.Oci;

namespace Peapod.Container.Cgroups;

/// <summary>Where a container's cgroup lies, by linux.cgroupsPath.</summary>
public static class CgroupPath
{
    /// <summary>
    /// Absolute paths start at the hierarchy's root; relative ones, and the id when there is none, beside the runtime's own
    /// cgroup: processes may live in the leaves only, and that one has some.
    /// </summary>
    /// <exception cref="SpecException">The path leads out of the hierarchy, or to its root.</exception>
    public static string Resolve(CgroupHierarchy hierarchy, string? cgroupsPath, string id)
    {
        var path = string.IsNullOrEmpty(cgroupsPath) ? id : cgroupsPath;
        if (path.Contains('\0', StringComparison.Ordinal) || path.Split('/').Contains(".."))
        {
            throw new SpecException("linux.cgroupsPath", $"\"{path}\" must not hold \"..\"");
        }

        var start = path[0] == '/' ? "/" : Path.GetDirectoryName(InHierarchy("self")) ?? "/";
        var full = Path.GetFullPath(Path.Join(start, path), "/");
        if (full.Trim('/').Length == 0)
        {
            throw new SpecException("linux.cgroupsPath", "must not be the root of the hierarchy");
        }

        return hierarchy.MountPoint + full.TrimEnd('/');
    }

    /// <summary>The directory of the cgroup that a process is in.</summary>
    public static string OfProcess(CgroupHierarchy hierarchy, int pid) => hierarchy.MountPoint + InHierarchy(pid.ToString(CultureInfo.InvariantCulture));

    /// <summary>A process's cgroup in the v2 hierarchy, from its root: the line "0::/path" of /proc/PID/cgroup.</summary>
    private static string InHierarchy(string process)
    {
        foreach (var line in Encoding.UTF8.GetString(FileSystem.ReadAllBytes($"/proc/{process}/cgroup")).Split('\n'))
        {
            if (line.StartsWith("0::/", StringComparison.Ordinal) && !line.StartsWith("0::/..", StringComparison.Ordinal))
            {
                return line[3..];
            }
        }

        return "/";
    }
}
