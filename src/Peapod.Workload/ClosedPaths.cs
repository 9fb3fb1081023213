using Peapod.Kernel.Files;
using Peapod.Oci;

namespace Peapod.Workload;

/// <summary>What of /proc and /sys is closed to containers, as Docker, containerd and the kubelet have it: runc's paths, and what tells of the processors' heat and power.</summary>
internal static class ClosedPaths
{
    private const string Processors = "/sys/devices/system/cpu";

    internal static IReadOnlyList<string> Masked { get; } = [.. DefaultSpec.Create().Linux!.MaskedPaths, "/proc/interrupts", "/sys/devices/virtual/powercap", .. Throttles(Processors)];

    internal static IReadOnlyList<string> ReadOnly { get; } = DefaultSpec.Create().Linux!.ReadonlyPaths;

    /// <summary>How often each processor was slowed down, where the host's tell: what others compute can be read from it (GHSA-6fw5-f8r9-fgfm).</summary>
    internal static List<string> Throttles(string processors)
    {
        var paths = new List<string>();
        foreach (var name in FileSystem.TryStat(processors) is null ? [] : FileSystem.List(processors))
        {
            var path = $"{processors}/{name}/thermal_throttle";
            if (name.StartsWith("cpu", StringComparison.Ordinal) && name.AsSpan(3).IndexOfAnyExceptInRange('0', '9') < 0 && FileSystem.TryStat(path) is not null)
            {
                paths.Add(path);
            }
        }

        paths.Sort(StringComparer.Ordinal);
        return paths;
    }
}
