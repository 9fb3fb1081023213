using Peapod.HostTests.Harness;

namespace Peapod.HostTests.Oci;

/// <summary>With veth pairs: one end goes into the container, and when that ends the kernel removes both.</summary>
public class NetDeviceTests
{
    [Fact]
    [Covers("linux.netDevices.name")]
    public void A_device_goes_into_the_container_with_its_addresses_and_is_up()
    {
        using var bundle = new Bundle("sh", "-c", "ip addr show dev pm-a; ip link show dev pm-a; grep pm-a /proc/net/if_inet6");
        Pair("pm-a", "pm-b");
        Ip("address", "add", "192.0.2.7/24", "dev", "pm-a");
        Ip("address", "add", "2001:db8::7/64", "dev", "pm-a", "nodad");
        Ip("address", "add", "198.51.100.1/32", "dev", "pm-a", "scope", "link");
        Ip("link", "set", "pm-a", "mtu", "1400", "address", "02:00:00:00:00:17");
        bundle.Set("linux.netDevices", """{"pm-a": {}}""");

        var output = bundle.RunOutput();

        Assert.Contains("inet 192.0.2.7/24 ", output);
        Assert.Contains("20010db8000000000000000000000007", output);
        Assert.DoesNotContain("198.51.100.1", output);
        Assert.Contains("mtu 1400", output);
        Assert.Contains("02:00:00:00:00:17", output);
        Assert.Matches("pm-a.*<.*UP", output);
    }

    [Theory]
    [InlineData("inner", "inner")]
    [InlineData("eth%d", "eth0")]
    public void A_device_has_the_name_that_is_given(string name, string expected)
    {
        using var bundle = new Bundle("ls", "/sys/class/net");
        Pair("pm-a", "pm-b");
        bundle.Set("linux.netDevices", $$"""{"pm-a": {"name": "{{name}}"} }""");

        Assert.Contains(expected, bundle.RunOutput().Split('\n'));
    }

    [Fact]
    public void Devices_go_into_a_joined_namespace_that_belongs_to_a_user_namespace()
    {
        using var first = new Bundle("sleep", "100").Namespaces("pid", "network", "ipc", "uts", "mount", "cgroup", "user")
            .Set("linux.uidMappings", """[{"containerID": 0, "hostID": 0, "size": 65536}]""")
            .Set("linux.gidMappings", """[{"containerID": 0, "hostID": 0, "size": 65536}]""");
        var pid = first.RunDetached();
        using var second = new Bundle("ls", "/sys/class/net").Namespaces("pid", $"network=/proc/{pid}/ns/net", "ipc", "uts", "mount", "cgroup").Set("linux.netDevices", """{"pm-a": {}, "pm-b": {}}""");
        Pair("pm-a", "pm-b");

        Assert.Equal(["lo", "pm-a", "pm-b"], second.RunOutput().Split('\n', StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal));
        Assert.False(Directory.Exists("/sys/class/net/pm-a"));
    }

    [Fact]
    public void A_creation_that_fails_gives_the_devices_back_as_they_were()
    {
        using var bundle = new Bundle("true");
        Pair("pm-a", "pm-b");
        Pair("pm-c", "pm-d");
        try
        {
            Ip("address", "add", "192.0.2.7/24", "dev", "pm-a");
            Ip("link", "set", "pm-a", "up");
            bundle.Set("linux.netDevices", """{"pm-a": {"name": "inner"}, "pm-c": {}}""").Set("process.args", """["/nowhere"]""");

            Assert.Equal("peapod: config.json: process.args[0]: exec: \"/nowhere\": stat /nowhere: no such file or directory\n", bundle.Run().Error);

            Assert.Contains("192.0.2.7/24", Ip("address", "show", "dev", "pm-a"));
            Assert.Matches("<.*UP", Ip("link", "show", "dev", "pm-a"));
            Assert.DoesNotMatch("<.*UP", Ip("link", "show", "dev", "pm-c"));
        }
        finally
        {
            Ip("link", "delete", "pm-a");
            Ip("link", "delete", "pm-c");
        }
    }

    [Theory]
    [InlineData("""{"pm-none": {}}""", "linux.netDevices[\"pm-none\"]: there is no network device of that name")]
    [InlineData("""{"pm-a": {"name": "lo"}}""", "linux.netDevices[\"pm-a\"]: \"lo\" is taken in the container's network namespace\n  give another name, or one that ends with %d for the next free number")]
    [InlineData("""{"pm-a": {"name": "x"}, "pm-b": {"name": "x"}}""", "linux.netDevices[\"pm-b\"]: \"x\" is taken in the container's network namespace\n  give another name, or one that ends with %d for the next free number")]
    public void A_device_that_cannot_be_moved_is_told_by_its_field(string devices, string sentence)
    {
        using var bundle = new Bundle("true").Set("linux.netDevices", devices);
        Pair("pm-a", "pm-b");
        try
        {
            Assert.Equal($"peapod: config.json: {sentence}\n", bundle.Run().Error);
            Assert.True(Directory.Exists("/sys/class/net/pm-a") && Directory.Exists("/sys/class/net/pm-b"));
        }
        finally
        {
            Ip("link", "delete", "pm-a");
        }
    }

    private static void Pair(string one, string other) => Ip("link", "add", one, "type", "veth", "peer", "name", other);

    private static string Ip(params string[] arguments)
    {
        var result = PeapodCommand.Start("ip", arguments);
        Assert.True(result.ExitCode == 0, result.Error);
        return result.Output;
    }
}
