using System.Globalization;
using Peapod.Kernel;
using Peapod.Kernel.Files;
using Peapod.Kernel.Interop;
using Peapod.Pod.Layout;
using Peapod.Pod.Objects;
using Peapod.Pod.Sandbox;

namespace Peapod.Pod.Containers;

/// <summary>The host, as pods are told of it. Nothing is looked up before it is asked for.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Addresses">Its addresses, IPv4 first.</param>
/// <param name="Allocatable">What it has for its pods of a resource, which is the limit of a container that has none: cpu in cores, memory and ephemeral-storage in bytes, null for any other.</param>
internal sealed record Node(Func<string> Name, Func<IReadOnlyList<string>> Addresses, Func<string, Quantity?> Allocatable)
{
    /// <param name="dataRoot">Where volumes and writable layers are.</param>
    internal static Node This(string dataRoot) => new(
        static () => PodHost.NodeName,
        static () => [.. HostAddress.Find().Select(static address => address.ToString())],
        resource => AllocatableOf(resource, dataRoot));

    private static Quantity? AllocatableOf(string resource, string dataRoot) => resource switch
    {
        "cpu" => Quantity.FromInt64(CountCpus(FileSystem.ReadText("/sys/devices/system/cpu/online"))),
        "memory" => Quantity.FromBytes(Memory(FileSystem.ReadText("/proc/meminfo"))),
        "ephemeral-storage" => Quantity.FromBytes(Storage(dataRoot)),
        _ => null,
    };

    /// <summary>How many there are in a list such as <c>0-3,8</c>.</summary>
    internal static int CountCpus(string list)
    {
        var count = 0;
        foreach (var range in list.Split(',', StringSplitOptions.RemoveEmptyEntries))
        {
            var dash = range.IndexOf('-', StringComparison.Ordinal);
            var first = int.Parse(dash < 0 ? range : range[..dash], CultureInfo.InvariantCulture);
            count += 1 + (dash < 0 ? 0 : int.Parse(range.AsSpan(dash + 1), CultureInfo.InvariantCulture) - first);
        }

        return count;
    }

    /// <summary>Bytes of /proc/meminfo's first line.</summary>
    internal static long Memory(string meminfo)
    {
        const string key = "MemTotal:";
        var line = meminfo.AsSpan(meminfo.IndexOf(key, StringComparison.Ordinal) + key.Length);
        line = line[..line.IndexOf("kB", StringComparison.Ordinal)];
        return long.Parse(line.Trim(), CultureInfo.InvariantCulture) * 1024;
    }

    private static long Storage(string folder)
    {
        KernelException.Check(Libc.statfs(folder, out var status), "statfs", folder);
        return (long)status.Blocks * status.FragmentSize;
    }
}
