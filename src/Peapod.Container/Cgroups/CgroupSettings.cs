using System.Globalization;
using Peapod.Oci;

namespace Peapod.Container.Cgroups;

/// <summary>linux.resources as values for cgroup v2 files; "Cgroups v2" in config-linux.md. Pure.</summary>
public static class CgroupSettings
{
    private const ulong DefaultPeriod = 100_000;

    /// <exception cref="SpecException">A value that v2 cannot express.</exception>
    public static IReadOnlyList<CgroupSetting> Compile(LinuxResources? resources)
    {
        if (resources is null)
        {
            return [];
        }

        var settings = new List<CgroupSetting>();
        AddMemory(settings, resources.Memory);
        AddCpu(settings, resources.Cpu);
        if (resources.Pids?.Limit is { } pids)
        {
            settings.Add(new("linux.resources.pids.limit", "pids.max", Limit(pids)));
        }

        AddBlockIO(settings, resources.BlockIO);
        for (var i = 0; i < (resources.HugepageLimits?.Count ?? 0); i++)
        {
            AddHugepages(settings, resources.HugepageLimits![i], $"linux.resources.hugepageLimits[{i}]");
        }

        foreach (var (device, limit) in resources.Rdma ?? new Dictionary<string, LinuxRdma>())
        {
            var value = string.Create(CultureInfo.InvariantCulture, $"{device} hca_handle={limit.HcaHandles?.ToString(CultureInfo.InvariantCulture) ?? "max"} hca_object={limit.HcaObjects?.ToString(CultureInfo.InvariantCulture) ?? "max"}");
            settings.Add(new($"linux.resources.rdma[\"{device}\"]", "rdma.max", value));
        }

        foreach (var (file, value) in resources.Unified ?? new Dictionary<string, string>())
        {
            var field = $"linux.resources.unified[\"{file}\"]";
            if (file.Contains('/', StringComparison.Ordinal) || !file.Contains('.', StringComparison.Ordinal))
            {
                throw new SpecException(field, "is not the name of a cgroup file");
            }

            settings.Add(new(field, file, value));
        }

        return settings;
    }

    /// <summary>cpu.shares (2 to 262144, 1024 by default) as cpu.weight (1 to 10000, 100 by default): the quadratic curve of runc 1.3.2 and crun 1.23 through those three points.</summary>
    public static ulong WeightOf(ulong shares)
    {
        if (shares <= 2)
        {
            return 1;
        }

        if (shares >= 262144)
        {
            return 10000;
        }

        var log = Math.Log2(shares);
        return (ulong)Math.Ceiling(Math.Pow(10, (((log * log) + (125 * log)) / 612.0) - (7.0 / 34.0)));
    }

    private static void AddMemory(List<CgroupSetting> settings, LinuxMemory? memory)
    {
        const string field = "linux.resources.memory";
        if (memory is null)
        {
            return;
        }

        // Zero and absent are the same to every caller; a swap limit of v1 counts the memory, that of v2 does not.
        if (memory.Swap is { } swap and not 0)
        {
            var limit = memory.Limit ?? 0;
            var value = (swap, limit) switch
            {
                ( < 0, _) => "max",
                (_, 0) => throw new SpecException($"{field}.swap", "needs a memory limit beside it"),
                (_, < 0) => throw new SpecException($"{field}.swap", "needs a memory limit beside it, not an unlimited memory"),
                _ when swap < limit => throw new SpecException($"{field}.swap", $"{swap} is below the memory limit {limit}, which it includes"),
                _ => Text(swap - limit),
            };
            settings.Add(new($"{field}.swap", "memory.swap.max", value));
        }

        if (memory.Limit is { } max and not 0)
        {
            settings.Add(new($"{field}.limit", "memory.max", Limit(max)));
        }

        if (memory.Reservation is { } low and not 0)
        {
            settings.Add(new($"{field}.reservation", "memory.low", Limit(low)));
        }
    }

    private static void AddCpu(List<CgroupSetting> settings, LinuxCpu? cpu)
    {
        const string field = "linux.resources.cpu";
        if (cpu is null)
        {
            return;
        }

        if (cpu.Idle is { } idle)
        {
            settings.Add(new($"{field}.idle", "cpu.idle", Text(idle)));
        }

        if (cpu.Shares is { } shares and not 0)
        {
            settings.Add(new($"{field}.shares", "cpu.weight", WeightOf(shares).ToString(CultureInfo.InvariantCulture)));
        }

        var period = cpu.Period ?? 0;
        if (cpu.Quota is { } quota and not 0 || period != 0)
        {
            var text = cpu.Quota is { } value and > 0 ? Text(value) : "max";
            var name = cpu.Quota is { } and not 0 ? "quota" : "period";
            settings.Add(new($"{field}.{name}", "cpu.max", $"{text} {(period == 0 ? DefaultPeriod : period)}"));
        }

        if (cpu.Burst is { } burst)
        {
            settings.Add(new($"{field}.burst", "cpu.max.burst", burst.ToString(CultureInfo.InvariantCulture)));
        }

        if (cpu.RealtimePeriod is { } and not 0 || cpu.RealtimeRuntime is { } and not 0)
        {
            var name = cpu.RealtimeRuntime is { } and not 0 ? "realtimeRuntime" : "realtimePeriod";
            throw new SpecException($"{field}.{name}", "cgroup v2 has no limit on real-time processes");
        }

        if (cpu.Cpus is { Length: > 0 } cpus)
        {
            settings.Add(new($"{field}.cpus", "cpuset.cpus", cpus));
        }

        if (cpu.Mems is { Length: > 0 } mems)
        {
            settings.Add(new($"{field}.mems", "cpuset.mems", mems));
        }
    }

    private static void AddBlockIO(List<CgroupSetting> settings, LinuxBlockIO? io)
    {
        const string field = "linux.resources.blockIO";
        if (io is null)
        {
            return;
        }

        if (io.Weight is { } weight and not 0)
        {
            settings.Add(new($"{field}.weight", "io.weight", IoWeight(weight)));
        }

        for (var i = 0; i < (io.WeightDevice?.Count ?? 0); i++)
        {
            var device = io.WeightDevice![i];
            if (device.Weight is { } value and not 0)
            {
                settings.Add(new($"{field}.weightDevice[{i}]", "io.weight", string.Create(CultureInfo.InvariantCulture, $"{device.Major}:{device.Minor} {IoWeight(value)}")));
            }
        }

        AddThrottle(settings, io.ThrottleReadBpsDevice, $"{field}.throttleReadBpsDevice", "rbps");
        AddThrottle(settings, io.ThrottleWriteBpsDevice, $"{field}.throttleWriteBpsDevice", "wbps");
        AddThrottle(settings, io.ThrottleReadIOPSDevice, $"{field}.throttleReadIOPSDevice", "riops");
        AddThrottle(settings, io.ThrottleWriteIOPSDevice, $"{field}.throttleWriteIOPSDevice", "wiops");
    }

    private static void AddThrottle(List<CgroupSetting> settings, IReadOnlyList<LinuxThrottleDevice>? devices, string field, string key)
    {
        for (var i = 0; i < (devices?.Count ?? 0); i++)
        {
            var device = devices![i];
            var rate = device.Rate == 0 ? "max" : device.Rate.ToString(CultureInfo.InvariantCulture);
            settings.Add(new($"{field}[{i}]", "io.max", string.Create(CultureInfo.InvariantCulture, $"{device.Major}:{device.Minor} {key}={rate}")));
        }
    }

    private static void AddHugepages(List<CgroupSetting> settings, LinuxHugepageLimit limit, string field)
    {
        if (string.IsNullOrEmpty(limit.PageSize))
        {
            throw new SpecException($"{field}.pageSize", "is missing");
        }

        var value = limit.Limit.ToString(CultureInfo.InvariantCulture);
        settings.Add(new(field, $"hugetlb.{limit.PageSize}.max", value));
        settings.Add(new(field, $"hugetlb.{limit.PageSize}.rsvd.max", value));
    }

    /// <summary>blkio.weight (10 to 1000) on the line to io.weight (1 to 10000), as runc has it.</summary>
    private static string IoWeight(ushort weight) => (1 + (((ulong)weight - 10) * 9999 / 990)).ToString(CultureInfo.InvariantCulture);

    private static string Limit(long value) => value < 0 ? "max" : Text(value);

    private static string Text(long value) => value.ToString(CultureInfo.InvariantCulture);
}
