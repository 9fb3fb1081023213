using System.Text;
using System.Text.Json.Nodes;
using Peapod.Container.Cgroups;
using Peapod.Container.Lifecycle;

namespace Peapod.UnitTests.Container;

public class CgroupStatisticsTests
{
    [Fact]
    public void An_empty_cgroup_has_runcs_structure() => Assert.Equal(
        """{"type":"stats","id":"a","data":{"cpu":{"usage":{"kernel":0,"user":0},"throttling":{}},"cpuset":{"cpu_exclusive":0,"mem_hardwall":0,"mem_exclusive":0,"memory_migrate":0,"memory_spread_page":0,"memory_spread_slab":0,"memory_pressure":0,"sched_load_balance":0,"sched_relax_domain_level":0},"memory":{"usage":{"limit":0,"failcnt":0},"swap":{"limit":0,"failcnt":0},"kernel":{"limit":0,"failcnt":0},"kernelTCP":{"limit":0,"failcnt":0}},"pids":{"current":2},"blkio":{},"hugetlb":{},"intel_rdt":{},"network_interfaces":null}}""",
        Encoding.UTF8.GetString(new CgroupStatistics(static _ => null, [], 2).StatsEvent("a")));

    [Fact]
    public void An_oom_is_an_event_without_data() => Assert.Equal("""{"type":"oom","id":"a"}""", Encoding.UTF8.GetString(CgroupStatistics.OomEvent("a")));

    [Theory]
    [InlineData("cpu.usage", """{"total":9000,"kernel":4000,"user":5000}""")]
    [InlineData("cpu.throttling", """{"periods":7,"throttledPeriods":3,"throttledTime":2000}""")]
    [InlineData("cpu.psi", """{"some":{"avg10":0.5,"avg60":1,"avg300":0,"total":42},"full":{"avg10":0,"avg60":0,"avg300":0,"total":8}}""")]
    [InlineData("memory.cache", "33")]
    [InlineData("memory.usage", """{"limit":1000,"usage":100,"max":150,"failcnt":0}""")]
    [InlineData("memory.swap", """{"limit":18446744073709551615,"usage":120,"failcnt":0}""")]
    [InlineData("memory.raw", """{"anon":11,"file":33}""")]
    [InlineData("pids", """{"current":4,"limit":64}""")]
    [InlineData("blkio.ioServiceBytesRecursive", """[{"major":8,"op":"Read","value":10},{"major":8,"op":"Write","value":20},{"major":8,"minor":16,"op":"Read"}]""")]
    [InlineData("blkio.ioServicedRecursive", """[{"major":8,"op":"Read","value":1},{"major":8,"op":"Write","value":2}]""")]
    [InlineData("hugetlb", """{"1GB":{"failcnt":0},"2MB":{"usage":4194304,"failcnt":5}}""")]
    public void Files_of_v2_become_runcs_fields(string path, string json)
    {
        var files = new Dictionary<string, string>
        {
            ["cpu.stat"] = "usage_usec 9\nuser_usec 5\nsystem_usec 4\nnr_periods 7\nnr_throttled 3\nthrottled_usec 2",
            ["cpu.pressure"] = "some avg10=0.50 avg60=1.00 avg300=0.00 total=42\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=8",
            ["memory.stat"] = "file 33\nanon 11",
            ["memory.current"] = "100",
            ["memory.max"] = "1000",
            ["memory.peak"] = "150",
            ["memory.swap.current"] = "20",
            ["memory.swap.max"] = "max",
            ["pids.current"] = "4",
            ["pids.max"] = "64",
            ["io.stat"] = "8:0 rbytes=10 wbytes=20 rios=1 wios=2 dbytes=0 dios=0\n8:16 rbytes=0",
            ["hugetlb.2MB.rsvd.current"] = "4194304",
            ["hugetlb.2MB.events"] = "max 5",
        };

        JsonNode node = JsonNode.Parse(new CgroupStatistics(files.GetValueOrDefault, ["1GB", "2MB"], 9).StatsEvent("a"))!["data"]!;
        foreach (var name in path.Split('.'))
        {
            node = node[name]!;
        }

        Assert.Equal(json, node.ToJsonString());
    }

    [Theory]
    [InlineData("5s", 5000)]
    [InlineData("100ms", 100)]
    [InlineData("1m30s", 90_000)]
    [InlineData("1.5h", 5_400_000)]
    [InlineData("-1s", -1000)]
    [InlineData("0", 0)]
    public void Durations_are_read_as_go_does(string text, double milliseconds)
    {
        Assert.True(Duration.TryParse(text, out var duration));
        Assert.Equal(milliseconds, duration.TotalMilliseconds);
    }

    [Theory]
    [InlineData("")]
    [InlineData("5")]
    [InlineData("s")]
    [InlineData("5 s")]
    [InlineData("5d")]
    [InlineData("1s2")]
    [InlineData("1/2s")]
    public void What_is_no_duration_is_refused(string text) => Assert.False(Duration.TryParse(text, out _));
}
