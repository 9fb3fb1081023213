using System.Globalization;
using Peapod.Kernel.Files;
using Peapod.Kernel.Processes;
using Peapod.Pod.Manifest;
using Peapod.Pod.Objects;

namespace Peapod.Pod.Containers;

/// <summary>oom_score_adj by QoS class, as the kubelet has it: who asked for less than it uses ends first when the host runs out of memory.</summary>
internal static class OomScore
{
    private const int Guaranteed = -997, BestEffort = 1000;
    private const int CAP_SYS_RESOURCE = 24;

    /// <summary>What is set here: the kubelet's value, or the nearest one that may be set without CAP_SYS_RESOURCE, which is not below our own.</summary>
    internal static int Of(PodManifest pod, ContainerSpec container)
    {
        var qos = QosClass.Of(pod);
        var score = Of(qos, container.Resources.Request("memory")?.Value ?? 0, qos == QosClass.Burstable ? HostMemory() : 0);
        return (OwnCapabilities.Permitted() >> CAP_SYS_RESOURCE & 1) != 0 ? score : Math.Max(score, Own());
    }

    /// <param name="qos">The pod's class.</param>
    /// <param name="request">Bytes that the container requests.</param>
    /// <param name="capacity">Bytes that the host has.</param>
    internal static int Of(QosClass qos, long request, long capacity) => qos switch
    {
        QosClass.Guaranteed => Guaranteed,
        QosClass.BestEffort => BestEffort,
        _ => Math.Clamp(BestEffort - (int)Math.Min(1000m, 1000m * request / Math.Max(1, capacity)), BestEffort + Guaranteed, BestEffort - 1),
    };

    private static int Own() => int.Parse(FileSystem.ReadText("/proc/self/oom_score_adj"), CultureInfo.InvariantCulture);

    private static long HostMemory()
    {
        // The first line: "MemTotal:       16384000 kB".
        var words = FileSystem.ReadText("/proc/meminfo").Split('\n')[0].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return long.Parse(words[1], CultureInfo.InvariantCulture) * 1024;
    }
}
