using System.Net;
using System.Text;
using Peapod.Kernel.Netlink;
using Peapod.Network.Links;

namespace Peapod.Network.Ports;

/// <summary>
/// Binds each port of the bridge to its pod's addresses: nothing that a pod sends has another's hardware or IP address, or speaks for one in ARP or
/// neighbour discovery. What a pod may say is in three sets, so that the thousandth pod costs what the first did. Of what passes, reports of the multicasts
/// that pods listen to (MLDv2, RFC 3810) go to the host alone: the bridge would give each to every port, four for each pod that starts.
/// <code>
/// table bridge peapod {
///   set hardware   { type ifname . ether_addr }
///   set addresses4 { type ifname . ipv4_addr }
///   set addresses6 { type ifname . ipv6_addr }                # with the link-local one
///   chain ports { type filter hook prerouting priority -300
///     iifgroup != GROUP accept                                # ports of others, and other bridges
///     iifname . ether saddr != @hardware drop
///     ether type arp  iifname . arp saddr ether @hardware  iifname . arp saddr ip @addresses4 accept
///     ether type arp  iifname . arp saddr ether @hardware  arp saddr ip 0.0.0.0  iifname . arp daddr ip @addresses4 accept    # a probe, RFC 5227
///     ether type ip   udp sport 67 udp dport 68 drop          # answers of DHCP: the gateway's, who has none
///     ether type ip   iifname . ip saddr @addresses4 accept
///     ether type ip6  udp sport 547 udp dport 546 drop
///     ether type ip6  icmpv6 type { nd-router-advert, nd-redirect } drop
///     ether type ip6  icmpv6 type nd-neighbor-advert iifname . icmpv6 taddr != @addresses6 drop
///     ether type ip6  icmpv6 type mld2-listener-report ether daddr set BRIDGE
///     ether type ip6  iifname . ip6 saddr @addresses6  th present accept
///     ether type ip6  iifname . ip6 saddr @addresses6  frag frag-off > 0 accept
///     ether type ip6  ip6 saddr ::  icmpv6 type nd-neighbor-solicit iifname . icmpv6 taddr @addresses6 accept                # DAD, RFC 4862
///     ether type ip6  ip6 saddr ::  icmpv6 type mld2-listener-report accept
///     drop                                                    # VLANs and other protocols too
///   }
/// }
/// </code>
/// </summary>
/// <remarks>
/// An IPv6 packet whose first fragment has no transport header is dropped: whether it is a router advertisement could not be told (RFC 7113).
/// What is addressed to a bridge as such (01:80:c2:00:00:0x) reaches the host without these rules, as if it came by the port itself; <see cref="PortTable"/>'s
/// guard drops it.
/// </remarks>
internal sealed class BridgeTable(NetworkConfiguration configuration, NetlinkBatch batch)
{
    private const string Hardware = "hardware";
    private const string Addresses4 = "addresses4";
    private const string Addresses6 = "addresses6";
    private const uint HardwareId = 11;
    private const uint Addresses4Id = 12;
    private const uint Addresses6Id = 13;
    private const string Ports = "ports";
    private const int BeforeAllOthers = -300;
    private const byte RouterAdvertisement = 134;
    private const byte NeighbourSolicitation = 135;
    private const byte NeighbourAdvertisement = 136;
    private const byte Redirect = 137;
    private const byte ListenerReport = 143;

    /// <summary>Where the part after the interface's name is in a key.</summary>
    private const uint R4 = Nftables.R0 + 4;

    private static readonly byte[] Arp = [0x08, 0x06];
    private static readonly byte[] IPv4 = [0x08, 0x00];
    private static readonly byte[] IPv6 = [0x86, 0xdd];

    internal void Put(string comment)
    {
        var table = configuration.Table;
        const uint family = Nftables.TypeInterfaceName << 6;
        Nftables.NewTable(batch, table, comment, Nftables.NFPROTO_BRIDGE);
        Nftables.NewSet(batch, table, Hardware, HardwareId, family | Nftables.TypeHardwareAddress, 24, Nftables.NFPROTO_BRIDGE);
        Nftables.NewSet(batch, table, Addresses4, Addresses4Id, family | Nftables.TypeIPv4, 20, Nftables.NFPROTO_BRIDGE);
        Nftables.NewSet(batch, table, Addresses6, Addresses6Id, family | Nftables.TypeIPv6, 32, Nftables.NFPROTO_BRIDGE);
        Nftables.NewChain(batch, table, Ports, "filter", Nftables.NF_INET_PRE_ROUTING, BeforeAllOthers, Nftables.NFPROTO_BRIDGE);

        using (NewRule())
        {
            Nftables.GroupIs(batch, Nftables.CmpNotEqual, VethPair.Group(configuration.Bridge));
            Nftables.Accept(batch);
        }

        using (NewRule())
        {
            Sender(Nftables.PayloadLink, 6, 6, Hardware, HardwareId, isIn: false);
            Nftables.Drop(batch);
        }

        PutArpRules();
        PutIPv4Rules();
        PutIPv6Rules();
        using (NewRule())
        {
            Nftables.Drop(batch);
        }
    }

    /// <summary>What the pod of a lease may call itself.</summary>
    internal static IEnumerable<SetElement> Elements(Lease lease)
    {
        var hardwareAddress = VethPair.HardwareAddress(lease.IPv4);
        var port = VethPair.HostInterface(lease.PodId);
        yield return Element(Hardware, port, hardwareAddress);
        yield return Element(Addresses4, port, lease.IPv4.GetAddressBytes());
        yield return Element(Addresses6, port, VethPair.LinkLocalAddress(hardwareAddress));
        if (lease.IPv6 is not null)
        {
            yield return Element(Addresses6, port, lease.IPv6.GetAddressBytes());
        }
    }

    private static SetElement Element(string set, string port, byte[] address)
    {
        const int name = 16;
        var key = new byte[name + ((address.Length + 3) & ~3)];
        Encoding.ASCII.GetBytes(port, key);
        address.CopyTo(key, name);
        return new(Nftables.NFPROTO_BRIDGE, set, key, [], $"{set} {port}");
    }

    private void PutArpRules()
    {
        using (NewRule())
        {
            TypeIs(Arp);
            Sender(Nftables.PayloadNetwork, 8, 6, Hardware, HardwareId);
            Sender(Nftables.PayloadNetwork, 14, 4, Addresses4, Addresses4Id);
            Nftables.Accept(batch);
        }

        using (NewRule())
        {
            TypeIs(Arp);
            Sender(Nftables.PayloadNetwork, 8, 6, Hardware, HardwareId);
            FieldIs(Nftables.PayloadNetwork, 14, [0, 0, 0, 0]);
            Sender(Nftables.PayloadNetwork, 24, 4, Addresses4, Addresses4Id);
            Nftables.Accept(batch);
        }
    }

    private void PutIPv4Rules()
    {
        using (NewRule())
        {
            TypeIs(IPv4);
            PortsAre(67, 68);
            Nftables.Drop(batch);
        }

        using (NewRule())
        {
            TypeIs(IPv4);
            Sender(Nftables.PayloadNetwork, 12, 4, Addresses4, Addresses4Id);
            Nftables.Accept(batch);
        }
    }

    private void PutIPv6Rules()
    {
        using (NewRule())
        {
            TypeIs(IPv6);
            PortsAre(547, 546);
            Nftables.Drop(batch);
        }

        foreach (var type in new[] { RouterAdvertisement, Redirect })
        {
            using var rule = NewRule();
            MessageIs(type);
            Nftables.Drop(batch);
        }

        using (NewRule())
        {
            MessageIs(NeighbourAdvertisement);
            Sender(Nftables.PayloadTransport, 8, 16, Addresses6, Addresses6Id, isIn: false);
            Nftables.Drop(batch);
        }

        using (NewRule())
        {
            MessageIs(ListenerReport);
            Nftables.Load(batch, Nftables.R0, VethPair.HardwareAddress(configuration.IPv4Gateway));
            Nftables.WritePayload(batch, Nftables.R0, Nftables.PayloadLink, 0, 6);
        }

        using (NewRule())
        {
            TypeIs(IPv6);
            Sender(Nftables.PayloadNetwork, 8, 16, Addresses6, Addresses6Id);
            Nftables.Payload(batch, Nftables.R0, Nftables.PayloadTransport, 0, 4);
            Nftables.Accept(batch);
        }

        using (NewRule())
        {
            TypeIs(IPv6);
            Sender(Nftables.PayloadNetwork, 8, 16, Addresses6, Addresses6Id);
            Nftables.FragmentOffset(batch, Nftables.R0);
            Nftables.Mask(batch, Nftables.R0, [0xff, 0xf8]);
            Nftables.Compare(batch, Nftables.R0, Nftables.CmpNotEqual, [0, 0]);
            Nftables.Accept(batch);
        }

        using (NewRule())
        {
            MessageIs(NeighbourSolicitation);
            FieldIs(Nftables.PayloadNetwork, 8, IPAddress.IPv6Any.GetAddressBytes());
            Sender(Nftables.PayloadTransport, 8, 16, Addresses6, Addresses6Id);
            Nftables.Accept(batch);
        }

        using (NewRule())
        {
            MessageIs(ListenerReport);
            FieldIs(Nftables.PayloadNetwork, 8, IPAddress.IPv6Any.GetAddressBytes());
            Nftables.Accept(batch);
        }
    }

    private Nftables.ListScope NewRule() => Nftables.NewRule(batch, configuration.Table, Ports, Nftables.NFPROTO_BRIDGE);

    /// <summary>Looks up a field of the frame, after the name of the port that it came in by.</summary>
    private void Sender(uint from, uint offset, uint length, string set, uint id, bool isIn = true)
    {
        Nftables.Meta(batch, Nftables.MetaIifName, Nftables.R0);
        Nftables.Payload(batch, R4, from, offset, length);
        Nftables.IsIn(batch, set, id, Nftables.R0, isIn);
    }

    /// <summary>The type as it stands in the frame, and so that of a VLAN if it has a tag; the kernel's own idea leaves the tag out.</summary>
    private void TypeIs(ReadOnlySpan<byte> type) => FieldIs(Nftables.PayloadLink, 12, type);

    private void MessageIs(byte type)
    {
        TypeIs(IPv6);
        ProtocolIs(58);
        FieldIs(Nftables.PayloadTransport, 0, [type]);
    }

    private void PortsAre(ushort source, ushort destination)
    {
        ProtocolIs((byte)PortProtocol.Udp);
        FieldIs(Nftables.PayloadTransport, 0, [(byte)(source >> 8), (byte)source, (byte)(destination >> 8), (byte)destination]);
    }

    private void ProtocolIs(byte protocol)
    {
        Nftables.Meta(batch, Nftables.MetaProtocol, Nftables.R0);
        Nftables.Compare(batch, Nftables.R0, Nftables.CmpEqual, [protocol]);
    }

    private void FieldIs(uint from, uint offset, ReadOnlySpan<byte> value)
    {
        Nftables.Payload(batch, Nftables.R0, from, offset, (uint)value.Length);
        Nftables.Compare(batch, Nftables.R0, Nftables.CmpEqual, value);
    }
}
