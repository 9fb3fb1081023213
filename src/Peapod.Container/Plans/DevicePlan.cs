using Peapod.Kernel.Interop;
using Peapod.Oci;

namespace Peapod.Container.Plans;

/// <summary>/dev: the devices and links that every container has (runtime-spec, "Default Devices"), and linux.devices.</summary>
internal static class DevicePlan
{
    private const uint DefaultMode = 0x1b6; // 0666

    internal static void Add(PlanBuilder plan, Spec spec)
    {
        if (IsBound(spec))
        {
            return;
        }

        AddDefault(plan, spec, "/dev/null", 1, 3);
        AddDefault(plan, spec, "/dev/zero", 1, 5);
        AddDefault(plan, spec, "/dev/full", 1, 7);
        AddDefault(plan, spec, "/dev/random", 1, 8);
        AddDefault(plan, spec, "/dev/urandom", 1, 9);
        AddDefault(plan, spec, "/dev/tty", 5, 0);
        for (var i = 0; i < (spec.Linux?.Devices?.Count ?? 0); i++)
        {
            AddConfigured(plan, spec, spec.Linux!.Devices![i], $"linux.devices[{i}]");
        }

        AddLink(plan, "/proc/self/fd", "/dev/fd", replace: false);
        AddLink(plan, "/proc/self/fd/0", "/dev/stdin", replace: false);
        AddLink(plan, "/proc/self/fd/1", "/dev/stdout", replace: false);
        AddLink(plan, "/proc/self/fd/2", "/dev/stderr", replace: false);
        AddLink(plan, "pts/ptmx", "/dev/ptmx", replace: true);
    }

    /// <summary>The places of all devices, the usual ones and the configuration's.</summary>
    internal static List<string> PathsOf(Spec spec)
    {
        var paths = new List<string>(8);
        if (!IsBound(spec))
        {
            paths.AddRange(["/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom", "/dev/tty"]);
            for (var i = 0; i < (spec.Linux?.Devices?.Count ?? 0); i++)
            {
                var path = Path.GetFullPath(spec.Linux!.Devices![i].Path).TrimEnd('/');
                if (!paths.Contains(path))
                {
                    paths.Add(path);
                }
            }
        }

        return paths;
    }

    /// <summary>A bound /dev is the caller's own: nothing is made in it.</summary>
    private static bool IsBound(Spec spec)
    {
        for (var i = 0; i < (spec.Mounts?.Count ?? 0); i++)
        {
            var mount = spec.Mounts![i];
            if (Path.GetFullPath(mount.Destination!, "/").TrimEnd('/') == "/dev"
                && (mount.Type == "bind" || Mounts.MountOptions.Parse(mount.Options).IsBind))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>A device of the configuration at the same path takes its place.</summary>
    private static void AddDefault(PlanBuilder plan, Spec spec, string path, ulong major, ulong minor)
    {
        for (var i = 0; i < (spec.Linux?.Devices?.Count ?? 0); i++)
        {
            if (Path.GetFullPath(spec.Linux!.Devices![i].Path).TrimEnd('/') == path)
            {
                return;
            }
        }

        Add(plan, "", path, Libc.S_IFCHR | DefaultMode, major, minor, 0, 0);
    }

    private static void AddConfigured(PlanBuilder plan, Spec spec, LinuxDevice device, string field)
    {
        var type = device.Type switch
        {
            "c" or "u" => Libc.S_IFCHR,
            "b" => Libc.S_IFBLK,
            "p" => Libc.S_IFIFO,
            var other => throw new SpecException($"{field}.type", $"unknown device type \"{other}\""),
        };
        var mode = type | ((uint)(device.FileMode ?? DefaultMode) & 0xfff);

        // A named pipe has no number, whatever the configuration says.
        var (major, minor) = type == Libc.S_IFIFO ? (0, 0) : ((ulong)device.Major, (ulong)device.Minor);
        var (uid, gid) = (device.Uid ?? 0, device.Gid ?? 0);
        var path = device.Path.TrimEnd('/');
        PlanSlot? slot = null;
        if (type != Libc.S_IFIFO && NamespacePlan.Has(spec, Libc.CLONE_NEWUSER))
        {
            slot = plan.Slot(field);
            plan.Host(new MakeDeviceStep(field, $"make the device \"{path}\"", slot, mode, major, minor, Host(spec.Linux!.UidMappings, uid), Host(spec.Linux.GidMappings, gid)));
        }

        Add(plan, field, path, mode, major, minor, uid, gid, slot);
    }

    private static uint Host(IReadOnlyList<LinuxIdMapping> mappings, uint id) => LinuxIdMapping.FindHost(mappings, id) ?? id;

    private static void Add(PlanBuilder plan, string field, string path, uint mode, ulong major, ulong minor, uint uid, uint gid, PlanSlot? slot = null) =>
        plan.Init(new(PlanCode.Mknod, field, $"make the device \"{path}\"")
        {
            Slot = slot,
            Path = path,
            Source = path,
            A = mode,
            B = (major << 32) | minor,
            C = ((ulong)uid << 32) | gid,
        });

    private static void AddLink(PlanBuilder plan, string target, string path, bool replace) =>
        plan.Init(new(PlanCode.Symlink, "", $"link \"{path}\" to \"{target}\"") { Path = path, Source = target, A = replace ? 1u : 0u });
}
