using System.Text;
using Peapod.Container.Cgroups;
using Peapod.Oci;

namespace Peapod.UnitTests.Container;

public class ResourceUpdateTests
{
    [Theory]
    [InlineData("{}", """{"pids": {"limit": 7}}""", "pids.max 7")]
    [InlineData("""{"pids": {"limit": 7}}""", """{"pids": {"limit": 7}}""", "pids.max 7")]
    [InlineData("""{"pids": {"limit": 7}}""", """{"cpu": {"shares": 1024}}""", "cpu.weight 100")]
    [InlineData("""{"cpu": {"quota": 1000, "period": 20000}}""", """{"cpu": {"quota": 2000}}""", "cpu.max 2000 20000")]
    [InlineData("""{"cpu": {"quota": 1000, "period": 20000}}""", """{"cpu": {"period": 50000}}""", "cpu.max 1000 50000")]
    [InlineData("""{"cpu": {"cpus": "0-3"}}""", """{"cpu": {"cpus": "", "mems": "0"}}""", "cpuset.mems 0")]
    [InlineData("""{"memory": {"limit": 100, "swap": 300}}""", """{"memory": {"limit": 200}}""", "memory.swap.max 100;memory.max 200")]
    [InlineData("""{"memory": {"limit": 100, "swap": 300}}""", """{"memory": {"limit": -1}}""", "memory.swap.max max;memory.max max")]
    [InlineData("""{"memory": {"limit": 100}}""", """{"memory": {"swap": 400}}""", "memory.swap.max 300")]
    [InlineData("""{"hugepageLimits": [{"pageSize": "2MB", "limit": 1}]}""", """{"hugepageLimits": [{"pageSize": "2MB", "limit": 2}]}""", "hugetlb.2MB.max 2;hugetlb.2MB.rsvd.max 2")]
    [InlineData("""{"unified": {"a.b": "1", "c.d": "2"}}""", """{"unified": {"a.b": "3"}}""", "a.b 3")]
    [InlineData("""{"unified": {"a.b": "1"}}""", """{"unified": {"a.b": "1"}}""", "a.b 1")]
    [InlineData("""{"blockIO": {"throttleReadBpsDevice": [{"major": 8, "minor": 0, "rate": 5}]}}""", """{"blockIO": {"throttleReadBpsDevice": [{"major": 8, "minor": 16, "rate": 6}, {"major": 8, "minor": 0, "rate": 7}]}}""", "io.max 8:16 rbps=6;io.max 8:0 rbps=7")]
    [InlineData("""{"pids": {"limit": 7}}""", "{}", "")]
    public void What_the_update_names_and_what_it_changes_is_written(string current, string update, string written) =>
        Assert.Equal(written, string.Join(';', ResourceUpdate.Changes(Parse(current), Parse(update)).Select(static setting => $"{setting.File} {setting.Value}")));

    [Theory]
    [InlineData("""{"memory": {"limit": 100, "swap": 300}}""", """{"memory": {"limit": 400}}""", "linux.resources.memory.swap: 300 is below the memory limit 400, which it includes")]
    [InlineData("{}", """{"memory": {"swap": 400}}""", "linux.resources.memory.swap: needs a memory limit beside it")]
    [InlineData("{}", """{"cpu": {"realtimePeriod": 5}}""", "linux.resources.cpu.realtimePeriod: cgroup v2 has no limit on real-time processes")]
    public void What_v2_cannot_express_is_told_by_its_field(string current, string update, string sentence) =>
        Assert.Equal(sentence, Assert.Throws<SpecException>(() => ResourceUpdate.Changes(Parse(current), Parse(update))).Message);

    [Fact]
    public void What_the_update_does_not_name_stays_and_device_rules_are_replaced()
    {
        var current = Parse("""{"devices": [{"allow": false}], "pids": {"limit": 5}, "cpu": {"quota": 1, "cpus": "0"}, "memory": {"limit": 3}, "unified": {"a.b": "1", "c.d": "2"}}""");
        var update = Parse("""{"devices": [{"allow": true}], "cpu": {"quota": 2, "idle": 1}, "unified": {"c.d": "3"}}""");

        Assert.Equal(
            """{"devices":[{"allow":true}],"memory":{"limit":3},"cpu":{"quota":2,"cpus":"0","idle":1},"pids":{"limit":5},"unified":{"a.b":"1","c.d":"3"}}""",
            Encoding.UTF8.GetString(ResourceUpdate.Merge(current, update).ToJson()));
    }

    [Theory]
    [InlineData("""{"memory": {"limit": 99, "checkBeforeUpdate": true}}""", "linux.resources.memory.limit: rejecting memory limit 99 <= usage 100")]
    [InlineData("""{"memory": {"limit": 50, "swap": 100, "checkBeforeUpdate": true}}""", "linux.resources.memory.swap: rejecting memory+swap limit 100 <= usage 100")]
    public void A_limit_below_the_usage_is_refused_when_that_is_asked_for(string resources, string sentence) =>
        Assert.Equal(sentence, Assert.Throws<SpecException>(() => ResourceUpdate.CheckUsage(Parse(resources), "100")).Message);

    [Theory]
    [InlineData("""{"memory": {"limit": 99}}""", "100")]
    [InlineData("""{"memory": {"limit": 99, "checkBeforeUpdate": true}}""", null)]
    [InlineData("""{"memory": {"limit": 101, "swap": -1, "checkBeforeUpdate": true}}""", "100")]
    [InlineData("""{"memory": {"limit": -1, "checkBeforeUpdate": true}}""", "100")]
    public void Other_limits_pass_the_check(string resources, string? usage) =>
        Assert.Null(Record.Exception(() => ResourceUpdate.CheckUsage(Parse(resources), usage)));

    [Theory]
    [InlineData("-1", -1)]
    [InlineData("0", 0)]
    [InlineData("1024", 1024)]
    [InlineData("512m", 536870912)]
    [InlineData("512 MB", 536870912)]
    [InlineData("1.5GiB", 1610612736)]
    [InlineData("2k", 2048)]
    [InlineData("3b", 3)]
    public void Sizes_have_units(string text, long bytes)
    {
        Assert.True(MemorySize.TryParse(text, out var size));
        Assert.Equal(bytes, size);
    }

    [Theory]
    [InlineData("")]
    [InlineData("-2")]
    [InlineData("m")]
    [InlineData("1x")]
    [InlineData("1.2.3")]
    [InlineData("1mm")]
    [InlineData("1/2")]
    [InlineData("99999999999p")]
    public void What_is_no_size_is_refused(string text) => Assert.False(MemorySize.TryParse(text, out _));

    private static LinuxResources Parse(string json) => LinuxResources.Parse(Encoding.UTF8.GetBytes(json));
}
