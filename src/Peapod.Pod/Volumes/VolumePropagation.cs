using System.Globalization;
using Peapod.Kernel;
using Peapod.Kernel.Files;
using Peapod.Kernel.Interop;
using Peapod.Pod.Containers;
using Peapod.Pod.Objects;

namespace Peapod.Pod.Volumes;

/// <summary>How a volume's mount in a container sees the mounts that come and go below its source on the host. mount_namespaces(7).</summary>
internal static class VolumePropagation
{
    internal static string OptionOf(MountPropagation? propagation) => propagation switch
    {
        MountPropagation.HostToContainer => "rslave",
        MountPropagation.Bidirectional => "rshared",
        _ => "rprivate",
    };

    /// <summary>Nothing would propagate from a mount that is private on the host: that is an error, as it is with containerd.</summary>
    /// <param name="source">What is mounted.</param>
    /// <param name="path">What the user calls it.</param>
    /// <param name="propagation">What is asked for.</param>
    internal static void Check(string source, string path, MountPropagation? propagation)
    {
        if (propagation is null or MountPropagation.None)
        {
            return;
        }

        using var place = FileSystem.Open(source, Libc.O_PATH);
        var fields = OptionalFields(FileSystem.ReadText("/proc/self/mountinfo"), MountIdOf(place));
        if (!fields.Contains("shared:", StringComparison.Ordinal) && (propagation == MountPropagation.Bidirectional || !fields.Contains("master:", StringComparison.Ordinal)))
        {
            throw new ContainerConfigException(
                $"mountPropagation {propagation}: path \"{path}\" is on a mount that is not {(propagation == MountPropagation.Bidirectional ? "shared" : "shared or slave")}; `mount --make-rshared` makes it so");
        }
    }

    /// <summary>Those between the sixth field and the hyphen of a mount's line, see proc_pid_mountinfo(5).</summary>
    internal static string OptionalFields(string mountinfo, int id)
    {
        var start = id.ToString(CultureInfo.InvariantCulture) + " ";
        foreach (var line in mountinfo.Split('\n'))
        {
            if (line.StartsWith(start, StringComparison.Ordinal))
            {
                var fields = line.Split(' ');
                return string.Join(' ', fields[6..Array.IndexOf(fields, "-", 6)]);
            }
        }

        return "";
    }

    private static int MountIdOf(SafeFd place)
    {
        const string key = "mnt_id:";
        var info = FileSystem.ReadText($"/proc/self/fdinfo/{place.Number}");
        var value = info.AsSpan(info.IndexOf(key, StringComparison.Ordinal) + key.Length);
        var end = value.IndexOf('\n');
        return int.Parse((end < 0 ? value : value[..end]).Trim(), CultureInfo.InvariantCulture);
    }
}
