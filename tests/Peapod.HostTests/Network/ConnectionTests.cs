using System.Net;
using System.Net.Sockets;
using Peapod.Network;

namespace Peapod.HostTests.Network;

/// <summary>A client that goes on sending from one port reaches whoever has the host port now.</summary>
[Collection("network")]
public sealed class ConnectionTests
{
    [SkippableTheory]
    [InlineData("198.51.100.1", true)]
    [InlineData("2001:db8:1::1", true)]
    [InlineData("198.51.100.1", false)]
    [InlineData("127.0.0.1", false)]
    public void A_client_of_udp_that_never_pauses_reaches_the_pod_that_has_the_port_now(string address, bool fromOutside)
    {
        using var host = new TestHost();
        var outside = host.NewOutside();
        var mapping = new PortMapping(PortProtocol.Udp, 5353, 53);
        host.NewPod("other", new PortMapping(PortProtocol.Udp, 5354, 53), new PortMapping(PortProtocol.Tcp, 5353, 53));
        using var client = new Client(fromOutside ? outside : host.Host, address, 5353);

        // It has been sending before there is a pod.
        client.Send();
        Thread.Sleep(100);
        var (first, _) = host.NewPod("first", mapping);
        using (var server = Bound(first))
        {
            Assert.True(client.IsHeard(server), "the first pod hears nothing");
        }

        host.Host.Run(() => host.Network.Detach("first"));
        client.Send();
        var (second, _) = host.NewPod("second", mapping);
        using var next = Bound(second);
        Assert.True(client.IsHeard(next), "the second pod hears nothing");
    }

    [SkippableFact]
    public void A_port_of_one_address_takes_over_what_went_to_that_address()
    {
        using var host = new TestHost();
        var outside = host.NewOutside();
        using var client = new Client(outside, "198.51.100.1", 5353);
        client.Send();
        Thread.Sleep(100);

        var (pod, _) = host.NewPod("pod", new PortMapping(PortProtocol.Udp, 5353, 53, IPAddress.Parse("198.51.100.1")));
        using var server = Bound(pod);

        Assert.True(client.IsHeard(server));
    }

    [SkippableFact]
    public void What_goes_to_the_same_port_elsewhere_is_left_alone()
    {
        using var host = new TestHost();
        host.NewOutside();
        host.NewPod("other");
        using var client = new Client(host.Host, "198.51.100.2", 5353);
        client.Send();
        var before = Connection();
        Thread.Sleep(1100);

        host.NewPod("pod", new PortMapping(PortProtocol.Udp, 5353, 53));
        host.Host.Run(() => host.Network.Detach("pod"));

        // The same one still: its time has not begun anew.
        Assert.True(Connection() < before);

        int Connection() => int.Parse(host.Host.Run(() => File.ReadAllLines("/proc/thread-self/net/nf_conntrack"))
            .Single(line => line.Contains("dst=198.51.100.2 sport=40000 dport=5353", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[4]);
    }

    [SkippableFact]
    public void Thousands_of_host_ports_come_and_go_with_one_pod()
    {
        using var host = new TestHost();
        var before = host.Trace();
        using (var pod = new TestNamespace())
        {
            host.Host.Run(() => host.Network.Attach("pod", pod.Descriptor, [.. Enumerable.Range(20000, 2500).Select(port => new PortMapping(PortProtocol.Tcp, port, 80))]));
            host.Serve(pod, "server", 80);

            Assert.Equal("server sees 10.85.0.1", TestHost.Ask(host.Host, "127.0.0.1", 20000));
            Assert.Equal("server sees 10.85.0.1", TestHost.Ask(host.Host, "127.0.0.1", 22499));
            Assert.Equal(5000, host.Host.Command("nft", "list", "table", "inet", "peapod").Split(" . 80").Length - 1);

            host.Host.Command("nft", "flush", "ruleset");
            host.NewPod("other");
            Assert.Equal("server sees 10.85.0.1", TestHost.Ask(host.Host, "127.0.0.1", 22499));
            host.Host.Run(() => host.Network.RemoveLink("other"));
            host.Host.Run(() => host.Network.RemoveLink("pod"));
        }

        host.Host.Run(() => host.Network.Detach("pod"));
        Assert.DoesNotContain(" . 80", host.Host.Command("nft", "list", "table", "inet", "peapod"));
        host.Host.Run(() => host.Network.Detach("other"));
        Assert.True(host.Host.Run(host.Network.RemoveAllIfUnused));
        Assert.Equal(before, host.Trace());
    }

    [SkippableTheory]
    [InlineData("::1", "the kernel leads no packet from ::1 to a pod; use 127.0.0.1, which does the same")]
    [InlineData("fe80::1", "the kernel forwards nothing between a link-local address and a pod")]
    [InlineData("224.0.0.1", "must be an address of this host, not a multicast or broadcast address")]
    public void A_host_port_that_nothing_could_come_to_is_refused(string address, string reason)
    {
        using var host = new TestHost();
        var before = host.Trace();

        var error = Assert.Throws<NetworkException>(() => host.NewPod("pod", new PortMapping(PortProtocol.Udp, 5353, 53, IPAddress.Parse(address))));

        Assert.Equal($"hostPort 5353/udp on {address}: {reason}", error.Message);
        Assert.Equal(before, host.Trace());
    }

    [SkippableFact]
    public void A_host_port_of_IPv6_is_refused_where_pods_have_none()
    {
        using var host = new TestHost();
        using var network = host.Host.Run(() => new PodNetwork(host.Configuration with { IPv6Subnet = null }));
        using var pod = new TestNamespace();

        var error = Assert.Throws<NetworkException>(() => host.Host.Run(() => network.Attach("pod", pod.Descriptor, [new(PortProtocol.Tcp, 80, 80, IPAddress.IPv6Any)])));

        Assert.Equal("hostPort 80/tcp on ::: the pods' network has no IPv6", error.Message);
    }

    private static Socket Bound(TestNamespace pod) => pod.Run(() =>
    {
        var socket = new Socket(AddressFamily.InterNetworkV6, SocketType.Dgram, ProtocolType.Udp) { DualMode = true };
        socket.Bind(new IPEndPoint(IPAddress.IPv6Any, 53));
        return socket;
    });

    /// <summary>Sends datagrams from one port.</summary>
    private sealed class Client : IDisposable
    {
        private readonly TestNamespace from;
        private readonly IPEndPoint end;
        private readonly Socket socket;

        internal Client(TestNamespace from, string address, int port)
        {
            this.from = from;
            end = new IPEndPoint(IPAddress.Parse(address), port);
            socket = from.Run(() =>
            {
                var made = new Socket(end.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
                made.Bind(new IPEndPoint(end.AddressFamily == AddressFamily.InterNetwork ? IPAddress.Any : IPAddress.IPv6Any, 40000));
                return made;
            });
        }

        public void Dispose() => socket.Dispose();

        internal void Send() => from.Run(() => socket.SendTo("hello"u8, end));

        internal bool IsHeard(Socket server)
        {
            for (var i = 0; i < 40; i++)
            {
                Send();
                if (server.Poll(TimeSpan.FromMilliseconds(50), SelectMode.SelectRead))
                {
                    return true;
                }
            }

            return false;
        }
    }
}
