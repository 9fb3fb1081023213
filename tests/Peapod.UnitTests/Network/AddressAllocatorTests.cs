using System.Collections.Concurrent;
using System.Net;
using Peapod.Network;

namespace Peapod.UnitTests.Network;

public sealed class AddressAllocatorTests : IDisposable
{
    private static readonly PortMapping Http = new(PortProtocol.Tcp, 8080, 80);
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void First_pod_gets_the_address_after_the_gateway_in_both_families()
    {
        var lease = Allocator().Allocate("web", []);

        Assert.Equal("10.85.0.2", lease.IPv4.ToString());
        Assert.Equal("fd85:7065:6170:6f64::2", lease.IPv6!.ToString());
    }

    [Fact]
    public void Asking_again_returns_the_same_lease()
    {
        var first = Allocator().Allocate("web", [Http]);
        var second = Allocator().Allocate("web", [Http]);

        Assert.Equal(first.IPv4, second.IPv4);
        Assert.Equal([Http], second.Ports);
        Assert.Single(Allocator().List());
    }

    [Fact]
    public void Released_address_is_not_given_again_at_once()
    {
        var allocator = Allocator();
        var first = allocator.Allocate("a", []);
        Assert.True(allocator.Release("a"));

        Assert.NotEqual(first.IPv4, allocator.Allocate("b", []).IPv4);
    }

    [Fact]
    public void Last_free_address_is_found_again_after_the_end_of_the_subnet()
    {
        var allocator = Allocator("192.168.7.0/29");
        for (var i = 0; i < 5; i++)
        {
            allocator.Allocate($"pod{i}", []);
        }

        var error = Assert.Throws<NetworkException>(() => allocator.Allocate("one-more", []));
        Assert.Contains("every address of 192.168.7.0/29 is leased to a pod (5 of 5)", error.Message);

        allocator.Release("pod3");
        Assert.Equal("192.168.7.5", allocator.Allocate("one-more", []).IPv4.ToString());
    }

    [Fact]
    public void Threads_at_once_get_different_addresses()
    {
        var given = new ConcurrentBag<IPAddress>();
        var threads = Enumerable.Range(0, 8).Select(thread => new Thread(() =>
        {
            var allocator = Allocator();
            for (var i = 0; i < 50; i++)
            {
                var lease = allocator.Allocate($"pod-{thread}-{i}", []);
                if (i % 5 == 0)
                {
                    allocator.Release(lease.PodId);
                }
                else
                {
                    given.Add(lease.IPv4);
                }
            }
        })).ToList();

        threads.ForEach(thread => thread.Start());
        threads.ForEach(thread => thread.Join());

        Assert.Equal(320, given.Count);
        Assert.Equal(320, given.Distinct().Count());
        Assert.Equal(320, Allocator().List().Count);
    }

    [Fact]
    public void Host_port_of_another_pod_is_refused_with_its_name()
    {
        Allocator().Allocate("web", [Http]);

        var error = Assert.Throws<NetworkException>(() => Allocator().Allocate("other", [new(PortProtocol.Tcp, 8080, 81)]));
        Assert.Equal("hostPort 8080/tcp is taken by pod web", error.Message);
        Assert.Null(Allocator().Find("other"));
    }

    [Theory]
    [InlineData(null, null, true)]
    [InlineData(null, "192.0.2.1", true)]
    [InlineData("0.0.0.0", "192.0.2.1", true)]
    [InlineData("192.0.2.1", "192.0.2.1", true)]
    [InlineData("192.0.2.1", "192.0.2.2", false)]
    [InlineData("0.0.0.0", "::", false)]
    [InlineData("::", null, true)]
    public void Host_ports_conflict_when_one_packet_could_mean_both(string? first, string? second, bool conflict)
    {
        Allocator().Allocate("a", [Mapping(first)]);
        var error = Record.Exception(() => Allocator().Allocate("b", [Mapping(second)]));
        Assert.Equal(conflict, error is NetworkException);

        static PortMapping Mapping(string? address) => new(PortProtocol.Tcp, 80, 80, address is null ? null : IPAddress.Parse(address));
    }

    [Fact]
    public void Same_port_of_another_protocol_is_no_conflict()
    {
        Allocator().Allocate("a", [new(PortProtocol.Tcp, 53, 53)]);
        Allocator().Allocate("b", [new(PortProtocol.Udp, 53, 53)]);
    }

    [Fact]
    public void Claims_of_a_pod_killed_before_its_lease_are_taken_over()
    {
        Allocator().Allocate("first", []);
        File.CreateSymbolicLink($"{folder.Path}/addresses/3", "killed");
        File.WriteAllText($"{folder.Path}/ports/tcp-8080", "killed\n");

        var lease = Allocator().Allocate("second", [Http]);

        Assert.Equal(3u, lease.HostPart);
        Assert.Equal("second", new FileInfo($"{folder.Path}/addresses/3").LinkTarget);
    }

    [Fact]
    public void Release_of_a_pod_killed_before_its_lease_removes_its_claims()
    {
        Allocator().Allocate("first", []);
        File.CreateSymbolicLink($"{folder.Path}/addresses/3", "killed");
        File.WriteAllText($"{folder.Path}/ports/tcp-8080", "killed\n");
        File.WriteAllText($"{folder.Path}/pods/.killed.17.18", "3");

        Assert.False(Allocator().Release("killed"));

        Assert.Equal(["2"], Directory.GetFileSystemEntries($"{folder.Path}/addresses").Select(Path.GetFileName));
        Assert.Empty(Directory.GetFileSystemEntries($"{folder.Path}/ports"));
        Assert.Equal(["first"], Directory.GetFileSystemEntries($"{folder.Path}/pods").Select(Path.GetFileName));
    }

    [Fact]
    public void Release_leaves_no_claim()
    {
        Allocator().Allocate("web", [Http, new(PortProtocol.Udp, 53, 53, IPAddress.Loopback)]);
        Assert.True(Allocator().Release("web"));
        Assert.False(Allocator().Release("web"));

        foreach (var claims in new[] { "pods", "addresses", "ports" })
        {
            Assert.Empty(Directory.GetFileSystemEntries($"{folder.Path}/{claims}"));
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("..")]
    [InlineData("a/b")]
    [InlineData(".hidden")]
    public void Pod_id_that_is_no_file_name_is_refused(string podId) =>
        Assert.Throws<NetworkException>(() => Allocator().Allocate(podId, []));

    [Fact]
    public void Port_out_of_range_or_asked_for_twice_is_refused()
    {
        Assert.Throws<NetworkException>(() => Allocator().Allocate("a", [new(PortProtocol.Tcp, 70000, 80)]));
        Assert.Throws<NetworkException>(() => Allocator().Allocate("a", [Http, Http]));
        Assert.Empty(Allocator().List());
    }

    [Theory]
    [InlineData("")]
    [InlineData("x")]
    [InlineData("3\ntcp 80")]
    [InlineData("4294967295\n")]
    public void A_damaged_lease_keeps_its_address_and_ports_from_others_and_can_be_released(string content)
    {
        var bad = Allocator().Allocate("bad", [Http]);
        Allocator().Allocate("good", []);
        File.WriteAllText($"{folder.Path}/pods/bad", content);

        Assert.Contains("/pods/bad is damaged: ", Assert.Throws<NetworkException>(() => Allocator().Find("bad")).Message, StringComparison.Ordinal);
        Assert.Equal(["good"], Allocator().List().Select(static lease => lease.PodId));
        Assert.Contains("is taken by pod bad", Assert.Throws<NetworkException>(() => Allocator().Allocate("third", [Http])).Message, StringComparison.Ordinal);
        Assert.NotEqual(bad.IPv4, Allocator().Allocate("fourth", []).IPv4);
        Assert.True(Allocator().Release("bad"));

        Assert.Empty(Directory.GetFileSystemEntries($"{folder.Path}/ports"));
        Assert.Equal(2, Directory.GetFileSystemEntries($"{folder.Path}/addresses").Length);
        Allocator().Allocate("third", [Http]);
    }

    private AddressAllocator Allocator(string subnet = "10.85.0.0/16") =>
        new(new NetworkConfiguration { DataFolder = folder.Path, IPv4Subnet = IPNetwork.Parse(subnet) });
}
