using System.Globalization;
using Peapod.Oci;

namespace Peapod.Container.Cgroups;

/// <summary>What an update of linux.resources makes of those that a container has. Pure.</summary>
public static class ResourceUpdate
{
    /// <summary>The resources afterwards. What the update does not name stays; lists and maps are merged entry by entry, device rules are replaced.</summary>
    public static LinuxResources Merge(LinuxResources? current, LinuxResources update)
    {
        current ??= new LinuxResources();
        return current with
        {
            Devices = update.Devices.Count > 0 ? update.Devices : current.Devices,
            Memory = Merge(current.Memory, update.Memory),
            Cpu = Merge(current.Cpu, update.Cpu),
            Pids = update.Pids?.Limit is null ? current.Pids : update.Pids,
            BlockIO = Merge(current.BlockIO, update.BlockIO),
            HugepageLimits = Merge(current.HugepageLimits, update.HugepageLimits, static (a, b) => a.PageSize == b.PageSize),
            Rdma = Merge(current.Rdma, update.Rdma),
            Unified = Merge(current.Unified, update.Unified),
        };
    }

    /// <summary>What is to be written: what the update names, and what changes by it (a swap limit counts the memory beside it).</summary>
    /// <exception cref="SpecException">A value that v2 cannot express.</exception>
    public static IReadOnlyList<CgroupSetting> Changes(LinuxResources? current, LinuxResources update)
    {
        var before = new HashSet<(string File, string Value)>();
        foreach (var setting in CgroupSettings.Compile(current))
        {
            before.Add((setting.File, setting.Value));
        }

        var changes = new List<CgroupSetting>();
        foreach (var setting in CgroupSettings.Compile(Merge(current, update)))
        {
            if (Names(update, setting.Field) || !before.Contains((setting.File, setting.Value)))
            {
                changes.Add(setting);
            }
        }

        return changes;
    }

    /// <summary>memory.checkBeforeUpdate: refuses a limit that is not above what is in use.</summary>
    /// <param name="resources">The resources afterwards.</param>
    /// <param name="usage">The content of memory.current, or null: the check is made only where it can be.</param>
    /// <exception cref="SpecException">The limit is too low.</exception>
    public static void CheckUsage(LinuxResources resources, string? usage)
    {
        if (resources.Memory is not { CheckBeforeUpdate: true } memory || !long.TryParse(usage, NumberStyles.None, CultureInfo.InvariantCulture, out var used))
        {
            return;
        }

        if (memory.Swap is > 0 and var swap && swap <= used)
        {
            throw new SpecException("linux.resources.memory.swap", $"rejecting memory+swap limit {swap} <= usage {used}");
        }

        if (memory.Limit is > 0 and var limit && limit <= used)
        {
            throw new SpecException("linux.resources.memory.limit", $"rejecting memory limit {limit} <= usage {used}");
        }
    }

    private static LinuxMemory? Merge(LinuxMemory? current, LinuxMemory? update) => update is null ? current : (current ?? new LinuxMemory()) with
    {
        Limit = update.Limit ?? current?.Limit,
        Reservation = update.Reservation ?? current?.Reservation,

        // Unlimited memory beside limited swap means nothing: as runc has it, both become unlimited.
        Swap = update.Swap ?? (update.Limit == -1 ? -1 : current?.Swap),
        CheckBeforeUpdate = update.CheckBeforeUpdate ?? current?.CheckBeforeUpdate,
    };

    private static LinuxCpu? Merge(LinuxCpu? current, LinuxCpu? update) => update is null ? current : (current ?? new LinuxCpu()) with
    {
        Shares = update.Shares ?? current?.Shares,
        Quota = update.Quota ?? current?.Quota,
        Burst = update.Burst ?? current?.Burst,
        Period = update.Period ?? current?.Period,
        RealtimeRuntime = update.RealtimeRuntime ?? current?.RealtimeRuntime,
        RealtimePeriod = update.RealtimePeriod ?? current?.RealtimePeriod,
        Cpus = string.IsNullOrEmpty(update.Cpus) ? current?.Cpus : update.Cpus,
        Mems = string.IsNullOrEmpty(update.Mems) ? current?.Mems : update.Mems,
        Idle = update.Idle ?? current?.Idle,
    };

    private static LinuxBlockIO? Merge(LinuxBlockIO? current, LinuxBlockIO? update) => update is null ? current : (current ??= new LinuxBlockIO()) with
    {
        Weight = update.Weight ?? current.Weight,
        WeightDevice = Merge(current.WeightDevice, update.WeightDevice, static (a, b) => (a.Major, a.Minor) == (b.Major, b.Minor)),
        ThrottleReadBpsDevice = Merge(current.ThrottleReadBpsDevice, update.ThrottleReadBpsDevice, SameDevice),
        ThrottleWriteBpsDevice = Merge(current.ThrottleWriteBpsDevice, update.ThrottleWriteBpsDevice, SameDevice),
        ThrottleReadIOPSDevice = Merge(current.ThrottleReadIOPSDevice, update.ThrottleReadIOPSDevice, SameDevice),
        ThrottleWriteIOPSDevice = Merge(current.ThrottleWriteIOPSDevice, update.ThrottleWriteIOPSDevice, SameDevice),
    };

    private static bool SameDevice(LinuxThrottleDevice a, LinuxThrottleDevice b) => (a.Major, a.Minor) == (b.Major, b.Minor);

    private static IReadOnlyList<T> Merge<T>(IReadOnlyList<T> current, IReadOnlyList<T> update, Func<T, T, bool> same)
    {
        if (update.Count == 0)
        {
            return current;
        }

        var merged = new List<T>(current);
        for (var i = 0; i < update.Count; i++)
        {
            var item = update[i];
            merged.RemoveAll(old => same(old, item));
            merged.Add(item);
        }

        return merged;
    }

    private static IReadOnlyDictionary<string, T> Merge<T>(IReadOnlyDictionary<string, T> current, IReadOnlyDictionary<string, T> update)
    {
        if (update.Count == 0)
        {
            return current;
        }

        var merged = new Dictionary<string, T>(current);
        foreach (var (key, value) in update)
        {
            merged[key] = value;
        }

        return merged;
    }

    /// <summary>Whether the update itself asks for the field. For lists it is enough that something else of the list is asked for: the same value is written again.</summary>
    private static bool Names(LinuxResources update, string field) => field["linux.resources.".Length..] switch
    {
        "memory.limit" => update.Memory?.Limit is not null,
        "memory.reservation" => update.Memory?.Reservation is not null,
        "memory.swap" => update.Memory?.Swap is not null || update.Memory?.Limit is not null,
        "cpu.shares" => update.Cpu?.Shares is not null,
        "cpu.quota" or "cpu.period" => update.Cpu is { Quota: not null } or { Period: not null },
        "cpu.burst" => update.Cpu?.Burst is not null,
        "cpu.idle" => update.Cpu?.Idle is not null,
        "cpu.realtimeRuntime" or "cpu.realtimePeriod" => true,
        "cpu.cpus" => !string.IsNullOrEmpty(update.Cpu?.Cpus),
        "cpu.mems" => !string.IsNullOrEmpty(update.Cpu?.Mems),
        "pids.limit" => update.Pids?.Limit is not null,
        "blockIO.weight" => update.BlockIO?.Weight is not null,
        var other when other.StartsWith("hugepageLimits", StringComparison.Ordinal) => update.HugepageLimits.Count > 0,
        var other when other.StartsWith("unified[\"", StringComparison.Ordinal) => update.Unified.ContainsKey(other["unified[\"".Length..^2]),
        var other when other.StartsWith("rdma[\"", StringComparison.Ordinal) => update.Rdma.ContainsKey(other["rdma[\"".Length..^2]),
        _ => false,
    };
}
