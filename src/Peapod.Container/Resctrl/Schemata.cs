using Peapod.Oci;

namespace Peapod.Container.Resctrl;

/// <summary>What linux.intelRdt writes to a group's schemata file: lines such as <c>L3:0=7f0;1=1f</c>. config-linux.md, "IntelRdt". Pure.</summary>
internal static class Schemata
{
    private const string Bandwidth = "MB:";

    /// <summary>The lines in the spec's order; none when nothing is to be written.</summary>
    internal static List<string> Compile(LinuxIntelRdt rdt)
    {
        var lines = new List<string>();
        var hasBandwidth = !string.IsNullOrEmpty(rdt.MemBwSchema);
        foreach (var line in (rdt.L3CacheSchema ?? "").Split('\n'))
        {
            // A line on bandwidth among the cache's gives way to the one that is given for it.
            if (line.Trim().Length > 0 && !(hasBandwidth && line.TrimStart().StartsWith(Bandwidth, StringComparison.Ordinal)))
            {
                lines.Add(line);
            }
        }

        if (hasBandwidth)
        {
            lines.Add(rdt.MemBwSchema!);
        }

        lines.AddRange(rdt.Schemata);
        return lines;
    }

    /// <summary>The first of the lines that a schemata file does not say already, or null when it says them all.</summary>
    /// <param name="lines">What is wanted.</param>
    /// <param name="file">The file's content, in which the kernel fills numbers up with blanks and zeros.</param>
    internal static string? FirstDifference(IReadOnlyList<string> lines, string file)
    {
        var there = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        foreach (var line in file.Split('\n'))
        {
            there.UnionWith(Entries(line));
        }

        foreach (var line in lines)
        {
            foreach (var entry in Entries(line))
            {
                if (!there.Contains(entry))
                {
                    return line;
                }
            }
        }

        return null;
    }

    /// <summary><c>L3:0=0f;1=ff</c> as <c>L3:0=f</c> and <c>L3:1=ff</c>.</summary>
    private static List<string> Entries(string line)
    {
        var entries = new List<string>();
        var colon = line.IndexOf(':', StringComparison.Ordinal);
        if (colon < 0)
        {
            return entries;
        }

        var resource = line[..colon].Trim();
        foreach (var part in line[(colon + 1)..].Split(';'))
        {
            var equals = part.IndexOf('=', StringComparison.Ordinal);
            if (equals >= 0)
            {
                entries.Add($"{resource}:{Number(part[..equals])}={Number(part[(equals + 1)..])}");
            }
        }

        return entries;
    }

    private static string Number(string text) => text.Trim().TrimStart('0') is { Length: > 0 } digits ? digits : "0";
}
