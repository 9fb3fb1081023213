using System.Globalization;
using Peapod.Container.Cgroups;

namespace Peapod.Container.Systemd;

/// <summary>
/// Values for cgroup files as properties of a unit, so that systemd keeps to them when it writes these files itself (daemon-reload).
/// What it has no property for, and what it rounds (cpu.max), is in the files only. Pure.
/// </summary>
internal static class ResourceProperties
{
    private const ulong Infinity = ulong.MaxValue;
    private const ulong MicrosecondsPerSecond = 1_000_000;
    private const ulong OnePercent = 10_000;
    private const ulong DefaultPeriod = 100_000;
    private const int MaximumCpu = 1 << 16;

    internal static IReadOnlyList<UnitProperty> Compile(IReadOnlyList<CgroupSetting> settings)
    {
        var properties = new List<UnitProperty>();
        foreach (var setting in settings)
        {
            Add(properties, setting);
        }

        return properties;
    }

    private static void Add(List<UnitProperty> properties, CgroupSetting setting)
    {
        var value = setting.Value.Trim();
        switch (setting.File)
        {
            case "memory.max":
                Number(properties, setting, "MemoryMax", value, least: 1);
                break;
            case "memory.high":
                Number(properties, setting, "MemoryHigh", value, least: 1);
                break;
            case "memory.low":
                Number(properties, setting, "MemoryLow", value);
                break;
            case "memory.min":
                Number(properties, setting, "MemoryMin", value);
                break;
            case "memory.swap.max":
                Number(properties, setting, "MemorySwapMax", value);
                break;
            case "pids.max":
                Number(properties, setting, "TasksMax", value, least: 1);
                break;
            case "cpu.weight" when !properties.Exists(static property => property is { Name: "CPUWeight", Value.Value: 0ul }):
                Number(properties, setting, "CPUWeight", value, least: 1);
                break;
            case "cpu.idle" when value == "1":
                Set(properties, UnitProperty.Number(setting.Field, "CPUWeight", 0) with { Since = 252 });
                break;
            case "cpu.max":
                Quota(properties, setting, value);
                break;
            case "cpuset.cpus":
                Cpus(properties, setting, "AllowedCPUs", value);
                break;
            case "cpuset.mems":
                Cpus(properties, setting, "AllowedMemoryNodes", value);
                break;
            case "io.weight":
                // "default 100" is the same; those of single devices are for the file.
                Number(properties, setting, "IOWeight", value.StartsWith("default ", StringComparison.Ordinal) ? value["default ".Length..].Trim() : value, least: 1);
                break;
        }
    }

    /// <summary>A value that is no number is left to the kernel to refuse, in the words that it has for the file.</summary>
    private static void Number(List<UnitProperty> properties, CgroupSetting setting, string name, string value, ulong least = 0)
    {
        if (value == "max")
        {
            Set(properties, UnitProperty.Number(setting.Field, name, Infinity));
        }
        else if (ulong.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least)
        {
            Set(properties, UnitProperty.Number(setting.Field, name, number));
        }
    }

    /// <summary>"QUOTA PERIOD" in microseconds. systemd wants CPU time in each second, and makes whole percents of it: rounded up, so that it is never below what was asked for.</summary>
    private static void Quota(List<UnitProperty> properties, CgroupSetting setting, string value)
    {
        var parts = value.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var period = DefaultPeriod;
        ulong quota = 0;
        if (parts.Length is not (1 or 2)
            || (parts.Length == 2 && (!ulong.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out period) || period == 0))
            || (parts[0] != "max" && !ulong.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out quota)))
        {
            return;
        }

        var perSecond = parts[0] == "max" ? Infinity : (ulong)UInt128.Min(Infinity - OnePercent, (UInt128)quota * MicrosecondsPerSecond / period);
        if (perSecond != Infinity)
        {
            perSecond = (perSecond + OnePercent - 1) / OnePercent * OnePercent;
        }

        Set(properties, UnitProperty.Number(setting.Field, "CPUQuotaPeriodUSec", period) with { Since = 242 });
        Set(properties, UnitProperty.Number(setting.Field, "CPUQuotaPerSecUSec", perSecond));
    }

    /// <summary>A list as 0-3,7 in a mask, the lowest number in the first byte's lowest bit.</summary>
    private static void Cpus(List<UnitProperty> properties, CgroupSetting setting, string name, string list)
    {
        var mask = new List<byte>();
        foreach (var range in list.Split(','))
        {
            var ends = range.Split('-');
            if (ends.Length > 2
                || !int.TryParse(ends[0], NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture, out var first)
                || !int.TryParse(ends[^1], NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture, out var last)
                || first > last || last >= MaximumCpu)
            {
                return;
            }

            for (var number = first; number <= last; number++)
            {
                while (mask.Count <= number / 8)
                {
                    mask.Add(0);
                }

                mask[number / 8] |= (byte)(1 << (number % 8));
            }
        }

        Set(properties, new UnitProperty(setting.Field, name, new("ay", mask.ToArray())) { Since = 244 });
    }

    /// <summary>The last one holds, as it does for the files.</summary>
    private static void Set(List<UnitProperty> properties, UnitProperty property)
    {
        properties.RemoveAll(other => other.Name == property.Name);
        properties.Add(property);
    }
}
