using System.Net;
using Peapod.Network;

namespace Peapod.UnitTests.Network;

public sealed class NetworkConfigurationTests
{
    [Fact]
    public void Default_is_valid() => new NetworkConfiguration().Validate();

    [Theory]
    [InlineData("")]
    [InlineData("longer-than-fifteen")]
    [InlineData("a/b")]
    [InlineData("..")]
    [InlineData("all")]
    public void Bridge_name_that_no_link_can_have_is_refused(string name) =>
        Assert.Contains("bridge name", Refusal(new() { Bridge = name }));

    [Theory]
    [InlineData("10.0.0.0/30")]
    [InlineData("10.0.0.0/7")]
    [InlineData("fd00::/64")]
    public void Subnet_without_room_or_of_the_other_family_is_refused(string subnet) =>
        Assert.Contains("IPv4 subnet", Refusal(new() { IPv4Subnet = IPNetwork.Parse(subnet) }));

    [Fact]
    public void IPv6_subnet_other_than_a_64_is_refused() =>
        Assert.Contains("/64", Refusal(new() { IPv6Subnet = IPNetwork.Parse("fd00::/48") }));

    [Fact]
    public void Mtu_too_small_for_IPv6_is_refused() => Assert.Contains("MTU is 1000", Refusal(new() { Mtu = 1000 }));

    private static string Refusal(NetworkConfiguration configuration) => Assert.Throws<NetworkException>(configuration.Validate).Message;
}
