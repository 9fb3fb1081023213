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

    /// <summary>What --cgroup of exec names: PATH, below the container's cgroup.</summary>
    /// <param name="values">The flag's values.</param>
    /// <returns>Null when there is none.</returns>
    /// <exception cref="ContainerException">It is none, or names a controller: cgroup v2 has one hierarchy for all of them.</exception>
    public static string? ParseBelow(IReadOnlyList<string> values)
    {
        foreach (var value in values)
        {
            var colon = value.IndexOf(':', StringComparison.Ordinal);
            if (colon < 0 && values.Count > 1)
            {
                throw new ContainerException($"invalid --cgroup argument: {value} (missing <controller>: prefix)");
            }

            if (colon >= 0)
            {
                var controllers = value[..colon].Split(',');
                throw new ContainerException(controllers.Contains("")
                    ? $"invalid --cgroup argument: {value} (empty <controller> prefix)"
                    : $"--cgroup: unknown controller {controllers[0]} in \"{value}\": in cgroup v2 all controllers are in one hierarchy\n  leave out \"{value[..(colon + 1)]}\"");
            }
        }

        return values.Count == 0 ? null : values[0];
    }

    /// <summary>A cgroup below another one.</summary>
    /// <exception cref="ContainerException">It is not below it.</exception>
    public static string Below(string cgroup, string path)
    {
        var names = new List<string>();
        foreach (var name in path.Split('/'))
        {
            if (name == ".." && names.Count == 0)
            {
                throw new ContainerException($"--cgroup: {path} is not a sub cgroup path");
            }

            if (name == "..")
            {
                names.RemoveAt(names.Count - 1);
            }
            else if (name is not ("" or "."))
            {
                names.Add(name);
            }
        }

        return string.Join('/', [cgroup, .. names]);
    }

    /// <summary>The directory of the cgroup that a process is in.</summary>
    public static string OfProcess(CgroupHierarchy hierarchy, int pid) => hierarchy.MountPoint + InHierarchy(pid.ToString(CultureInfo.InvariantCulture));

    /// <summary>The same, or null when it is not below what is mounted here: outside of the caller's cgroup namespace.</summary>
    internal static string? TryOfProcess(CgroupHierarchy hierarchy, int pid) =>
        TryInHierarchy(pid.ToString(CultureInfo.InvariantCulture)) is { } path ? hierarchy.MountPoint + path : null;

    private static string InHierarchy(string process) => TryInHierarchy(process) ?? "/";

    /// <summary>A process's cgroup in the v2 hierarchy, from its root: the line "0::/path" of /proc/PID/cgroup.</summary>
    private static string? TryInHierarchy(string process)
    {
        foreach (var line in Encoding.UTF8.GetString(FileSystem.ReadAllBytes($"/proc/{process}/cgroup")).Split('\n'))
        {
            if (line.StartsWith("0::/", StringComparison.Ordinal) && !line.StartsWith("0::/..", StringComparison.Ordinal))
            {
                return line[3..];
            }
        }

        return null;
    }
}
