using Peapod.HostTests.Harness;

namespace Peapod.HostTests.Oci;

public class TimeNamespaceTests
{
    private const string Show = "cat /proc/self/timens_offsets; cat /proc/uptime";

    private static readonly string[] Usual = ["pid", "network", "ipc", "uts", "mount", "cgroup"];

    [Theory]
    [Covers("linux.timeOffsets.secs", "linux.timeOffsets.nanosecs")]
    [InlineData(false)]
    [InlineData(true)]
    public void The_clocks_are_off_by_what_is_asked_for(bool inUserNamespace)
    {
        using var bundle = new Bundle("sh", "-c", Show).Set("linux.timeOffsets", """{"monotonic": {"secs": -2, "nanosecs": 5}, "boottime": {"secs": 864000}}""");
        bundle.Namespaces(inUserNamespace ? [.. Usual, "user", "time"] : [.. Usual, "time"]);
        if (inUserNamespace)
        {
            bundle.Set("linux.uidMappings", """[{"containerID": 0, "hostID": 0, "size": 1000}]""").Set("linux.gidMappings", """[{"containerID": 0, "hostID": 0, "size": 1000}]""");
        }

        var lines = bundle.RunOutput().Split('\n');

        Assert.Equal(["monotonic", "-2", "5"], lines[0].Split(' ', StringSplitOptions.RemoveEmptyEntries));
        Assert.Equal(["boottime", "864000", "0"], lines[1].Split(' ', StringSplitOptions.RemoveEmptyEntries));
        Assert.InRange(Uptime(lines[2]) - Uptime(File.ReadAllText("/proc/uptime")), 863_900, 864_001);
    }

    [Fact]
    public void An_exec_and_a_container_that_joins_have_the_same_clocks()
    {
        using var first = new Bundle("sleep", "100").Namespaces([.. Usual, "time"]).Set("linux.timeOffsets", """{"boottime": {"secs": 864000}}""");
        var pid = first.RunDetached();
        using var second = new Bundle("sleep", "100").Namespaces([.. Usual, $"time=/proc/{pid}/ns/time"]);

        var joined = second.RunDetached();

        Assert.NotEqual(Of("self", "time"), Of($"{pid}", "time"));
        Assert.Equal(Of($"{pid}", "time"), Of($"{joined}", "time"));
        Assert.Equal(Of($"{pid}", "time_for_children"), Of($"{pid}", "time"));
        Assert.InRange(Uptime(first.Exec(first.Id, "cat", "/proc/uptime").Output) - Uptime(File.ReadAllText("/proc/uptime")), 863_900, 864_001);
    }

    [Fact]
    public void A_new_time_namespace_without_offsets_has_the_hosts_clocks()
    {
        using var bundle = new Bundle("sleep", "100").Namespaces([.. Usual, "time"]);

        var pid = bundle.RunDetached();

        Assert.NotEqual(Of("self", "time"), Of($"{pid}", "time"));
        Assert.Equal(["monotonic", "0", "0", "boottime", "0", "0"], File.ReadAllText($"/proc/{pid}/timens_offsets").Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries));
    }

    [Fact]
    public void An_offset_that_the_kernel_refuses_is_told_by_its_field()
    {
        using var bundle = new Bundle("true").Namespaces([.. Usual, "time"]).Set("linux.timeOffsets", """{"boottime": {"secs": -500000000}}""");

        Assert.Equal(
            "peapod: config.json: linux.timeOffsets.boottime: cannot set the clock off by -500000000 s and 0 ns: Numerical result out of range\n"
            + "  with this offset the clock would stand before its zero, or more than 146 years after it\n",
            bundle.Run().Error);
    }

    private static double Uptime(string text) => double.Parse(text.Split(' ')[0], System.Globalization.CultureInfo.InvariantCulture);

    private static string? Of(string process, string kind) => new FileInfo($"/proc/{process}/ns/{kind}").LinkTarget;
}
