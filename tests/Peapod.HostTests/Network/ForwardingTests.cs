using System.Net;
using System.Net.Sockets;
using Peapod.Network;

namespace Peapod.HostTests.Network;

/// <summary>What the host passes on: to pods what is published, asked for by them, or from pods; for others nothing that it did not pass on before.</summary>
[Collection("network")]
public sealed class ForwardingTests
{
    [SkippableFact]
    public void A_neighbour_that_routes_to_the_pods_reaches_published_ports_only()
    {
        using var host = new TestHost();
        var outside = host.NewOutside();
        Route(outside, "10.85.0.0/16", "fd85:7065:6170:6f64::/64");
        var (server, addresses) = host.NewPod("server", new PortMapping(PortProtocol.Tcp, 8080, 80), new PortMapping(PortProtocol.Tcp, 8081, 81, IPAddress.Loopback));
        host.Serve(server, "server", 80);
        host.Serve(server, "server", 81);

        Assert.Equal("server sees 198.51.100.2", TestHost.Ask(outside, "198.51.100.1", 8080));
        Assert.Equal("server sees 2001:db8:1::2", TestHost.Ask(outside, "2001:db8:1::1", 8080));
        Assert.Equal("server sees 10.85.0.1", TestHost.Ask(host.Host, "127.0.0.1", 8081));
        foreach (var (address, port) in new[] { (addresses.IPv4, 80), (addresses.IPv6!, 80), (addresses.IPv4, 81), (addresses.IPv6!, 81) })
        {
            Assert.DoesNotContain("sees", TestHost.Ask(outside, $"{address}", port));
        }

        // It is our rule that does it.
        host.Host.Command("nft", "flush", "chain", "inet", "peapod", "forward");
        Assert.Equal("server sees 198.51.100.2", TestHost.Ask(outside, $"{addresses.IPv4}", 81));
    }

    [SkippableFact]
    public void A_neighbour_that_sends_to_a_loopback_address_reaches_no_port_published_there()
    {
        using var host = new TestHost();
        var outside = host.NewOutside();
        var (server, _) = host.NewPod("server", new PortMapping(PortProtocol.Udp, 5353, 53, IPAddress.Loopback), new PortMapping(PortProtocol.Udp, 5354, 53));
        using var service = Bound(server, IPAddress.Any, 53);
        var hardware = host.Host.Command("ip", "-br", "link", "show", "dev", "up0").Split(' ', StringSplitOptions.RemoveEmptyEntries)[2];

        Frame.Send(outside, Frame.Ethernet(hardware, "02:00:00:00:00:77", 0x800, Frame.Udp(IPAddress.Parse("198.51.100.2"), IPAddress.Loopback, 4444, 5353, [1])));
        Assert.False(service.Poll(TimeSpan.FromMilliseconds(300), SelectMode.SelectRead));
        Tell(outside, "198.51.100.1", 5354);
        Assert.True(service.Poll(TimeSpan.FromSeconds(2), SelectMode.SelectRead));
    }

    [SkippableFact]
    public void Pods_do_not_make_a_router_of_the_host()
    {
        using var host = new TestHost();
        var outside = host.NewOutside();
        var inside = NewInside(host);
        using var service = Bound(inside, IPAddress.IPv6Any, 5557);
        host.NewPod("pod");

        Assert.False(Reaches(outside, "203.0.113.2", service));
        Assert.False(Reaches(outside, "2001:db8:2::2", service));

        // Answers to the pods' own questions come in by the same link.
        host.Serve(outside, "outside", 80);
        var (client, _) = host.NewPod("client");
        Assert.Equal("outside sees 198.51.100.1", TestHost.Ask(client, "198.51.100.2", 80));
    }

    [SkippableFact]
    public void A_host_that_was_a_router_before_goes_on_as_one()
    {
        using var host = new TestHost();
        var outside = host.NewOutside();
        var inside = NewInside(host);
        using var service = Bound(inside, IPAddress.IPv6Any, 5557);
        SetForwarding(host);
        host.NewPod("pod");

        Assert.True(Reaches(outside, "203.0.113.2", service));
        Assert.True(Reaches(outside, "2001:db8:2::2", service));

        host.Host.Run(() => host.Network.Detach("pod"));
        Assert.True(host.Host.Run(host.Network.RemoveAllIfUnused));
        Assert.True(Reaches(outside, "203.0.113.2", service));
    }

    [SkippableFact]
    public void A_host_that_becomes_a_router_meanwhile_is_one_from_the_next_pod_on_and_stays_one()
    {
        using var host = new TestHost();
        var outside = host.NewOutside();
        var inside = NewInside(host);
        using var service = Bound(inside, IPAddress.IPv6Any, 5557);
        host.NewPod("pod");
        SetForwarding(host);
        host.NewPod("other", new PortMapping(PortProtocol.Tcp, 8080, 80));

        Assert.True(Reaches(outside, "203.0.113.2", service));
        Assert.True(Reaches(outside, "2001:db8:2::2", service));

        // What the first pod set for the uplink is needed by somebody else now.
        host.Host.Run(() => host.Network.Detach("pod"));
        host.Host.Run(() => host.Network.Detach("other"));
        Assert.True(host.Host.Run(host.Network.RemoveAllIfUnused));
        Assert.Equal("1", host.Host.Command("sysctl", "-n", "net.ipv4.conf.up0.forwarding").Trim());
        Assert.True(Reaches(outside, "203.0.113.2", service));
        Assert.True(Reaches(outside, "2001:db8:2::2", service));
    }

    [SkippableFact]
    public void Another_networks_translated_ports_are_not_in_the_way()
    {
        using var host = new TestHost();
        var outside = host.NewOutside();
        var inside = NewInside(host);
        using var service = Bound(inside, IPAddress.IPv6Any, 5557);
        host.NewPod("pod");
        host.Host.Command("nft", "add table ip docker; add chain ip docker pre { type nat hook prerouting priority dstnat; }; add rule ip docker pre udp dport 5999 dnat to 203.0.113.2:5557");

        Tell(outside, "198.51.100.1", 5999);
        Assert.True(service.Poll(TimeSpan.FromSeconds(2), SelectMode.SelectRead));
    }

    private static TestNamespace NewInside(TestHost host)
    {
        var inside = host.NewNamespace();
        host.Host.Command("ip", "link", "add", "in0", "type", "veth", "peer", "name", "eth0", "netns", $"{inside.ThreadId}");
        host.Host.Command("ip", "addr", "add", "203.0.113.1/24", "dev", "in0");
        host.Host.Command("ip", "addr", "add", "2001:db8:2::1/64", "dev", "in0", "nodad");
        host.Host.Run(() => File.WriteAllText("/proc/sys/net/ipv6/conf/in0/accept_dad", "0"));
        host.Host.Command("ip", "link", "set", "in0", "up");
        inside.Command("ip", "addr", "add", "203.0.113.2/24", "dev", "eth0");
        inside.Command("ip", "addr", "add", "2001:db8:2::2/64", "dev", "eth0", "nodad");
        inside.Command("ip", "link", "set", "eth0", "up");
        inside.Command("ip", "route", "add", "default", "via", "203.0.113.1");
        inside.Command("ip", "-6", "route", "add", "default", "via", "2001:db8:2::1");
        return inside;
    }

    private static void Route(TestNamespace outside, string ipv4, string ipv6)
    {
        outside.Command("ip", "route", "add", ipv4, "via", "198.51.100.1");
        outside.Command("ip", "-6", "route", "add", ipv6, "via", "2001:db8:1::1");
    }

    private static void SetForwarding(TestHost host)
    {
        host.Host.Command("sysctl", "-w", "net.ipv4.ip_forward=1");
        host.Host.Command("sysctl", "-w", "net.ipv6.conf.all.forwarding=1");
    }

    private static Socket Bound(TestNamespace where, IPAddress address, int port) => where.Run(() =>
    {
        var socket = new Socket(address.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        if (address.AddressFamily == AddressFamily.InterNetworkV6)
        {
            socket.DualMode = true;
        }

        socket.Bind(new IPEndPoint(address, port));
        return socket;
    });

    private static bool Reaches(TestNamespace outside, string address, Socket service)
    {
        var route = address.Contains(':', StringComparison.Ordinal) ? (string[])["-6", "route", "replace", $"{address}/128", "via", "2001:db8:1::1"] : ["route", "replace", $"{address}/32", "via", "198.51.100.1"];
        outside.Command("ip", route);
        for (var i = 0; i < 8; i++)
        {
            Tell(outside, address, 5557);
            if (service.Poll(TimeSpan.FromMilliseconds(100), SelectMode.SelectRead))
            {
                while (service.Poll(TimeSpan.FromMilliseconds(50), SelectMode.SelectRead))
                {
                    service.Receive(new byte[64]);
                }

                return true;
            }
        }

        return false;
    }

    private static void Tell(TestNamespace from, string address, int port) => from.Run(() =>
    {
        var end = new IPEndPoint(IPAddress.Parse(address), port);
        using var client = new Socket(end.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        client.SendTo("hello"u8, end);
    });
}
