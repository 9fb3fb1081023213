using System.Globalization;
using Peapod.Oci;
using Peapod.Pod.Objects;

namespace Peapod.Pod.Sandbox;

/// <summary>
/// Requests and limits as the kubelet maps them to cgroup v2: requests to weights, limits to quotas and maxima. A weight, and what the
/// kubelet adds of its own, is left out where the host has no controller for it; a limit never is.
/// </summary>
/// <param name="controllers">Those of the hierarchy's root: cgroup.controllers.</param>
internal sealed class KubeletResources(string[] controllers)
{
    /// <summary>Microseconds.</summary>
    private const ulong CpuPeriod = 100_000;
    private const long ShortestQuota = 1000;
    private const long LeastShares = 2, MostShares = 262144;

    /// <summary>The part of what lies between request and limit that may be used before the kernel begins to reclaim: the kubelet's memoryThrottlingFactor.</summary>
    private const decimal ThrottlingFactor = 0.9m;
    private const long PageSize = 4096;

    private static readonly Dictionary<string, Quantity> Nothing = [];

    private readonly bool hasCpu = Array.IndexOf(controllers, "cpu") >= 0;
    private readonly bool hasMemory = Array.IndexOf(controllers, "memory") >= 0;

    /// <summary>Of one container: all that it asks for, and one end for all its processes when it runs out of memory.</summary>
    internal LinuxResources Of(ContainerSpec container)
    {
        var resources = container.Resources;
        var limit = resources.Limit("memory") is { Amount: > 0 } most ? most.Value : 0;
        var unified = new Dictionary<string, string>();
        if (hasMemory)
        {
            unified["memory.oom.group"] = "1";
            if (High(resources.Request("memory") is { } request ? request.Value : 0, limit) is { } high)
            {
                unified["memory.high"] = high.ToString(CultureInfo.InvariantCulture);
            }
        }

        return new LinuxResources
        {
            Devices = container.SecurityContext?.Privileged == true ? [new LinuxDeviceCgroup { Allow = true, Access = "rwm" }] : [new LinuxDeviceCgroup { Allow = false, Access = "rwm" }],
            Cpu = Cpu(resources.Request("cpu") ?? resources.Limit("cpu"), resources.Limit("cpu")),
            Memory = limit == 0 ? null : new LinuxMemory { Limit = limit, Swap = hasMemory ? limit : null },
            HugepageLimits = HugePages(resources.Limits),
            Unified = unified,
        };
    }

    /// <summary>Of a pod as a whole: a maximum only when every container has one, and what the sandbox takes besides.</summary>
    internal LinuxResources Of(PodManifest pod)
    {
        var requests = PodResources.Requests(pod);
        var limits = PodResources.Limits(pod);
        var cpu = limits.TryGetValue("cpu", out var quota) ? quota : (Quantity?)null;
        return new LinuxResources
        {
            Cpu = Cpu(requests.TryGetValue("cpu", out var request) ? request : null, cpu),
            Memory = limits.TryGetValue("memory", out var memory) && memory.Amount > 0 ? new LinuxMemory { Limit = memory.Value } : null,
            HugepageLimits = HugePages(limits),
        };
    }

    /// <summary>cpu.shares of cgroup v1, whose curve to cpu.weight is the runtime's.</summary>
    /// <param name="milli">Thousandths of a cpu.</param>
    internal static ulong Shares(long milli) => milli <= 0 ? (ulong)LeastShares : (ulong)Math.Clamp(milli > long.MaxValue / 1024 ? MostShares : milli * 1024 / 1000, LeastShares, MostShares);

    /// <summary>Bytes, a multiple of a page; null when it would not lie above the request. Without a limit nothing is throttled.</summary>
    internal static long? High(long request, long limit)
    {
        if (limit == 0 || request == limit)
        {
            return null;
        }

        var high = (long)decimal.Floor((request + ((limit - request) * ThrottlingFactor)) / PageSize) * PageSize;
        return high > request ? high : null;
    }

    private LinuxCpu? Cpu(Quantity? request, Quantity? limit)
    {
        var quota = limit is { Amount: > 0 } most ? Math.Max(ShortestQuota, (long)Math.Min(most.MilliValue * 100m, long.MaxValue)) : (long?)null;
        return !hasCpu && quota is null ? null : new LinuxCpu
        {
            Shares = hasCpu ? Shares(request?.MilliValue ?? 0) : null,
            Quota = quota,
            Period = quota is null ? null : CpuPeriod,
        };
    }

    private static List<LinuxHugepageLimit> HugePages(IReadOnlyDictionary<string, Quantity>? limits)
    {
        var pages = new List<LinuxHugepageLimit>();
        foreach (var (resource, limit) in limits ?? Nothing)
        {
            if (resource.StartsWith(PodResources.HugePages, StringComparison.Ordinal) && Quantity.TryParse(resource[PodResources.HugePages.Length..], out var size))
            {
                pages.Add(new LinuxHugepageLimit { PageSize = PageName(size.Value), Limit = (ulong)limit.Value });
            }
        }

        return pages;
    }

    /// <summary>As the kernel names its files: hugetlb.2MB.max.</summary>
    internal static string PageName(long bytes) => (bytes >> 10) switch
    {
        >= 1 << 20 => $"{bytes >> 30}GB",
        >= 1 << 10 => $"{bytes >> 20}MB",
        var kilo => $"{kilo}KB",
    };
}
