namespace Peapod.HostTests.Harness;

/// <summary>What a container or pod could leave on the host, as sorted lines. Equal before and after is what every test ends with.</summary>
internal sealed class Traces
{
    private readonly SortedSet<string> lines = new(StringComparer.Ordinal);

    internal static Traces Now()
    {
        var traces = new Traces();
        foreach (var line in File.ReadAllLines("/proc/self/mountinfo"))
        {
            traces.lines.Add($"mount {line.Split(' ')[4]}");
        }

        foreach (var folder in CgroupsBelow("/sys/fs/cgroup"))
        {
            traces.lines.Add($"cgroup {folder}");
        }

        foreach (var link in Directory.GetFileSystemEntries("/sys/class/net"))
        {
            traces.lines.Add($"link {Path.GetFileName(link)}");
        }

        foreach (var process in Directory.GetDirectories("/proc").Where(static path => char.IsAsciiDigit(Path.GetFileName(path)[0])))
        {
            var target = new FileInfo($"{process}/exe").LinkTarget;
            if (target is not null && (target.StartsWith("/memfd:peapod", StringComparison.Ordinal) || target.StartsWith(PeapodCommand.Out, StringComparison.Ordinal)))
            {
                traces.lines.Add($"process {Path.GetFileName(process)} {target}");
            }
        }

        return traces;
    }

    /// <summary>Others on this machine make and remove cgroups meanwhile.</summary>
    private static IEnumerable<string> CgroupsBelow(string folder)
    {
        string[] children;
        try
        {
            children = Directory.GetDirectories(folder);
        }
        catch (DirectoryNotFoundException)
        {
            return [];
        }

        return children.SelectMany(static child => CgroupsBelow(child).Prepend(child));
    }

    /// <summary>Nothing was left; what dies a moment later (a network device after its namespace) is waited for.</summary>
    internal void AssertSame()
    {
        for (var tries = 0; tries < 50 && !lines.SetEquals(Now().lines); tries++)
        {
            Thread.Sleep(50);
        }

        var now = Now().lines;
        Assert.Empty(now.Except(lines));
        Assert.Empty(lines.Except(now));
    }
}
