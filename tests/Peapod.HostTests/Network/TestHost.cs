using System.Net;
using System.Net.Sockets;
using System.Text;
using Peapod.Kernel;
using Peapod.Kernel.Interop;
using Peapod.Network;

namespace Peapod.HostTests.Network;

/// <summary>A host that is a network namespace: nothing here touches the machine's own network.</summary>
internal sealed class TestHost : IDisposable
{
    private readonly List<IDisposable> owned = [];

    public TestHost()
    {
        Skip.If(Libc.geteuid() != 0, "needs root: makes network namespaces");
        Folder = Directory.CreateDirectory($"/dev/shm/peapod-network-{Guid.NewGuid():N}").FullName;
        Host = Own(new TestNamespace());
        Host.Command("ip", "link", "set", "lo", "up");
        Configuration = new NetworkConfiguration { DataFolder = $"{Folder}/data" };
        Network = Host.Run(() => new PodNetwork(Configuration));
    }

    public string Folder { get; }

    public TestNamespace Host { get; }

    public NetworkConfiguration Configuration { get; }

    public PodNetwork Network { get; }

    /// <summary>Hears all that comes in by a link, see <see cref="Frame.Hear"/>.</summary>
    public SafeFd Listen(TestNamespace where, string link) => Own(Frame.Listen(where, link));

    public TestNamespace NewNamespace() => Own(new TestNamespace());

    public (TestNamespace Namespace, PodAddresses Addresses) NewPod(string podId, params PortMapping[] ports)
    {
        var pod = NewNamespace();
        return (pod, Host.Run(() => Network.Attach(podId, pod.Descriptor, ports)));
    }

    /// <summary>A machine on the far end of a cable to the host, 198.51.100.2 and 2001:db8:1::2, without a route to the pods.</summary>
    public TestNamespace NewOutside()
    {
        var outside = NewNamespace();
        Host.Command("ip", "link", "add", "up0", "mtu", "1400", "type", "veth", "peer", "name", "eth0", "netns", $"{outside.ThreadId}");
        Host.Command("ip", "addr", "add", "198.51.100.1/24", "dev", "up0");
        Host.Command("ip", "addr", "add", "2001:db8:1::1/64", "dev", "up0", "nodad");
        Host.Command("ip", "link", "set", "up0", "up");
        outside.Command("ip", "addr", "add", "198.51.100.2/24", "dev", "eth0");
        outside.Command("ip", "addr", "add", "2001:db8:1::2/64", "dev", "eth0", "nodad");
        outside.Command("ip", "link", "set", "eth0", "up");
        Host.Command("ip", "route", "add", "default", "via", "198.51.100.2");
        Host.Command("ip", "-6", "route", "add", "default", "via", "2001:db8:1::2");
        WaitForCarrier(Host);
        WaitForCarrier(outside);
        return outside;
    }

    /// <summary>The kernel tells the routes of a new link's carrier by a worker of its own, some time after both ends are up.</summary>
    private static void WaitForCarrier(TestNamespace where)
    {
        for (var tries = 0; where.Command("ip", "route").Contains("linkdown") || where.Command("ip", "-6", "route").Contains("linkdown"); tries++)
        {
            Assert.True(tries < 200, "the cable has no carrier");
            Thread.Sleep(10);
        }
    }

    /// <summary>Everything of the host that a pod could leave behind, as text. Not the carrier of its links, which comes and goes a moment later.</summary>
    public string Trace()
    {
        var links = string.Join('\n', Host.Command("ip", "-br", "link").Split('\n').Select(line => line.Split(' ')[0]).Order());
        var sysctls = Host.Run(() => string.Join('\n', new[] { "ipv4/ip_forward", "ipv6/conf/all/forwarding" }
            .Concat(Directory.GetDirectories("/proc/sys/net/ipv4/conf").Select(path => $"ipv4/conf/{Path.GetFileName(path)}/forwarding"))
            .Order().Select(name => $"{name} {File.ReadAllText($"/proc/sys/net/{name}").Trim()}")));
        var claims = new[] { "pods", "addresses", "ports", "sysctls" }.Where(name => Path.Exists($"{Folder}/data/{name}"))
            .SelectMany(name => Directory.Exists($"{Folder}/data/{name}") ? Directory.GetFileSystemEntries($"{Folder}/data/{name}") : [name]);
        return $"{links}\n{Host.Command("nft", "list", "ruleset")}\n{sysctls}\n{string.Join('\n', claims)}\n{Host.Command("ip", "route").Replace(" linkdown", "")}";
    }

    /// <summary>A server in a namespace that tells each client, over TCP, its own name and the client's address as it sees it.</summary>
    public void Serve(TestNamespace where, string name, int port, string address = "::")
    {
        var listener = where.Run(() =>
        {
            var bound = IPAddress.Parse(address);
            var socket = new Socket(bound.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            if (bound.AddressFamily == AddressFamily.InterNetworkV6)
            {
                socket.DualMode = true;
            }

            socket.Bind(new IPEndPoint(bound, port));
            socket.Listen();
            return socket;
        });
        owned.Add(listener);
        new Thread(() =>
        {
            try
            {
                while (true)
                {
                    using var client = listener.Accept();
                    var peer = ((IPEndPoint)client.RemoteEndPoint!).Address;
                    client.Send(Encoding.UTF8.GetBytes($"{name} sees {(peer.IsIPv4MappedToIPv6 ? peer.MapToIPv4() : peer)}"));
                }
            }
            catch (Exception error) when (error is SocketException or ObjectDisposedException)
            {
            }
        })
        { IsBackground = true }.Start();
    }

    /// <summary>What a server says to a client in a namespace; an error's name when it cannot be reached within two seconds.</summary>
    public static string Ask(TestNamespace from, string address, int port) => from.Run(() =>
    {
        var end = new IPEndPoint(IPAddress.Parse(address), port);
        using var socket = new Socket(end.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { SendTimeout = 2000, ReceiveTimeout = 2000 };
        try
        {
            socket.Connect(end);
            var buffer = new byte[256];
            return Encoding.UTF8.GetString(buffer, 0, socket.Receive(buffer));
        }
        catch (SocketException error)
        {
            return $"{error.SocketErrorCode}";
        }
    });

    public void Dispose()
    {
        Network.Dispose();
        owned.Reverse();
        owned.ForEach(item => item.Dispose());
        Directory.Delete(Folder, recursive: true);
    }

    private T Own<T>(T item)
        where T : IDisposable
    {
        owned.Add(item);
        return item;
    }
}
