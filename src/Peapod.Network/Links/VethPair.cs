using System.Net;
using Peapod.Kernel;
using Peapod.Kernel.Interop;
using Peapod.Kernel.Namespaces;
using Peapod.Kernel.Files;
using Peapod.Kernel.Netlink;

namespace Peapod.Network.Links;

/// <summary>A pod's cable: one end a port of the bridge, the other <c>eth0</c> in the pod. veth(4).</summary>
internal sealed class VethPair(NetworkConfiguration configuration, NetlinkSocket route)
{
    private const string PodInterface = "eth0";

    private const string HostPrefix = "pp";

    private readonly NetlinkBatch batch = new();

    /// <summary>
    /// The group that the host's ends of one network's pods are in (<c>ip link show group</c>), by which the bridge's table knows them from their
    /// first packet on. A 31-bit FNV-1a hash of the bridge's name, so that two networks of a host have different ones; 0 is the group of everybody else.
    /// </summary>
    internal static uint Group(string bridge)
    {
        var hash = 2166136261U;
        foreach (var character in bridge)
        {
            hash = (hash ^ character) * 16777619U;
        }

        return Math.Max(hash >> 1, 1);
    }

    /// <summary>The host's end of a pod: "pp" and 13 characters from a 64-bit FNV-1a hash of the pod's id, 15 in all, as many as a name can have.</summary>
    internal static string HostInterface(string podId)
    {
        var hash = 14695981039346656037UL;
        foreach (var character in podId)
        {
            hash = (hash ^ character) * 1099511628211UL;
        }

        return string.Create(15, hash, static (name, value) =>
        {
            HostPrefix.CopyTo(name);
            for (var i = HostPrefix.Length; i < name.Length; i++)
            {
                name[i] = "abcdefghijklmnopqrstuvwxyz234567"[(int)(value & 31)];
                value >>= 5;
            }
        });
    }

    /// <summary>
    /// A local hardware address made from the IPv4 address: who remembers the one for the other is right for ever,
    /// even when the address has gone to another pod.
    /// </summary>
    internal static byte[] HardwareAddress(IPAddress address)
    {
        var result = new byte[] { 0x0a, 0x58, 0, 0, 0, 0 };
        address.TryWriteBytes(result.AsSpan(2), out _);
        return result;
    }

    /// <summary>The link-local address that the kernel gives to a link of this hardware address (RFC 4291, appendix A).</summary>
    internal static byte[] LinkLocalAddress(ReadOnlySpan<byte> hardwareAddress) =>
    [
        0xfe, 0x80, 0, 0, 0, 0, 0, 0,
        (byte)(hardwareAddress[0] ^ 2), hardwareAddress[1], hardwareAddress[2], 0xff, 0xfe, hardwareAddress[3], hardwareAddress[4], hardwareAddress[5],
    ];

    /// <summary>Makes both ends in their final namespaces by one message and plugs the host's end into the bridge.</summary>
    /// <returns>The number of eth0 in the pod's namespace.</returns>
    internal int Create(LinkStatus bridge, Lease lease, SafeFd networkNamespace)
    {
        var name = HostInterface(lease.PodId);
        var hardwareAddress = HardwareAddress(lease.IPv4);
        var (status, error) = TryCreate(name, bridge, hardwareAddress, networkNamespace);
        if (error is { Error: Errno.EEXIST })
        {
            // The end of an earlier pod of this id, or of this one half made: its namespace is not gone yet.
            Remove(lease.PodId);
            (status, error) = TryCreate(name, bridge, hardwareAddress, networkNamespace);
        }

        if (error is { Error: Errno.EEXIST })
        {
            throw new NetworkException($"network: the network namespace of the pod {lease.PodId} has an {PodInterface} already", error);
        }

        if (error is { Error: Errno.EXFULL })
        {
            throw new NetworkException($"network: the bridge {configuration.Bridge} is full: it takes 1023 pods", error);
        }

        if (error is not null)
        {
            throw error;
        }

        batch.Clear();
        Rtnetlink.AddForwardingEntry(batch, status!.Index, hardwareAddress);
        route.Execute(batch);
        return status.PeerIndex;
    }

    /// <summary>Addresses, routes and loopback in the pod.</summary>
    internal void ConfigurePod(Lease lease, int index, SafeFd networkNamespace)
    {
        batch.Clear();
        Rtnetlink.SetUp(batch, "lo");
        Rtnetlink.SetUp(batch, PodInterface);
        Rtnetlink.AddAddress(batch, index, lease.IPv4, Bridge.Broadcast(configuration), configuration.IPv4Subnet.PrefixLength);
        Rtnetlink.AddDefaultRoute(batch, index, Libc.AF_INET, configuration.IPv4Gateway);
        if (lease.IPv6 is not null)
        {
            Rtnetlink.AddAddress(batch, index, lease.IPv6, null, 64);
            Rtnetlink.AddDefaultRoute(batch, index, Libc.AF_INET6, configuration.IPv6Gateway!);
        }

        using var inside = ThreadNamespace.Enter(networkNamespace, "net", Libc.CLONE_NEWNET);
        if (lease.IPv6 is not null)
        {
            // Nobody on the bridge is a router but the gateway, which does not announce itself (CVE-2020-10749).
            FileSystem.WriteExisting($"/proc/sys/net/ipv6/conf/{PodInterface}/accept_ra", "0");

            // Nobody has its address: it is made from the lease. Asking would go to every other pod.
            FileSystem.WriteExisting($"/proc/sys/net/ipv6/conf/{PodInterface}/accept_dad", "0");
        }

        using var socket = NetlinkSocket.Open(Libc.NETLINK_ROUTE);
        socket.Execute(batch);
    }

    /// <summary>Removes the pair; nothing there is no error. Takes 16 to 32 ms, where the end of the pod's namespace does it for nothing.</summary>
    internal void Remove(string podId)
    {
        batch.Clear();
        Rtnetlink.DeleteLink(batch, HostInterface(podId));
        if (route.TryExecute(batch) is { Error: not Errno.ENODEV } error)
        {
            throw error;
        }
    }

    private (LinkStatus? Status, KernelException? Error) TryCreate(string name, LinkStatus bridge, byte[] hardwareAddress, SafeFd networkNamespace)
    {
        batch.Clear();
        batch.Begin(Rtnetlink.RTM_NEWLINK, NetlinkFlags.Create | NetlinkFlags.Exclusive, "RTM_NEWLINK", name);
        batch.Put(default(IfInfoMsg));
        batch.Put(Rtnetlink.IFLA_IFNAME, name);
        batch.Put(Rtnetlink.IFLA_MTU, bridge.Mtu);
        batch.Put(Rtnetlink.IFLA_GROUP, Group(configuration.Bridge));
        batch.Put(Rtnetlink.IFLA_MASTER, bridge.Index);
        using (batch.Nested(Rtnetlink.IFLA_LINKINFO))
        {
            batch.Put(Rtnetlink.IFLA_INFO_KIND, "veth");
            using (batch.Nested(Rtnetlink.IFLA_INFO_DATA))
            using (batch.Nested(Rtnetlink.VETH_INFO_PEER))
            {
                // Not up yet: an end cannot be before it has the other.
                batch.Put(default(IfInfoMsg));
                batch.Put(Rtnetlink.IFLA_IFNAME, PodInterface);
                batch.Put(Rtnetlink.IFLA_ADDRESS, hardwareAddress);
                batch.Put(Rtnetlink.IFLA_MTU, bridge.Mtu);
                batch.Put(Rtnetlink.IFLA_NET_NS_FD, networkNamespace.Number);
            }
        }

        // The bridge knows where the pod's hardware address is, so nothing sent to it need be tried on every port, and learns nothing from what pods
        // send: frames to 01:80:c2:00:00:02 and the like teach it before any table is asked. Broadcasts and multicasts (ARP, neighbour discovery) still go to all. The port itself has no IPv6 address, for each one
        // is announced to every other port.
        batch.Begin(Rtnetlink.RTM_NEWLINK, 0, "RTM_NEWLINK", name);
        batch.Put(default(IfInfoMsg));
        batch.Put(Rtnetlink.IFLA_IFNAME, name);
        using (batch.Nested(Rtnetlink.IFLA_LINKINFO))
        {
            batch.Put(Rtnetlink.IFLA_INFO_SLAVE_KIND, "bridge");
            using (batch.Nested(Rtnetlink.IFLA_INFO_SLAVE_DATA))
            {
                batch.Put(Rtnetlink.IFLA_BRPORT_LEARNING, (byte)0);
                batch.Put(Rtnetlink.IFLA_BRPORT_UNICAST_FLOOD, (byte)0);
                batch.Put(Rtnetlink.IFLA_BRPORT_MODE, IsBridgeFiltered() ? (byte)1 : (byte)0);
            }
        }

        if (configuration.IPv6Subnet is not null)
        {
            using var families = batch.Nested(Rtnetlink.IFLA_AF_SPEC);
            using var family = batch.Nested((ushort)Libc.AF_INET6);
            batch.Put(Rtnetlink.IFLA_INET6_ADDR_GEN_MODE, Rtnetlink.IN6_ADDR_GEN_MODE_NONE);
        }

        Rtnetlink.SetUp(batch, name);
        Rtnetlink.GetLink(batch, name);
        LinkStatus? status = null;
        var error = route.TryExecute(batch, (_, _, message) => status = Rtnetlink.ReadLink(message));
        return (status, error);
    }

    /// <summary>
    /// Whether br_netfilter translates addresses inside the bridge. Then a pod's connection to its own host port is turned round there and not
    /// by routing, and its port must let packets out that came in by it (hairpin).
    /// </summary>
    private static bool IsBridgeFiltered() => FileSystem.TryReadText("/proc/sys/net/bridge/bridge-nf-call-iptables") == "1";
}
