using Peapod.Container.Mounts;
using Peapod.Oci;

namespace Peapod.Container.Plans;

/// <summary>linux.readonlyPaths and linux.maskedPaths: what of the container's files is closed to its processes.</summary>
internal static class ClosedPathPlan
{
    private const ulong PROC_SUPER_MAGIC = 0x9fa0, SYSFS_MAGIC = 0x62656572;

    internal static void Add(PlanBuilder plan, Spec spec)
    {
        var readOnly = spec.Linux?.ReadonlyPaths ?? [];
        var masked = spec.Linux?.MaskedPaths ?? [];
        if (readOnly.Count + masked.Count == 0)
        {
            return;
        }

        var proc = IsMountedAt(spec, "/proc", "proc") ? PROC_SUPER_MAGIC : 0;
        var sys = IsMountedAt(spec, "/sys", "sysfs") ? SYSFS_MAGIC : 0;
        for (var i = 0; i < readOnly.Count; i++)
        {
            if (IsRepeated(readOnly, i))
            {
                continue;
            }

            var (path, type) = Place(readOnly[i], proc, sys);
            plan.Init(new(PlanCode.ReadOnly, $"linux.readonlyPaths[{i}]", $"make \"{readOnly[i]}\" read-only") { Path = path, A = type });
        }

        if (masked.Count == 0)
        {
            return;
        }

        var slot = plan.Slot("null device");
        plan.Host(new CloneNullDeviceStep("linux.maskedPaths", "use the host's /dev/null", slot));
        for (var i = 0; i < masked.Count; i++)
        {
            if (IsRepeated(masked, i))
            {
                continue;
            }

            var (path, type) = Place(masked[i], proc, sys);
            plan.Init(new(PlanCode.Mask, $"linux.maskedPaths[{i}]", $"mask \"{masked[i]}\"") { Path = path, Slot = slot, A = type, Data = RootPlan.MountContext(spec) });
        }
    }

    /// <summary>
    /// A path below /proc or /sys, and the type of the file system that it must lie in, when the configuration mounts that there: in a
    /// directory that was put in its place "not there" would hide nothing.
    /// </summary>
    private static (string Path, ulong Type) Place(string path, ulong proc, ulong sys)
    {
        var full = Path.GetFullPath(path, "/").TrimEnd('/');
        var type = full.StartsWith("/proc/", StringComparison.Ordinal) ? proc : full.StartsWith("/sys/", StringComparison.Ordinal) ? sys : 0;
        return type == 0 ? (path, 0) : (full, type);
    }

    /// <summary>A path that is listed twice is closed once.</summary>
    private static bool IsRepeated(IReadOnlyList<string> paths, int index)
    {
        for (var i = 0; i < index; i++)
        {
            if (paths[i].AsSpan().TrimEnd('/').SequenceEqual(paths[index].AsSpan().TrimEnd('/')))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The last mount at a place is the one that is seen.</summary>
    private static bool IsMountedAt(Spec spec, string place, string type)
    {
        for (var i = (spec.Mounts?.Count ?? 0) - 1; i >= 0; i--)
        {
            var mount = spec.Mounts![i];
            if (Path.GetFullPath(mount.Destination, "/").TrimEnd('/') == place)
            {
                return mount.Type == type && !MountOptions.Parse(mount.Options).IsBind;
            }
        }

        return false;
    }
}
