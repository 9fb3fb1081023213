using Peapod.Pod;
using Peapod.Pod.Cli.Forwarding;
using Peapod.Pod.Objects;

namespace Peapod.UnitTests.Cli;

public sealed class PortPairTests
{
    private static readonly PodManifest Pod = new() { Spec = new PodSpec { Containers = [new ContainerSpec { Ports = [new ContainerPort { Name = "http", Number = 8080 }] }] } };

    [Theory]
    [InlineData("80", 80, 80)]
    [InlineData("8080:80", 8080, 80)]
    [InlineData(":80", 0, 80)]
    [InlineData("0:80", 0, 80)]
    [InlineData("http", 8080, 8080)]
    [InlineData("80:http", 80, 8080)]
    public void A_pair_of_ports(string text, int local, int remote) => Assert.Equal(new PortPair(local, remote), PortPair.Parse(text, Pod));

    [Theory]
    [InlineData("", "is neither a number from 1 to 65535 nor the name of a container's port")]
    [InlineData("0", "port 0 of a pod is none")]
    [InlineData("65536", "is neither a number from 1 to 65535 nor the name of a container's port")]
    [InlineData("x:80", "the local port is no number from 0 to 65535")]
    [InlineData("80:none", "is neither a number from 1 to 65535 nor the name of a container's port")]
    [InlineData("-1:80", "the local port is no number from 0 to 65535")]
    public void What_is_none_is_refused(string text, string why) =>
        Assert.Equal($"port \"{text}\": {why}\n  expected [LOCAL:]REMOTE", Assert.Throws<PodException>(() => PortPair.Parse(text, Pod)).Message);
}
