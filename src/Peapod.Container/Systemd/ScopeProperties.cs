using Peapod.Container.Cgroups;
using Peapod.Container.DBus;
using Peapod.Oci;

namespace Peapod.Container.Systemd;

/// <summary>What systemd is told of a container's scope. Pure.</summary>
internal static class ScopeProperties
{
    private const string AnnotationPrefix = "org.systemd.property.";
    private const ulong MicrosecondsPerSecond = 1_000_000;

    /// <summary>For its start, without the processes that it starts with.</summary>
    /// <param name="drivers">The content of /proc/devices.</param>
    /// <exception cref="SpecException">An annotation that is no property, or a value that v2 cannot express.</exception>
    internal static IReadOnlyList<UnitProperty> Compile(ScopeName name, string id, Spec spec, string drivers)
    {
        var resources = spec.Linux?.Resources;
        var properties = new List<UnitProperty>
        {
            UnitProperty.Text("", "Description", $"Peapod container {id}"),
            UnitProperty.Text("linux.cgroupsPath", "Slice", name.Slice),
            UnitProperty.Flag("Delegate", true),
            UnitProperty.Flag("DefaultDependencies", false),
            UnitProperty.Text("", "CollectMode", "inactive-or-failed"),
            UnitProperty.Flag("CPUAccounting", true),
            UnitProperty.Flag("MemoryAccounting", true),
            UnitProperty.Flag("IOAccounting", true),
            UnitProperty.Flag("TasksAccounting", true),
        };
        properties.AddRange(Changeable(resources, CgroupSettings.Compile(resources), drivers));
        if (resources?.Unified.TryGetValue("memory.oom.group", out var group) == true && group.Trim() is "0" or "1")
        {
            var policy = resources.Unified["memory.oom.group"].Trim() == "1" ? "kill" : "continue";
            properties.Add(UnitProperty.Text("linux.resources.unified[\"memory.oom.group\"]", "OOMPolicy", policy) with { Since = 253 });
        }

        foreach (var (key, value) in spec.Annotations)
        {
            if (key.StartsWith(AnnotationPrefix, StringComparison.Ordinal))
            {
                properties.Add(OfAnnotation(key, value));
            }
        }

        return properties;
    }

    /// <summary>Those that can be changed while it is there.</summary>
    internal static List<UnitProperty> Changeable(LinuxResources? resources, IReadOnlyList<CgroupSetting> settings, string drivers) =>
        [.. DeviceProperties.Compile(resources?.Devices, drivers), .. ResourceProperties.Compile(settings)];

    /// <summary>A property ending with Sec is for people; on D-Bus it ends with USec and counts microseconds.</summary>
    private static UnitProperty OfAnnotation(string key, string text)
    {
        var field = $"annotations[\"{key}\"]";
        var name = key[AnnotationPrefix.Length..];
        if (name.Length < 3 || name.AsSpan().ContainsAnyExcept(System.Buffers.SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")))
        {
            throw new SpecException(field, $"\"{name}\" is no name of a unit's property");
        }

        DBusVariant value;
        try
        {
            value = VariantText.Parse(text);
        }
        catch (FormatException e)
        {
            throw new SpecException(field, $"\"{text}\": {e.Message}");
        }

        if (name.EndsWith("Sec", StringComparison.Ordinal) && !name.EndsWith("USec", StringComparison.Ordinal))
        {
            name = name[..^3] + "USec";
            value = Microseconds(value) ?? throw new SpecException(field, $"\"{text}\" is no number of seconds");
        }

        return new(field, name, value);
    }

    private static DBusVariant? Microseconds(DBusVariant seconds)
    {
        var count = seconds.Value switch
        {
            byte value => value,
            short value => value,
            ushort value => value,
            int value => value,
            uint value => value,
            long value => value,
            ulong value => value,
            double value => value,
            _ => -1.0,
        };
        return count >= 0 && count < ulong.MaxValue / MicrosecondsPerSecond ? new("t", (ulong)(count * MicrosecondsPerSecond)) : null;
    }
}
