using System.Net;
using System.Runtime.InteropServices;
using Peapod.Kernel.Interop;
using Peapod.Kernel.Netlink;

namespace Peapod.Network.Links;

/// <summary>struct rtmsg.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct RtMsg
{
    internal byte Family;
    internal byte DestinationLength;
    internal byte SourceLength;
    internal byte Tos;
    internal byte Table;
    internal byte Protocol;
    internal byte Scope;
    internal byte Type;
    internal uint Flags;
}

/// <summary>struct ndmsg.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct NdMsg
{
    internal byte Family;
    internal byte Pad1;
    internal ushort Pad2;
    internal int Index;
    internal ushort State;
    internal byte Flags;
    internal byte Type;
}

/// <summary>What the kernel says about a link.</summary>
internal sealed record LinkStatus(int Index, bool IsUp, uint Mtu, string? Kind, int PeerIndex, string Name);

/// <summary>The rtnetlink(7) messages that a pod network is made of, with the names of linux/if_link.h, if_addr.h and rtnetlink.h.</summary>
internal static class Rtnetlink
{
    internal const ushort RTM_NEWLINK = 16;
    internal const ushort RTM_DELLINK = 17;
    internal const ushort RTM_GETLINK = 18;
    internal const ushort RTM_SETLINK = 19;
    internal const ushort RTM_NEWADDR = 20;
    internal const ushort RTM_NEWROUTE = 24;
    internal const ushort RTM_GETROUTE = 26;
    internal const ushort RTM_NEWNEIGH = 28;

    internal const uint IFF_UP = 1;

    internal const ushort IFLA_ADDRESS = 1;
    internal const ushort IFLA_IFNAME = 3;
    internal const ushort IFLA_MTU = 4;
    internal const ushort IFLA_LINK = 5;
    internal const ushort IFLA_MASTER = 10;
    internal const ushort IFLA_LINKINFO = 18;
    internal const ushort IFLA_AF_SPEC = 26;
    internal const ushort IFLA_GROUP = 27;
    internal const ushort IFLA_NET_NS_FD = 28;
    internal const ushort IFLA_EXT_MASK = 29;
    internal const ushort IFLA_INFO_KIND = 1;
    internal const ushort IFLA_INFO_DATA = 2;
    internal const ushort IFLA_INFO_SLAVE_KIND = 4;
    internal const ushort IFLA_INFO_SLAVE_DATA = 5;
    internal const ushort VETH_INFO_PEER = 1;
    internal const ushort IFLA_BR_STP_STATE = 5;
    internal const ushort IFLA_BR_MCAST_SNOOPING = 23;
    internal const ushort IFLA_BRPORT_MODE = 4;
    internal const ushort IFLA_BRPORT_LEARNING = 8;
    internal const ushort IFLA_BRPORT_UNICAST_FLOOD = 9;
    internal const ushort IFLA_INET6_ADDR_GEN_MODE = 8;
    internal const byte IN6_ADDR_GEN_MODE_NONE = 1;

    private const uint RTEXT_FILTER_SKIP_STATS = 8;
    private const ushort IFA_ADDRESS = 1;
    private const ushort IFA_LOCAL = 2;
    private const ushort IFA_BROADCAST = 4;
    private const byte IFA_F_NODAD = 2;
    private const ushort RTA_DST = 1;
    private const ushort RTA_OIF = 4;
    private const ushort RTA_GATEWAY = 5;
    private const byte RT_TABLE_MAIN = 254;
    private const byte RTPROT_STATIC = 4;
    private const byte RTN_UNICAST = 1;
    private const byte RTN_LOCAL = 2;
    private const ushort NDA_LLADDR = 2;
    private const byte NTF_MASTER = 4;
    private const ushort NUD_NOARP = 0x40;
    private const byte AF_BRIDGE = 7;

    /// <summary>Asks for a link by its name.</summary>
    internal static int GetLink(NetlinkBatch batch, string name)
    {
        var request = batch.Begin(RTM_GETLINK, 0, "RTM_GETLINK", name);
        batch.Put(default(IfInfoMsg));
        batch.Put(IFLA_IFNAME, name);
        batch.Put(IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
        return request;
    }

    /// <summary>Asks for a link by its number.</summary>
    internal static void GetLink(NetlinkBatch batch, int index)
    {
        batch.Begin(RTM_GETLINK, 0, "RTM_GETLINK", $"link {index}");
        batch.Put(new IfInfoMsg { Index = index });
        batch.Put(IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
    }

    internal static void SetUp(NetlinkBatch batch, string name)
    {
        batch.Begin(RTM_NEWLINK, 0, "RTM_NEWLINK", name);
        batch.Put(new IfInfoMsg { Flags = IFF_UP, Change = IFF_UP });
        batch.Put(IFLA_IFNAME, name);
    }

    internal static void DeleteLink(NetlinkBatch batch, string name)
    {
        batch.Begin(RTM_DELLINK, 0, "RTM_DELLINK", name);
        batch.Put(default(IfInfoMsg));
        batch.Put(IFLA_IFNAME, name);
    }

    /// <summary>Adds an address, or leaves it when it is there; an IPv6 one without duplicate address detection.</summary>
    internal static void AddAddress(NetlinkBatch batch, int index, IPAddress address, IPAddress? broadcast, int prefixLength)
    {
        var isIPv4 = broadcast is not null;
        batch.Begin(RTM_NEWADDR, NetlinkFlags.Create | NetlinkFlags.Replace, "RTM_NEWADDR", address.ToString());
        batch.Put(new IfAddrMsg
        {
            Family = (byte)(isIPv4 ? Libc.AF_INET : Libc.AF_INET6),
            PrefixLength = (byte)prefixLength,
            Flags = isIPv4 ? (byte)0 : IFA_F_NODAD,
            Index = index,
        });
        Put(batch, IFA_LOCAL, address);
        Put(batch, IFA_ADDRESS, address);
        if (broadcast is not null)
        {
            Put(batch, IFA_BROADCAST, broadcast);
        }
    }

    internal static void AddDefaultRoute(NetlinkBatch batch, int index, int family, IPAddress gateway)
    {
        batch.Begin(RTM_NEWROUTE, NetlinkFlags.Create | NetlinkFlags.Replace, "RTM_NEWROUTE", $"default via {gateway}");
        batch.Put(new RtMsg { Family = (byte)family, Table = RT_TABLE_MAIN, Protocol = RTPROT_STATIC, Type = RTN_UNICAST });
        Put(batch, RTA_GATEWAY, gateway);
        batch.Put(RTA_OIF, index);
    }

    /// <summary>Asks which way a packet to <paramref name="destination"/> would go.</summary>
    internal static void GetRoute(NetlinkBatch batch, int family, IPAddress destination)
    {
        batch.Begin(RTM_GETROUTE, 0, "RTM_GETROUTE", destination.ToString());
        batch.Put(new RtMsg { Family = (byte)family, DestinationLength = (byte)(family == Libc.AF_INET ? 32 : 128) });
        Put(batch, RTA_DST, destination);
    }

    /// <summary>Tells the bridge behind which port a hardware address is, for good.</summary>
    internal static void AddForwardingEntry(NetlinkBatch batch, int portIndex, ReadOnlySpan<byte> hardwareAddress)
    {
        batch.Begin(RTM_NEWNEIGH, NetlinkFlags.Create | NetlinkFlags.Replace, "RTM_NEWNEIGH");
        batch.Put(new NdMsg { Family = AF_BRIDGE, Index = portIndex, State = NUD_NOARP, Flags = NTF_MASTER });
        batch.Put(NDA_LLADDR, hardwareAddress);
    }

    internal static LinkStatus ReadLink(ReadOnlySpan<byte> message)
    {
        var header = MemoryMarshal.Read<IfInfoMsg>(message);
        uint mtu = 0;
        var peer = 0;
        string? kind = null;
        var name = "";
        foreach (var attribute in new NetlinkAttributes(message[16..]))
        {
            switch (attribute.Type)
            {
                case IFLA_IFNAME:
                    name = attribute.Text;
                    break;
                case IFLA_MTU:
                    mtu = attribute.UInt32;
                    break;
                case IFLA_LINK:
                    peer = (int)attribute.UInt32;
                    break;
                case IFLA_LINKINFO:
                    foreach (var information in new NetlinkAttributes(attribute.Value))
                    {
                        kind = information.Type == IFLA_INFO_KIND ? information.Text : kind;
                    }

                    break;
            }
        }

        return new LinkStatus(header.Index, (header.Flags & IFF_UP) != 0, mtu, kind, peer, name);
    }

    /// <summary>The number of the link that a route leads out of, or 0.</summary>
    internal static int ReadRouteLink(ReadOnlySpan<byte> message)
    {
        foreach (var attribute in new NetlinkAttributes(message[12..]))
        {
            if (attribute.Type == RTA_OIF)
            {
                return (int)attribute.UInt32;
            }
        }

        return 0;
    }

    /// <summary>Whether a route leads to an address of this host itself.</summary>
    internal static bool IsLocalRoute(ReadOnlySpan<byte> message) => MemoryMarshal.Read<RtMsg>(message).Type == RTN_LOCAL;

    private static void Put(NetlinkBatch batch, ushort attribute, IPAddress address)
    {
        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out var length);
        batch.Put(attribute, bytes[..length]);
    }
}
