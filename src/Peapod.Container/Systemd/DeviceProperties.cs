using System.Globalization;
using Peapod.Oci;

namespace Peapod.Container.Systemd;

/// <summary>
/// linux.resources.devices as DevicePolicy and DeviceAllow. systemd's program and ours both have to allow a use, and ours knows all rules:
/// systemd's is never narrower. It has no rules that forbid and names a major number only by its driver, so there it is wider. Pure.
/// </summary>
internal static class DeviceProperties
{
    /// <summary>The file with the drivers' names.</summary>
    internal const string Drivers = "/proc/devices";

    private const string Field = "linux.resources.devices";

    /// <summary>As in DeviceRules: what every container may use.</summary>
    private static readonly (string Device, string Access)[] Always =
    [
        ("block-*", "m"), ("char-*", "m"), ("/dev/char/1:3", "rwm"), ("/dev/char/1:5", "rwm"), ("/dev/char/1:7", "rwm"), ("/dev/char/1:8", "rwm"),
        ("/dev/char/1:9", "rwm"), ("/dev/char/5:0", "rwm"), ("/dev/char/5:2", "rwm"), ("char-pts", "rwm"),
    ];

    /// <param name="drivers">The content of /proc/devices.</param>
    internal static IReadOnlyList<UnitProperty> Compile(IReadOnlyList<LinuxDeviceCgroup>? rules, string drivers)
    {
        if (rules is not { Count: > 0 })
        {
            return [];
        }

        var allowsAll = false;
        var allowed = new List<(string Device, string Access)>(Always);
        foreach (var rule in rules)
        {
            var type = rule.Type is "b" or "c" ? rule.Type : "a";
            var (major, minor) = (rule.Major is -1 ? null : rule.Major, rule.Minor is -1 ? null : rule.Minor);
            var access = string.IsNullOrEmpty(rule.Access) ? "rwm" : rule.Access;
            if (type == "a" && major is null && minor is null && access.Contains('r') && access.Contains('w') && access.Contains('m'))
            {
                allowsAll = rule.Allow;
                allowed.RemoveRange(Always.Length, allowed.Count - Always.Length);
            }
            else if (rule.Allow)
            {
                if (type is not "b")
                {
                    allowed.Add((Name("char", major, minor, drivers), access));
                }

                if (type is not "c")
                {
                    allowed.Add((Name("block", major, minor, drivers), access));
                }
            }
        }

        return allowsAll ? Properties("auto", []) : Properties("strict", allowed);
    }

    private static UnitProperty[] Properties(string policy, List<(string Device, string Access)> allowed)
    {
        // An empty list takes back what was said before; then each one adds.
        var devices = new List<object>();
        foreach (var (device, access) in allowed)
        {
            devices.Add(new object[] { device, access });
        }

        UnitProperty clear = new(Field, "DeviceAllow", new("a(ss)", Array.Empty<object>()));
        return devices.Count == 0
            ? [UnitProperty.Text(Field, "DevicePolicy", policy), clear]
            : [UnitProperty.Text(Field, "DevicePolicy", policy), clear, new(Field, "DeviceAllow", new("a(ss)", devices.ToArray()))];
    }

    private static string Name(string kind, long? major, long? minor, string drivers) => (major, minor) switch
    {
        ({ } a, { } b) => string.Create(CultureInfo.InvariantCulture, $"/dev/{kind}/{a}:{b}"),
        ({ } a, null) => $"{kind}-{Driver(kind, a, drivers) ?? "*"}",
        _ => $"{kind}-*",
    };

    /// <summary>/proc/devices: "Character devices:", lines of number and name, an empty line, "Block devices:", the same.</summary>
    private static string? Driver(string kind, long major, string drivers)
    {
        var isSection = false;
        foreach (var line in drivers.Split('\n'))
        {
            if (line.EndsWith(':'))
            {
                isSection = line.StartsWith(kind, StringComparison.OrdinalIgnoreCase);
            }
            else if (isSection && line.Trim().Split(' ', 2) is [var number, var name] && long.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value == major)
            {
                return name;
            }
        }

        return null;
    }
}
