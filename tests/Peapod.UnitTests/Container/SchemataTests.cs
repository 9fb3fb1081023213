using Peapod.Container.Resctrl;
using Peapod.Oci;
using Peapod.Tests;

namespace Peapod.UnitTests.Container;

public class SchemataTests
{
    [Fact]
    [Covers("linux.intelRdt.l3CacheSchema", "linux.intelRdt.memBwSchema", "linux.intelRdt.schemata")]
    public void The_cache_comes_first_then_bandwidth_then_what_is_written_as_it_is() =>
        Assert.Equal(
            ["L3:0=7f0", "L3CODE:0=1", "MB:0=20", "L2:0=f"],
            Schemata.Compile(new LinuxIntelRdt { L3CacheSchema = "L3:0=7f0\nL3CODE:0=1\n", MemBwSchema = "MB:0=20", Schemata = ["L2:0=f"] }));

    [Fact]
    public void A_bandwidth_among_the_caches_gives_way_to_the_one_given_for_it()
    {
        Assert.Equal(["L3:0=f", "MB:0=20"], Schemata.Compile(new LinuxIntelRdt { L3CacheSchema = "MB:0=70\nL3:0=f", MemBwSchema = "MB:0=20" }));
        Assert.Equal(["MB:0=70", "L3:0=f"], Schemata.Compile(new LinuxIntelRdt { L3CacheSchema = "MB:0=70\nL3:0=f" }));
    }

    [Fact]
    public void Nothing_given_is_nothing_written() => Assert.Empty(Schemata.Compile(new LinuxIntelRdt { ClosID = "group" }));

    [Theory]
    [InlineData("L3:0=7f0;1=1F", null)]
    [InlineData("MB:1=70", null)]
    [InlineData("L3:0=7f0;1=1e", "L3:0=7f0;1=1e")]
    [InlineData("L2:0=f", "L2:0=f")]
    [InlineData("L3:2=f", "L3:2=f")]
    public void A_group_that_is_there_is_compared_by_its_numbers(string line, string? difference) =>
        Assert.Equal(difference, Schemata.FirstDifference([line], "    MB:0= 20;1= 70\n    L3:0=7f0;1=01f\n"));
}
