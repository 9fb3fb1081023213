using System.Net;
using System.Net.Sockets;
using System.Text;
using Peapod.Network;

namespace Peapod.HostTests.Network;

[Collection("network")]
public sealed class PodNetworkTests
{
    [SkippableFact]
    public void Two_pods_reach_each_other_over_tcp_in_both_families()
    {
        using var host = new TestHost();
        var (server, addresses) = host.NewPod("server");
        var (client, clientAddresses) = host.NewPod("client");
        host.Serve(server, "server", 80);

        Assert.Equal($"server sees {clientAddresses.IPv4}", TestHost.Ask(client, addresses.IPv4.ToString(), 80));
        Assert.Equal($"server sees {clientAddresses.IPv6}", TestHost.Ask(client, addresses.IPv6!.ToString(), 80));
        Assert.Equal("server sees 127.0.0.1", TestHost.Ask(server, "127.0.0.1", 80));
        Assert.Equal($"server sees {addresses.IPv4Gateway}", TestHost.Ask(host.Host, addresses.IPv4.ToString(), 80));
        Assert.Equal($"server sees {addresses.IPv6Gateway}", TestHost.Ask(host.Host, addresses.IPv6!.ToString(), 80));
    }

    [SkippableFact]
    public void Pod_has_eth0_with_both_addresses_and_default_routes()
    {
        using var host = new TestHost();
        var (pod, addresses) = host.NewPod("web");

        var shown = pod.Command("ip", "-o", "addr");
        Assert.Contains($"eth0    inet {addresses.IPv4}/16 brd 10.85.255.255 scope global eth0", shown);
        Assert.Contains($"inet6 {addresses.IPv6}/64 scope global", shown);
        Assert.DoesNotContain("tentative", shown.Split('\n').Single(line => line.Contains($"{addresses.IPv6}/64", StringComparison.Ordinal)));
        Assert.Contains("default via 10.85.0.1 dev eth0", pod.Command("ip", "route"));
        Assert.Contains("default via fd85:7065:6170:6f64::1 dev eth0", pod.Command("ip", "-6", "route"));
        Assert.Contains("UP,LOWER_UP", pod.Command("ip", "link", "show", "lo"));

        Assert.DoesNotContain("inet", host.Host.Command("ip", "-o", "addr", "show", "dev", addresses.HostInterface));
        Assert.Contains("inet 10.85.0.1/16", host.Host.Command("ip", "addr", "show", "dev", "peapod0"));
        Assert.Contains("self", host.Host.Command("bridge", "fdb", "show", "dev", addresses.HostInterface));
        Assert.Contains("0a:58:0a:55:00:02 master peapod0 static", host.Host.Command("bridge", "fdb", "show", "dev", addresses.HostInterface));
    }

    [SkippableFact]
    public void Host_port_leads_to_the_pod_from_everywhere()
    {
        using var host = new TestHost();
        var outside = host.NewOutside();
        var (server, addresses) = host.NewPod("server", new PortMapping(PortProtocol.Tcp, 8080, 80));
        var (other, otherAddresses) = host.NewPod("other");
        host.Serve(server, "server", 80);

        Assert.Equal("server sees 198.51.100.2", TestHost.Ask(outside, "198.51.100.1", 8080));
        Assert.Equal("server sees 2001:db8:1::2", TestHost.Ask(outside, "2001:db8:1::1", 8080));
        Assert.Equal("server sees 10.85.0.1", TestHost.Ask(host.Host, "127.0.0.1", 8080));
        Assert.Equal("server sees 10.85.0.1", TestHost.Ask(host.Host, "127.0.0.5", 8080));
        Assert.Equal("server sees 198.51.100.1", TestHost.Ask(host.Host, "198.51.100.1", 8080));
        Assert.Equal("server sees 2001:db8:1::1", TestHost.Ask(host.Host, "2001:db8:1::1", 8080));
        Assert.Equal("server sees 10.85.0.1", TestHost.Ask(other, "198.51.100.1", 8080));
        Assert.Equal("server sees 10.85.0.1", TestHost.Ask(other, "10.85.0.1", 8080));
        Assert.Equal("server sees 10.85.0.1", TestHost.Ask(server, "10.85.0.1", 8080));
        Assert.Equal("server sees fd85:7065:6170:6f64::1", TestHost.Ask(other, "2001:db8:1::1", 8080));

        // And not where it is not asked for.
        Assert.Equal("ConnectionRefused", TestHost.Ask(outside, "198.51.100.1", 8081));
        Assert.Equal("ConnectionRefused", TestHost.Ask(other, otherAddresses.IPv4.ToString(), 8080));

        host.Host.Run(() => host.Network.Detach("server"));
        Assert.Equal("ConnectionRefused", TestHost.Ask(outside, "198.51.100.1", 8080));
        Assert.Equal("ConnectionRefused", TestHost.Ask(host.Host, "127.0.0.1", 8080));
        Assert.NotEqual(addresses.IPv4, otherAddresses.IPv4);
    }

    [SkippableFact]
    public void Host_port_on_the_IPv6_loopback_address_is_refused_at_once()
    {
        using var host = new TestHost();
        var (server, _) = host.NewPod("server", new PortMapping(PortProtocol.Tcp, 8080, 80));
        host.Serve(server, "server", 80);

        Assert.Equal("ConnectionRefused", TestHost.Ask(host.Host, "::1", 8080));
    }

    [SkippableFact]
    public void Host_port_of_one_address_answers_there_only()
    {
        using var host = new TestHost();
        var outside = host.NewOutside();
        var (server, _) = host.NewPod(
            "server",
            new PortMapping(PortProtocol.Tcp, 8080, 80, IPAddress.Loopback),
            new PortMapping(PortProtocol.Tcp, 8081, 80, IPAddress.Parse("2001:db8:1::1")));
        host.Serve(server, "server", 80);

        Assert.Equal("server sees 10.85.0.1", TestHost.Ask(host.Host, "127.0.0.1", 8080));
        Assert.Equal("ConnectionRefused", TestHost.Ask(outside, "198.51.100.1", 8080));
        Assert.Equal("server sees 2001:db8:1::2", TestHost.Ask(outside, "2001:db8:1::1", 8081));
        Assert.Equal("ConnectionRefused", TestHost.Ask(outside, "198.51.100.1", 8081));
    }

    [SkippableFact]
    public void Udp_host_port_answers_from_the_address_that_was_asked()
    {
        using var host = new TestHost();
        var outside = host.NewOutside();
        var (server, _) = host.NewPod("server", new PortMapping(PortProtocol.Udp, 5353, 53), new PortMapping(PortProtocol.Sctp, 9999, 99));
        using var socket = server.Run(() =>
        {
            var bound = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp) { ReceiveTimeout = 2000 };
            bound.Bind(new IPEndPoint(IPAddress.Any, 53));
            return bound;
        });
        var echo = new Thread(() =>
        {
            EndPoint from = new IPEndPoint(IPAddress.Any, 0);
            var buffer = new byte[64];
            try
            {
                var count = socket.ReceiveFrom(buffer, ref from);
                socket.SendTo(buffer.AsSpan(0, count), from);
            }
            catch (SocketException)
            {
                // the client says what it missed
            }
        });
        echo.Start();

        var (answer, answerer) = outside.Run(() =>
        {
            using var client = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp) { ReceiveTimeout = 2000 };
            client.SendTo("hello"u8, new IPEndPoint(IPAddress.Parse("198.51.100.1"), 5353));
            EndPoint from = new IPEndPoint(IPAddress.Any, 0);
            var buffer = new byte[64];
            var count = client.ReceiveFrom(buffer, ref from);
            return (Encoding.UTF8.GetString(buffer, 0, count), from.ToString());
        });
        echo.Join();

        Assert.Equal(("hello", "198.51.100.1:5353"), (answer, answerer));
        Assert.Contains("sctp . 9999 : 10.85.0.2 . 99", host.Host.Command("nft", "list", "ruleset"));
    }

    [SkippableFact]
    public void Pod_reaches_the_outside_masqueraded()
    {
        using var host = new TestHost();
        var outside = host.NewOutside();
        var (pod, _) = host.NewPod("client");
        host.Serve(outside, "outside", 80);

        Assert.Equal("outside sees 198.51.100.1", TestHost.Ask(pod, "198.51.100.2", 80));
        Assert.Equal("outside sees 2001:db8:1::1", TestHost.Ask(pod, "2001:db8:1::2", 80));

        // Only the bridge and the uplink forward, and the pods' packets fit the uplink.
        Assert.Equal("0", host.Host.Command("sysctl", "-n", "net.ipv4.ip_forward").Trim());
        Assert.Equal("0", host.Host.Command("sysctl", "-n", "net.ipv4.conf.default.forwarding").Trim());
        Assert.Contains("mtu 1400", pod.Command("ip", "link", "show", "eth0"));
    }

    [SkippableFact]
    public void Pod_cannot_reach_what_the_host_has_on_its_loopback()
    {
        using var host = new TestHost();
        var (pod, _) = host.NewPod("bad");
        pod.Run(() => File.WriteAllText("/proc/sys/net/ipv4/conf/all/route_localnet", "1"));
        pod.Command("ip", "route", "del", "local", "127.0.0.0/8", "dev", "lo", "table", "local");
        pod.Command("ip", "route", "del", "local", "127.0.0.1", "dev", "lo", "table", "local");
        pod.Command("ip", "route", "add", "127.0.0.1", "via", "10.85.0.1");
        using var service = host.Host.Run(() =>
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
            socket.Bind(new IPEndPoint(IPAddress.Loopback, 2020));
            return socket;
        });

        Assert.False(Reaches());
        host.Host.Command("nft", "flush", "chain", "inet", "peapod", "guard");
        Assert.True(Reaches());

        bool Reaches()
        {
            pod.Run(() =>
            {
                using var client = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
                client.SendTo("hello"u8, new IPEndPoint(IPAddress.Loopback, 2020));
            });
            return service.Poll(TimeSpan.FromMilliseconds(300), SelectMode.SelectRead);
        }
    }

    [SkippableFact]
    public void Host_port_in_use_is_refused_and_says_by_whom()
    {
        using var host = new TestHost();
        host.NewPod("web", new PortMapping(PortProtocol.Tcp, 8080, 80));
        host.Serve(host.Host, "host", 9090);

        var byPod = Assert.Throws<NetworkException>(() => host.NewPod("other", new PortMapping(PortProtocol.Tcp, 8080, 80)));
        var byProcess = Assert.Throws<NetworkException>(() => host.NewPod("other", new PortMapping(PortProtocol.Tcp, 9090, 80)));

        Assert.Equal("hostPort 8080/tcp is taken by pod web", byPod.Message);
        Assert.Equal("hostPort 9090/tcp is in use by a process of this host", byProcess.Message);
        Assert.Equal("web", host.Network.Leases.Single().PodId);
    }

    [SkippableFact]
    public void Link_of_the_bridges_name_that_is_no_bridge_is_left_alone()
    {
        using var host = new TestHost();
        host.Host.Command("ip", "link", "add", "peapod0", "type", "veth", "peer", "name", "other");
        var before = host.Trace();

        var error = Assert.Throws<NetworkException>(() => host.NewPod("web"));

        Assert.Contains("peapod0 exists and is not a bridge but veth", error.Message);
        Assert.Equal(before, host.Trace());
    }

    [SkippableFact]
    public void Flushed_rules_come_back_with_the_ports_of_running_pods()
    {
        using var host = new TestHost();
        host.NewPod("web", new PortMapping(PortProtocol.Tcp, 8080, 80));
        var before = host.Host.Command("nft", "list", "table", "inet", "peapod");
        host.Host.Command("nft", "flush", "ruleset");

        host.NewPod("other");

        Assert.Equal(before, host.Host.Command("nft", "list", "table", "inet", "peapod"));
    }

    [SkippableFact]
    public void Pods_attached_and_detached_leave_no_trace()
    {
        using var host = new TestHost();
        host.NewOutside();
        var before = host.Trace();
        for (var i = 0; i < 20; i++)
        {
            using var pod = new TestNamespace();
            host.Host.Run(() => host.Network.Attach($"pod{i}", pod.Descriptor, [new(PortProtocol.Tcp, 8000 + i, 80)]));
        }

        Assert.False(host.Host.Run(host.Network.RemoveAllIfUnused));
        for (var i = 0; i < 20; i++)
        {
            host.Host.Run(() => host.Network.Detach($"pod{i}"));
            host.Host.Run(() => host.Network.Detach($"pod{i}"));
        }

        Assert.True(host.Host.Run(host.Network.RemoveAllIfUnused));
        Assert.True(host.Host.Run(host.Network.RemoveAllIfUnused));
        WaitForLinks(host);
        Assert.Equal(before, host.Trace());
    }

    [SkippableTheory]
    [MemberData(nameof(Steps))]
    public void Attach_that_fails_leaves_nothing(string step)
    {
        using var host = new TestHost();
        host.NewOutside();
        var pod = host.NewNamespace();
        var before = host.Trace();
        host.Network.BeforeStep = at => Fail(at, step, new InvalidOperationException("made to fail"));

        Assert.Throws<InvalidOperationException>(() => host.Host.Run(() => host.Network.Attach("web", pod.Descriptor, [new(PortProtocol.Tcp, 8080, 80)])));

        Assert.Equal(before, host.Trace());
        Assert.DoesNotContain("eth0", pod.Command("ip", "link"));
    }

    [SkippableTheory]
    [MemberData(nameof(Steps))]
    public void Attach_that_fails_leaves_other_pods_alone(string step)
    {
        using var host = new TestHost();
        host.NewPod("other", new PortMapping(PortProtocol.Tcp, 8081, 80));
        var pod = host.NewNamespace();
        var before = host.Trace();
        host.Network.BeforeStep = at => Fail(at, step, new InvalidOperationException("made to fail"));

        Assert.Throws<InvalidOperationException>(() => host.Host.Run(() => host.Network.Attach("web", pod.Descriptor, [new(PortProtocol.Tcp, 8080, 80)])));

        Assert.Equal(before, host.Trace());
    }

    [SkippableTheory]
    [MemberData(nameof(Steps))]
    public void Attach_that_was_killed_is_cleaned_up_by_detach(string step)
    {
        using var host = new TestHost();
        host.NewOutside();
        var before = host.Trace();
        using (var pod = new TestNamespace())
        {
            Kill(host, pod, step);
        }

        host.Host.Run(() => host.Network.Detach("web"));
        Assert.True(host.Host.Run(host.Network.RemoveAllIfUnused));
        WaitForLinks(host);
        Assert.Equal(before, host.Trace());
    }

    [SkippableTheory]
    [MemberData(nameof(Steps))]
    public void Attach_that_was_killed_can_be_done_again(string step)
    {
        using var host = new TestHost();
        var pod = host.NewNamespace();
        Kill(host, pod, step);

        var addresses = host.Host.Run(() => host.Network.Attach("web", pod.Descriptor, [new(PortProtocol.Tcp, 8080, 80)]));

        host.Serve(pod, "web", 80);
        Assert.Equal("web sees 10.85.0.1", TestHost.Ask(host.Host, addresses.IPv4.ToString(), 80));
        Assert.Equal("web sees 10.85.0.1", TestHost.Ask(host.Host, "127.0.0.1", 8080));
    }

    [SkippableFact]
    public void Pods_come_and_go_at_once_while_others_remove_the_unused_network()
    {
        using var host = new TestHost();
        var before = host.Trace();
        var failures = new List<Exception>();
        var threads = Enumerable.Range(0, 4).Select(number => new Thread(() =>
        {
            try
            {
                using var worker = new Peapod.HostTests.Network.TestNamespace();
                for (var i = 0; i < 5; i++)
                {
                    using var pod = new TestNamespace();
                    worker.Run(() =>
                    {
                        // Enters the host like a process of its own would: with its own sockets.
                        using var inside = Peapod.Kernel.Namespaces.ThreadNamespace.Enter(host.Host.Descriptor, "net", Peapod.Kernel.Interop.Libc.CLONE_NEWNET);
                        using var network = new PodNetwork(host.Configuration);
                        network.Attach($"pod-{number}", pod.Descriptor, [new(PortProtocol.Tcp, 8000 + number, 80)]);
                        network.Detach($"pod-{number}");
                        network.RemoveAllIfUnused();
                    });
                }
            }
            catch (Exception error)
            {
                lock (failures)
                {
                    failures.Add(error);
                }
            }
        })).ToList();
        threads.ForEach(thread => thread.Start());
        threads.ForEach(thread => thread.Join());

        Assert.Empty(failures);
        host.Host.Run(host.Network.RemoveAllIfUnused);
        WaitForLinks(host);
        Assert.Equal(before, host.Trace());
    }

    public static TheoryData<string> Steps() => new(Enum.GetNames<AttachStep>());

    private static void Fail(AttachStep at, string step, Exception error)
    {
        if ($"{at}" == step)
        {
            throw error;
        }
    }

    private static void Kill(TestHost host, TestNamespace pod, string step)
    {
        host.Network.BeforeStep = at => Fail(at, step, new AttachKilledException());
        Assert.Throws<AttachKilledException>(() => host.Host.Run(() => host.Network.Attach("web", pod.Descriptor, [new(PortProtocol.Tcp, 8080, 80)])));
        host.Network.BeforeStep = null;
    }

    /// <summary>The kernel removes the links of a namespace that has ended a moment later.</summary>
    private static void WaitForLinks(TestHost host)
    {
        for (var i = 0; i < 200 && host.Host.Command("ip", "-br", "link").Contains("pp", StringComparison.Ordinal); i++)
        {
            Thread.Sleep(10);
        }
    }
}
