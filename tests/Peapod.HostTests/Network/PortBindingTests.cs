using System.Net;
using System.Net.Sockets;
using Peapod.Network;

namespace Peapod.HostTests.Network;

/// <summary>A pod that may send what it likes (CAP_NET_RAW, which containers have by default) is heard by nobody under another's name.</summary>
[Collection("network")]
public sealed class PortBindingTests
{
    private const int Arp = 0x806;
    private const int IPv4 = 0x800;
    private const int IPv6 = 0x86dd;
    private const string AllNodes = "33:33:00:00:00:01";

    private static readonly IPAddress Own = IPAddress.Parse("10.85.0.2");
    private static readonly IPAddress Own6 = IPAddress.Parse("fd85:7065:6170:6f64::2");
    private static readonly IPAddress Other = IPAddress.Parse("10.85.0.3");
    private static readonly IPAddress Other6 = IPAddress.Parse("fd85:7065:6170:6f64::3");
    private static readonly IPAddress Gateway = IPAddress.Parse("10.85.0.1");
    private static readonly IPAddress Gateway6 = IPAddress.Parse("fd85:7065:6170:6f64::1");
    private static readonly IPAddress All6 = IPAddress.Parse("ff02::1");
    private static readonly IPAddress Broadcast = IPAddress.Parse("10.85.255.255");
    private static readonly IPAddress OwnLink = Frame.LinkLocalOf(Own);
    private static readonly IPAddress OtherLink = Frame.LinkLocalOf(Other);
    private static readonly string OwnHardware = Frame.HardwareOf(Own);
    private static readonly string OtherHardware = Frame.HardwareOf(Other);
    private static readonly string GatewayHardware = Frame.HardwareOf(Gateway);
    private static readonly byte[] Mark = [0xc0, 0xff, 0xee, 0x15, 0xba, 0xdd, 0xf0, 0x0d];

    /// <summary>Frames to everybody that speak for another or are nothing that a pod has to say, by what they are.</summary>
    private static readonly Dictionary<string, byte[]> Forgeries = new()
    {
        ["a hardware address of another pod"] = FromHardware(OtherHardware),
        ["the bridge's hardware address"] = FromHardware(GatewayHardware),
        ["a hardware address of nobody"] = FromHardware("02:00:00:00:00:77"),
        ["ARP answer for another pod"] = ArpFrame(2, OwnHardware, Other, Broadcast),
        ["ARP answer for the gateway"] = ArpFrame(2, OwnHardware, Gateway, Broadcast),
        ["ARP request of another pod"] = ArpFrame(1, OwnHardware, Other, Own),
        ["gratuitous ARP for another pod"] = ArpFrame(1, OwnHardware, Other, Other),
        ["ARP answer with another pod's hardware address"] = ArpFrame(2, OtherHardware, Own, Broadcast),
        ["ARP answer of another pod whole, in a frame of one's own"] = ArpFrame(2, OtherHardware, Other, Broadcast),
        ["ARP probe for another pod's address"] = ArpFrame(1, OwnHardware, IPAddress.Any, Other),
        ["IPv4 from another pod"] = Datagram(Other, Broadcast),
        ["IPv4 from the gateway"] = Datagram(Gateway, Broadcast),
        ["IPv4 from a loopback address"] = Datagram(IPAddress.Parse("127.0.0.2"), Broadcast),
        ["IPv4 from an address of the host"] = Datagram(IPAddress.Parse("198.51.100.1"), Broadcast),
        ["IPv4 from no address"] = Datagram(IPAddress.Any, IPAddress.Broadcast),
        ["IPv4 from a multicast address"] = Datagram(IPAddress.Parse("224.0.0.1"), Broadcast),
        ["IPv4 from the broadcast address"] = Datagram(Broadcast, Broadcast),
        ["IPv6 from another pod"] = Datagram(Other6, All6),
        ["IPv6 from the gateway"] = Datagram(Gateway6, All6),
        ["IPv6 from another pod's link-local address"] = Datagram(OtherLink, All6),
        ["IPv6 from the loopback address"] = Datagram(IPAddress.IPv6Loopback, All6),
        ["IPv6 from no address"] = Datagram(IPAddress.IPv6Any, All6),
        ["IPv6 from a mapped IPv4 address"] = Datagram(IPAddress.Parse("::ffff:10.85.0.2"), All6),
        ["neighbour advertisement for another pod"] = Icmp(Own6, 136, [0x20, 0, 0, 0, .. Other6.GetAddressBytes(), 2, 1, .. Frame.Hardware(OwnHardware), .. Mark]),
        ["neighbour advertisement for the gateway"] = Icmp(OwnLink, 136, [0xa0, 0, 0, 0, .. Gateway6.GetAddressBytes(), 2, 1, .. Frame.Hardware(OwnHardware), .. Mark]),
        ["neighbour solicitation of another pod"] = Icmp(Other6, 135, [0, 0, 0, 0, .. Gateway6.GetAddressBytes(), 1, 1, .. Frame.Hardware(OwnHardware), .. Mark]),
        ["duplicate address detection for another pod's address"] = Icmp(IPAddress.IPv6Any, 135, [0, 0, 0, 0, .. Other6.GetAddressBytes(), .. Mark]),
        ["router advertisement"] = Icmp(OwnLink, 134, Router()),
        ["redirect"] = Icmp(OwnLink, 137, [0, 0, 0, 0, .. Own6.GetAddressBytes(), .. Gateway6.GetAddressBytes(), .. Mark]),
        ["router advertisement behind an option"] = SixFrame(Frame.Ip6(OwnLink, All6, 60, [58, 0, 1, 4, 0, 0, 0, 0, 134, 0, 0, 0, .. Router()])),
        ["router advertisement in a first fragment"] = SixFrame(Frame.Ip6(OwnLink, All6, 44, [58, 0, 0, 1, 0, 0, 0, 7, 134, 0, 0, 0, .. Router()])),
        ["first fragment whose message comes later"] = SixFrame(Frame.Ip6(OwnLink, All6, 44, [60, 0, 0, 1, 0, 0, 0, 7, 58, 1, 1, 12, .. Mark, 0, 0, 0, 0])),
        ["answer of a DHCP server"] = Frame.Ethernet(Frame.Everybody, OwnHardware, IPv4, Frame.Udp(Own, IPAddress.Broadcast, 67, 68, Mark)),
        ["answer of a DHCPv6 server"] = SixFrame(Frame.Udp(OwnLink, All6, 547, 546, Mark)),
        ["VLAN"] = Frame.Ethernet(Frame.Everybody, OwnHardware, 0x8100, [0, 5, .. Frame.Number(IPv4), .. Frame.Udp(Own, Broadcast, 4444, 5555, Mark)]),
        ["VLAN 0, which is a priority"] = Frame.Ethernet(Frame.Everybody, OwnHardware, 0x8100, [0xe0, 0, .. Frame.Number(IPv4), .. Frame.Udp(Own, Broadcast, 4444, 5555, Mark)]),
        ["provider's VLAN"] = Frame.Ethernet(Frame.Everybody, OwnHardware, 0x88a8, [0, 5, 0x81, 0, 0, 6, .. Frame.Number(IPv4), .. Frame.Udp(Own, Broadcast, 4444, 5555, Mark)]),
        ["VLAN with another pod's ARP"] = Frame.Ethernet(Frame.Everybody, OwnHardware, 0x8100, [0, 5, .. Frame.Number(Arp), .. Frame.Arp(2, OwnHardware, Other, Frame.Everybody, Own), .. Mark]),
        ["reverse ARP"] = Frame.Ethernet(Frame.Everybody, OwnHardware, 0x8035, [.. Frame.Arp(4, OwnHardware, Own, OwnHardware, Own), .. Mark]),
        ["discovery of PPP over Ethernet"] = Frame.Ethernet(Frame.Everybody, OwnHardware, 0x8863, [0x11, 7, 0, 0, 0, 0, .. Mark]),
        ["a protocol for experiments"] = Frame.Ethernet(Frame.Everybody, OwnHardware, 0x88b5, Mark),
        ["a frame with a length for a type"] = Frame.Ethernet(Frame.Everybody, OwnHardware, 20, [0x42, 0x42, 3, .. Mark, .. new byte[9]]),
        ["a frame of the spanning tree"] = Frame.Ethernet("01:80:c2:00:00:00", OwnHardware, 20, [0x42, 0x42, 3, .. Mark, .. new byte[9]]),
    };

    /// <summary>Frames to everybody that a pod sends under its own name.</summary>
    private static readonly Dictionary<string, byte[]> Genuine = new()
    {
        ["gratuitous ARP"] = ArpFrame(1, OwnHardware, Own, Own),
        ["ARP answer"] = ArpFrame(2, OwnHardware, Own, Broadcast),
        ["ARP probe"] = ArpFrame(1, OwnHardware, IPAddress.Any, Own),
        ["IPv4"] = Datagram(Own, Broadcast),
        ["IPv4 multicast"] = Frame.Ethernet("01:00:5e:00:00:fb", OwnHardware, IPv4, Frame.Udp(Own, IPAddress.Parse("224.0.0.251"), 5353, 5353, Mark)),
        ["question to a DHCP server"] = Frame.Ethernet(Frame.Everybody, OwnHardware, IPv4, Frame.Udp(Own, IPAddress.Broadcast, 68, 67, Mark)),
        ["IPv6"] = Datagram(Own6, All6),
        ["IPv6 from the link-local address"] = Datagram(OwnLink, All6),
        ["unsolicited neighbour advertisement"] = Icmp(Own6, 136, [0x20, 0, 0, 0, .. Own6.GetAddressBytes(), 2, 1, .. Frame.Hardware(OwnHardware), .. Mark]),
        ["neighbour advertisement of the link-local address"] = Icmp(OwnLink, 136, [0x20, 0, 0, 0, .. OwnLink.GetAddressBytes(), 2, 1, .. Frame.Hardware(OwnHardware), .. Mark]),
        ["neighbour solicitation"] = Icmp(Own6, 135, [0, 0, 0, 0, .. Other6.GetAddressBytes(), 1, 1, .. Frame.Hardware(OwnHardware), .. Mark]),
        ["duplicate address detection"] = Icmp(IPAddress.IPv6Any, 135, [0, 0, 0, 0, .. Own6.GetAddressBytes(), .. Mark]),
        ["router solicitation"] = Icmp(OwnLink, 133, [0, 0, 0, 0, .. Mark]),
        ["a message behind an option"] = SixFrame(Frame.Ip6(OwnLink, All6, 60, [58, 0, 1, 4, 0, 0, 0, 0, 128, 0, 0, 0, .. Mark])),
    };

    [SkippableFact]
    public void Nobody_hears_a_pod_that_speaks_for_another()
    {
        using var host = new TestHost();
        var (pod, other, bridge) = Meet(host);

        Assert.Equal([], Heard(pod, Forgeries, other, bridge));

        // Without the binding all of these are heard, so it is the binding that keeps them back.
        host.Host.Command("nft", "flush", "chain", "bridge", "peapod", "ports");
        LeaveBridgeToItself(host);
        Assert.Equal([], Forgeries.Keys.Except(Heard(pod, Forgeries, other, bridge)));
    }

    [SkippableFact]
    public void What_a_pod_says_under_its_own_name_is_heard()
    {
        using var host = new TestHost();
        var (pod, other, _) = Meet(host);

        Assert.Equal([], Genuine.Keys.Except(Heard(pod, Genuine, other)));
    }

    [SkippableTheory]
    [InlineData("fd85:7065:6170:6f64::2")]
    [InlineData("fe80::858:aff:fe55:2")]
    [InlineData("::")]
    public void A_report_of_what_a_pod_listens_to_reaches_the_host_alone(string source)
    {
        using var host = new TestHost();
        var (pod, other, bridge) = Meet(host);

        var report = new Dictionary<string, byte[]> { ["report"] = Icmp(IPAddress.Parse(source), 143, [0, 0, 0, 1, 4, 0, 0, 0, .. All6.GetAddressBytes(), .. Mark]) };

        Assert.Equal(["report"], Heard(pod, report, bridge));
        Assert.Equal([], Heard(pod, report, other));
    }

    [SkippableTheory]
    [InlineData("0a:58:0a:55:00:01")]
    [InlineData("01:80:c2:00:00:0e")]
    [InlineData("01:80:c2:00:00:02")]
    public void The_bridge_keeps_what_it_knows_of_another_pod(string destination)
    {
        using var host = new TestHost();
        var (pod, _, _) = Meet(host);
        var before = Port(host, OtherHardware);

        for (var i = 0; i < 3; i++)
        {
            Frame.Send(pod, Frame.Ethernet(destination, OtherHardware, 0x88b5, Mark));
            Frame.Send(pod, Frame.Ethernet(destination, "02:00:00:00:00:77", 0x88b5, Mark));
        }

        Heard(pod, new Dictionary<string, byte[]>(), host.Listen(host.Host, "peapod0"));
        Assert.Equal(before, Port(host, OtherHardware));
        Assert.Null(Port(host, "02:00:00:00:00:77"));
    }

    [SkippableTheory]
    [InlineData("0a:58:0a:55:00:01", "127.0.0.2")]
    [InlineData("0a:58:0a:55:00:01", "10.85.0.3")]
    [InlineData("01:80:c2:00:00:0e", "10.85.0.3")]
    [InlineData("01:80:c2:00:00:0e", "192.0.2.77")]
    [InlineData("01:80:c2:00:00:02", "192.0.2.77")]
    [InlineData("33:33:00:00:00:01", "127.0.0.2")]
    public void A_service_of_the_host_gets_nothing_in_another_name(string hardware, string source)
    {
        using var host = new TestHost();
        var (pod, _, _) = Meet(host);
        using var service = host.Host.Run(() =>
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
            socket.Bind(new IPEndPoint(IPAddress.Any, 5555));
            return socket;
        });

        Frame.Send(pod, Frame.Ethernet(hardware, OwnHardware, IPv4, Frame.Udp(IPAddress.Parse(source), Gateway, 4444, 5555, Mark)));
        Assert.False(service.Poll(TimeSpan.FromMilliseconds(200), SelectMode.SelectRead));

        Frame.Send(pod, Frame.Ethernet(GatewayHardware, OwnHardware, IPv4, Frame.Udp(Own, Gateway, 4444, 5555, Mark)));
        Assert.True(service.Poll(TimeSpan.FromSeconds(2), SelectMode.SelectRead));
    }

    [SkippableTheory]
    [InlineData("127.0.0.2")]
    [InlineData("10.85.0.1")]
    [InlineData("198.51.100.1")]
    public void The_hosts_own_table_refuses_these_senders_too(string source)
    {
        using var host = new TestHost();
        host.NewOutside();
        var (pod, _, _) = Meet(host);
        host.Host.Command("nft", "flush", "chain", "bridge", "peapod", "ports");
        using var service = host.Host.Run(() =>
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
            socket.Bind(new IPEndPoint(IPAddress.Any, 5555));
            return socket;
        });

        Frame.Send(pod, Frame.Ethernet(GatewayHardware, OwnHardware, IPv4, Frame.Udp(IPAddress.Parse(source), Gateway, 4444, 5555, Mark)));

        Assert.False(service.Poll(TimeSpan.FromMilliseconds(200), SelectMode.SelectRead));
        Assert.Matches("iifname \"peapod0\" ip saddr != 10.85.0.0/16 drop", host.Host.Command("nft", "list", "chain", "inet", "peapod", "guard"));
    }

    [SkippableFact]
    public void A_pod_with_another_hardware_address_is_heard_by_nobody()
    {
        using var host = new TestHost();
        var (pod, addresses) = host.NewPod("pod");
        var (server, serverAddresses) = host.NewPod("server");
        host.Serve(server, "server", 80);
        Assert.Equal($"server sees {addresses.IPv4}", TestHost.Ask(pod, serverAddresses.IPv4.ToString(), 80));

        pod.Command("ip", "link", "set", "eth0", "address", OtherHardware);
        Assert.DoesNotContain("sees", TestHost.Ask(pod, serverAddresses.IPv4.ToString(), 80));

        pod.Command("ip", "link", "set", "eth0", "address", OwnHardware);
        Assert.Equal($"server sees {addresses.IPv4}", TestHost.Ask(pod, serverAddresses.IPv4.ToString(), 80));
    }

    [SkippableFact]
    public void Packets_in_many_fragments_pass_in_both_families()
    {
        using var host = new TestHost();
        var (pod, _) = host.NewPod("pod");
        var (_, addresses) = host.NewPod("other");

        Assert.Contains(" 0% packet loss", pod.Command("busybox", "ping", "-c1", "-W5", "-s6000", addresses.IPv4.ToString()));
        Assert.Contains(" 0% packet loss", pod.Command("busybox", "ping", "-6", "-c1", "-W5", "-s6000", addresses.IPv6!.ToString()));

        LeaveBridgeToItself(host);
        Assert.Contains(" 0% packet loss", pod.Command("busybox", "ping", "-c1", "-W5", "-s6000", addresses.IPv4.ToString()));
        Assert.Contains(" 0% packet loss", pod.Command("busybox", "ping", "-6", "-c1", "-W5", "-s6000", addresses.IPv6!.ToString()));
    }

    [SkippableFact]
    public void Ports_of_another_bridge_are_not_bound()
    {
        using var host = new TestHost();
        host.NewPod("pod");
        var (left, right) = (host.NewNamespace(), host.NewNamespace());
        host.Host.Command("ip", "link", "add", "br9", "type", "bridge");
        host.Host.Command("ip", "link", "set", "br9", "up");
        foreach (var (side, name, address) in new[] { (left, "ppleft", "192.0.2.1/24"), (right, "ppright", "192.0.2.2/24") })
        {
            host.Host.Command("ip", "link", "add", name, "master", "br9", "type", "veth", "peer", "name", "eth0", "netns", $"{side.ThreadId}");
            host.Host.Command("ip", "link", "set", name, "up");
            side.Command("ip", "addr", "add", address, "dev", "eth0");
            side.Command("ip", "link", "set", "eth0", "up");
        }

        Assert.Contains(" 0% packet loss", left.Command("busybox", "ping", "-c3", "-W2", "192.0.2.2"));
    }

    [SkippableFact]
    public void What_binds_a_pod_goes_with_it_and_comes_back_after_a_flush()
    {
        using var host = new TestHost();
        host.NewPod("pod");
        var alone = host.Host.Command("nft", "list", "table", "bridge", "peapod");
        host.NewPod("other", new PortMapping(PortProtocol.Tcp, 8080, 80));
        var both = host.Host.Command("nft", "list", "table", "bridge", "peapod");
        Assert.NotEqual(alone, both);

        host.Host.Run(() => host.Network.Detach("other"));
        Assert.Equal(alone, host.Host.Command("nft", "list", "table", "bridge", "peapod"));

        host.Host.Command("nft", "delete", "table", "bridge", "peapod");
        host.NewPod("third");
        Assert.Contains("0a:58:0a:55:00:02", host.Host.Command("nft", "list", "table", "bridge", "peapod"));
    }

    /// <summary>A pod with the addresses that the frames here are from, and what another pod and the host hear.</summary>
    private static (TestNamespace Pod, Peapod.Kernel.SafeFd Other, Peapod.Kernel.SafeFd Bridge) Meet(TestHost host)
    {
        var (pod, addresses) = host.NewPod("pod");
        var (other, _) = host.NewPod("other");
        Assert.Equal(Own, addresses.IPv4);
        return (pod, host.Listen(other, "eth0"), host.Listen(host.Host, "peapod0"));
    }

    /// <summary>
    /// Sends the frames, each with a mark of its own, and then one that everybody hears. One comes after the other.
    /// </summary>
    /// <returns>The names of those that one of the listeners has heard.</returns>
    private static List<string> Heard(TestNamespace pod, Dictionary<string, byte[]> frames, params Peapod.Kernel.SafeFd[] listeners)
    {
        var last = frames.Count;
        foreach (var (frame, i) in frames.Values.Append(Datagram(Own, Broadcast)).Select((frame, i) => (frame, i)))
        {
            var marked = frame.ToArray();
            Marked(i).CopyTo(marked.AsSpan(marked.AsSpan().IndexOf(Mark)));
            Frame.Send(pod, marked);
        }

        var heard = listeners.Select(listener => Frame.Hear(listener, Marked(last))).ToList();
        return [.. frames.Keys.Where((_, i) => heard.Exists(all => all.Exists(frame => frame.AsSpan().IndexOf(Marked(i)) >= 0)))];
    }

    private static byte[] Marked(int number) => [.. Mark[..7], (byte)number];

    /// <summary>Has no packet that the bridge passes from port to port go through the tables of the host (br_netfilter).</summary>
    private static void LeaveBridgeToItself(TestHost host) => host.Host.Run(() =>
    {
        foreach (var name in new[] { "iptables", "ip6tables", "arptables" }.Select(name => $"/proc/sys/net/bridge/bridge-nf-call-{name}").Where(File.Exists))
        {
            File.WriteAllText(name, "0");
        }
    });

    /// <summary>The port that the bridge sends a hardware address's frames to.</summary>
    private static string? Port(TestHost host, string hardware) => host.Host.Command("bridge", "fdb", "show", "br", "peapod0").Split('\n')
        .FirstOrDefault(line => line.StartsWith(hardware, StringComparison.Ordinal) && line.Contains("master", StringComparison.Ordinal))?.Split(' ')[2];

    private static byte[] FromHardware(string hardware) => Frame.Ethernet(Frame.Everybody, hardware, IPv4, Frame.Udp(Own, Broadcast, 4444, 5555, Mark));

    private static byte[] ArpFrame(int operation, string senderHardware, IPAddress sender, IPAddress target) =>
        Frame.Ethernet(Frame.Everybody, OwnHardware, Arp, [.. Frame.Arp(operation, senderHardware, sender, Frame.Everybody, target), .. Mark]);

    private static byte[] Datagram(IPAddress source, IPAddress destination) => source.AddressFamily == AddressFamily.InterNetwork
        ? Frame.Ethernet(Frame.Everybody, OwnHardware, IPv4, Frame.Udp(source, destination, 4444, 5555, Mark))
        : SixFrame(Frame.Udp(source, destination, 4444, 5555, Mark));

    private static byte[] Icmp(IPAddress source, byte type, byte[] rest) => SixFrame(Frame.Message(source, All6, type, rest));

    private static byte[] SixFrame(byte[] packet) => Frame.Ethernet(AllNodes, OwnHardware, IPv6, packet);

    /// <summary>A router advertisement behind its checksum: a hop limit, a lifetime, a prefix of its own.</summary>
    private static byte[] Router() => [64, 0, 7, 8, 0, 0, 0, 0, 0, 0, 0, 0, 3, 4, 64, 0xc0, 0, 0, 7, 8, 0, 0, 7, 8, 0, 0, 0, 0, 0x20, 1, 0x0d, 0xb8, .. Mark, .. new byte[4]];
}
