using Peapod.Pod.Containers;
using Peapod.Pod.Objects;
using Peapod.Tests;

namespace Peapod.UnitTests.Pod;

public class CapabilitySetTests
{
    [Theory]
    [InlineData("", "", 14)]
    [InlineData("", "ALL", 0)]
    [InlineData("ALL", "", 41)]
    [InlineData("ALL", "ALL", 0)]
    [InlineData("ALL", "SYS_ADMIN", 40)]
    [InlineData("NET_ADMIN", "ALL", 1)]
    [InlineData("CAP_net_admin", "NET_RAW,mknod", 13)]
    [InlineData("NET_RAW", "NET_RAW", 13)]
    [Field("spec.containers[].securityContext.capabilities.add", "spec.containers[].securityContext.capabilities.drop")]
    public void All_comes_first_then_what_is_added_then_what_is_dropped(string add, string drop, int count)
    {
        var set = CapabilitySet.Of(new SecurityContext { Capabilities = new() { Add = Words(add), Drop = Words(drop) } });

        Assert.Equal(count, set.Count);
        Assert.Equal(add.Contains("admin", StringComparison.OrdinalIgnoreCase), set.Contains("CAP_NET_ADMIN") && count < 40);
        Assert.False(drop == "SYS_ADMIN" && set.Contains("CAP_SYS_ADMIN"));
    }

    [Fact]
    public void A_privileged_container_has_all_of_them()
    {
        Assert.Equal(41, CapabilitySet.Of(new SecurityContext { Privileged = true }).Count);
    }

    private static string[] Words(string text) => text.Split(',', StringSplitOptions.RemoveEmptyEntries);
}
