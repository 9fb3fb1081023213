using System.Buffers.Binary;
using System.Net;
using Peapod.Kernel.Interop;
using Peapod.Kernel.Netlink;
using Peapod.Network.Forwarding;
using Peapod.Network.Links;

namespace Peapod.Network.Ports;

/// <summary>
/// The network's nftables table of the family inet. Chains and rules change only with the uplinks; a host port is one element of a map:
/// <code>
/// table inet peapod {
///   map ports4   { type inet_proto . inet_service : ipv4_addr . inet_service }               # any address of the host
///   map hosts4   { type ipv4_addr . inet_proto . inet_service : ipv4_addr . inet_service }   # one address of the host
///   map ports6, map hosts6                                                                   # the same for IPv6
///   chain guard       { type filter hook prerouting priority raw;    iifgroup GROUP drop            # not by the bridge: to 01:80:c2:00:00:0e
///                                                                    iifname BRIDGE ip daddr 127.0.0.0/8 drop
///                                                                    iifname BRIDGE ip saddr != SUBNET drop
///                                                                    iifname BRIDGE ip saddr GATEWAY drop
///                                                                    iifname BRIDGE ip6 saddr != { SUBNET, fe80::/10, :: } drop
///                                                                    iifname BRIDGE ip6 saddr GATEWAY drop }
///   chain prerouting  { type nat hook prerouting priority dstnat;    iifname != lo ip daddr 127.0.0.0/8 accept
///                                                                    dnat ip to ip daddr . meta l4proto . th dport map @hosts4
///                                                                    fib daddr type local dnat ip to meta l4proto . th dport map @ports4
///                                                                    the same for IPv6, without ::1 }
///   chain output      { type nat hook output priority dstnat;        the same but the first, for the host's own connections }
///   chain forward     { type filter hook forward priority filter;    ct state established,related accept
///                                                                    ct status dnat accept          # published, by whomever
///                                                                    iifname BRIDGE accept          # from pods
///                                                                    oifname BRIDGE drop            # nothing else to pods
///                                                                    iifname UPLINK drop            # see RoutedUplinks
///                     }
///   chain postrouting { type nat hook postrouting priority srcnat;   oifname != BRIDGE ip saddr SUBNET masquerade      # to the outside
///                                                                    oifname BRIDGE ip saddr SUBNET ct status dnat masquerade  # pod to host port to pod
///                                                                    oifname BRIDGE ip saddr 127.0.0.0/8 masquerade … } # 127.0.0.1 to host port
/// }
/// </code>
/// It allows nothing that a firewall forbids, for another table's drop is final: a host whose forward policy is drop needs a rule of its own.
/// It forbids what nobody asked for: connections to pods that are neither published nor a pod's, and through the host where it forwards for the pods alone.
/// </summary>
internal sealed class PortTable(NetworkConfiguration configuration, NetlinkBatch batch)
{
    private const string Hosts4 = "hosts4";
    private const string Hosts6 = "hosts6";
    private const string Ports4 = "ports4";
    private const string Ports6 = "ports6";
    private const int SourceNat = 100;
    private const int DestinationNat = -100;
    private const int Raw = -300;
    private const int Filter = 0;

    internal void Put(string comment, RoutedUplinks uplinks)
    {
        var table = configuration.Table;
        Nftables.NewTable(batch, table, comment);

        const uint service = (Nftables.TypeProtocol << 6) | Nftables.TypeService;
        const uint target4 = (Nftables.TypeIPv4 << 6) | Nftables.TypeService;
        const uint target6 = (Nftables.TypeIPv6 << 6) | Nftables.TypeService;
        Nftables.NewMap(batch, table, Ports4, 1, service, 8, target4, 8);
        Nftables.NewMap(batch, table, Hosts4, 2, (Nftables.TypeIPv4 << 12) | service, 12, target4, 8);
        Nftables.NewMap(batch, table, Ports6, 3, service, 8, target6, 20);
        Nftables.NewMap(batch, table, Hosts6, 4, (Nftables.TypeIPv6 << 12) | service, 24, target6, 20);

        Nftables.NewChain(batch, table, "guard", "filter", Nftables.NF_INET_PRE_ROUTING, Raw);
        Nftables.NewChain(batch, table, "prerouting", "nat", Nftables.NF_INET_PRE_ROUTING, DestinationNat);
        Nftables.NewChain(batch, table, "output", "nat", Nftables.NF_INET_LOCAL_OUT, DestinationNat);
        Nftables.NewChain(batch, table, "forward", "filter", Nftables.NF_INET_FORWARD, Filter);
        Nftables.NewChain(batch, table, "postrouting", "nat", Nftables.NF_INET_POST_ROUTING, SourceNat);

        using (Nftables.NewRule(batch, table, "guard"))
        {
            Nftables.GroupIs(batch, Nftables.CmpEqual, VethPair.Group(configuration.Bridge));
            Nftables.Drop(batch);
        }

        PutGuardRules(Libc.AF_INET, configuration.IPv4Subnet, configuration.IPv4Gateway, 12);
        if (configuration.IPv6Subnet is { } subnet6)
        {
            PutGuardRules(Libc.AF_INET6, subnet6, configuration.IPv6Gateway!, 8);
        }

        using (Nftables.NewRule(batch, table, "prerouting"))
        {
            // A port that is published on a loopback address is the host's own processes', not that of a neighbour who sends to it.
            Nftables.InterfaceIs(batch, Nftables.MetaIifName, Nftables.CmpNotEqual, "lo");
            Nftables.FamilyIs(batch, Libc.AF_INET);
            PutPrefix(16, [127], [255], Nftables.CmpEqual);
            Nftables.Accept(batch);
        }

        foreach (var chain in new[] { "prerouting", "output" })
        {
            PutDestinationRules(chain, Libc.AF_INET, Hosts4, 2, Ports4, 1, 16, 4);
            PutDestinationRules(chain, Libc.AF_INET6, Hosts6, 4, Ports6, 3, 24, 16);
        }

        PutSourceRules(Libc.AF_INET, configuration.IPv4Subnet, 12);
        if (configuration.IPv6Subnet is { } subnet)
        {
            PutSourceRules(Libc.AF_INET6, subnet, 8);
        }

        PutForwardRules(uplinks);
    }

    /// <summary>What comes from pods and is none of theirs: to or from the host's loopback, from its own addresses, from anywhere else.</summary>
    private void PutGuardRules(int family, IPNetwork subnet, IPAddress gateway, uint sourceOffset)
    {
        var (prefix, mask) = Prefix(subnet);
        if (family == Libc.AF_INET)
        {
            using var rule = FromPods();
            PutPrefix(16, [127], [255], Nftables.CmpEqual);
            Nftables.Drop(batch);
        }

        using (FromPods())
        {
            PutPrefix(sourceOffset, prefix, mask, Nftables.CmpNotEqual);
            if (family == Libc.AF_INET6)
            {
                PutPrefix(sourceOffset, [0xfe, 0x80], [0xff, 0xc0], Nftables.CmpNotEqual);
                Nftables.Payload(batch, Nftables.R0, Nftables.PayloadNetwork, sourceOffset, 16);
                Nftables.Compare(batch, Nftables.R0, Nftables.CmpNotEqual, IPAddress.IPv6Any.GetAddressBytes());
            }

            Nftables.Drop(batch);
        }

        using (FromPods())
        {
            Nftables.Payload(batch, Nftables.R0, Nftables.PayloadNetwork, sourceOffset, (uint)prefix.Length);
            Nftables.Compare(batch, Nftables.R0, Nftables.CmpEqual, gateway.GetAddressBytes());
            Nftables.Drop(batch);
        }

        Nftables.ListScope FromPods()
        {
            var rule = Nftables.NewRule(batch, configuration.Table, "guard");
            Nftables.InterfaceIs(batch, Nftables.MetaIifName, Nftables.CmpEqual, configuration.Bridge);
            Nftables.FamilyIs(batch, family);
            return rule;
        }
    }

    private void PutForwardRules(RoutedUplinks uplinks)
    {
        using (NewRule())
        {
            Nftables.ConnectionStateHas(batch, Nftables.StateEstablishedOrRelated);
            Nftables.Accept(batch);
        }

        using (NewRule())
        {
            Nftables.ConnectionStatusHas(batch, Nftables.StatusDestinationNat);
            Nftables.Accept(batch);
        }

        using (NewRule())
        {
            Nftables.InterfaceIs(batch, Nftables.MetaIifName, Nftables.CmpEqual, configuration.Bridge);
            Nftables.Accept(batch);
        }

        using (NewRule())
        {
            Nftables.InterfaceIs(batch, Nftables.MetaOifName, Nftables.CmpEqual, configuration.Bridge);
            Nftables.Drop(batch);
        }

        foreach (var (family, name) in uplinks.Links)
        {
            // With br_netfilter what a bridge passes from port to port comes here too, as if it came by the bridge and left by it.
            using (NewRule())
            {
                Nftables.FamilyIs(batch, family);
                if (name is not null)
                {
                    Nftables.InterfaceIs(batch, Nftables.MetaIifName, Nftables.CmpEqual, name);
                    Nftables.InterfaceIs(batch, Nftables.MetaOifName, Nftables.CmpEqual, name);
                }

                Nftables.KindIs(batch, Nftables.MetaIifKind, "bridge");
                Nftables.KindIs(batch, Nftables.MetaOifKind, "bridge");
                Nftables.Accept(batch);
            }

            using (NewRule())
            {
                Nftables.FamilyIs(batch, family);
                if (name is not null)
                {
                    Nftables.InterfaceIs(batch, Nftables.MetaIifName, Nftables.CmpEqual, name);
                }

                Nftables.Drop(batch);
            }
        }

        Nftables.ListScope NewRule() => Nftables.NewRule(batch, configuration.Table, "forward");
    }

    private void PutDestinationRules(string chain, int family, string hosts, uint hostsId, string ports, uint portsId, uint addressOffset, uint addressLength)
    {
        var addressRegisters = addressLength / 4;
        using (Nftables.NewRule(batch, configuration.Table, chain))
        {
            Nftables.FamilyIs(batch, family);
            Nftables.Payload(batch, Nftables.R0, Nftables.PayloadNetwork, addressOffset, addressLength);
            Nftables.Meta(batch, Nftables.MetaProtocol, Nftables.R0 + addressRegisters);
            Nftables.Payload(batch, Nftables.R0 + addressRegisters + 1, Nftables.PayloadTransport, 2, 2);
            Nftables.Lookup(batch, hosts, hostsId, Nftables.R0, Nftables.R0);
            Nftables.DestinationNat(batch, (uint)family, Nftables.R0, Nftables.R0 + addressRegisters);
        }

        using (Nftables.NewRule(batch, configuration.Table, chain))
        {
            Nftables.FamilyIs(batch, family);
            if (family == Libc.AF_INET6)
            {
                // The kernel takes no packet to ::1 that came in by another link than lo, not even an answer that was translated back:
                // a refused connection lets the client go on to 127.0.0.1, where a translated one would wait for ever.
                Nftables.Payload(batch, Nftables.R0, Nftables.PayloadNetwork, addressOffset, addressLength);
                Nftables.Compare(batch, Nftables.R0, Nftables.CmpNotEqual, IPAddress.IPv6Loopback.GetAddressBytes());
            }

            Nftables.DestinationType(batch, Nftables.R0);
            Nftables.Compare(batch, Nftables.R0, Nftables.CmpEqual, BitConverter.GetBytes(2));
            Nftables.Meta(batch, Nftables.MetaProtocol, Nftables.R0);
            Nftables.Payload(batch, Nftables.R0 + 1, Nftables.PayloadTransport, 2, 2);
            Nftables.Lookup(batch, ports, portsId, Nftables.R0, Nftables.R0);
            Nftables.DestinationNat(batch, (uint)family, Nftables.R0, Nftables.R0 + addressRegisters);
        }
    }

    private void PutSourceRules(int family, IPNetwork subnet, uint sourceOffset)
    {
        var (prefix, mask) = Prefix(subnet);
        using (Nftables.NewRule(batch, configuration.Table, "postrouting"))
        {
            Nftables.InterfaceIs(batch, Nftables.MetaOifName, Nftables.CmpNotEqual, configuration.Bridge);
            PutSource(prefix, mask);
            Nftables.Masquerade(batch);
        }

        using (Nftables.NewRule(batch, configuration.Table, "postrouting"))
        {
            Nftables.InterfaceIs(batch, Nftables.MetaOifName, Nftables.CmpEqual, configuration.Bridge);
            PutSource(prefix, mask);
            Nftables.ConnectionStatusHas(batch, Nftables.StatusDestinationNat);
            Nftables.Masquerade(batch);
        }

        if (family == Libc.AF_INET)
        {
            using var rule = Nftables.NewRule(batch, configuration.Table, "postrouting");
            Nftables.InterfaceIs(batch, Nftables.MetaOifName, Nftables.CmpEqual, configuration.Bridge);
            PutSource([127], [255]);
            Nftables.Masquerade(batch);
        }

        void PutSource(ReadOnlySpan<byte> value, ReadOnlySpan<byte> valueMask)
        {
            Nftables.FamilyIs(batch, family);
            PutPrefix(sourceOffset, value, valueMask, Nftables.CmpEqual);
        }
    }

    private static (byte[] Prefix, byte[] Mask) Prefix(IPNetwork subnet)
    {
        var prefix = subnet.BaseAddress.GetAddressBytes();
        var mask = new byte[prefix.Length];
        for (var bit = 0; bit < subnet.PrefixLength; bit++)
        {
            mask[bit / 8] |= (byte)(0x80 >> (bit % 8));
        }

        return (prefix, mask);
    }

    private void PutPrefix(uint offset, ReadOnlySpan<byte> value, ReadOnlySpan<byte> mask, uint operation)
    {
        Nftables.Payload(batch, Nftables.R0, Nftables.PayloadNetwork, offset, (uint)value.Length);
        Nftables.Mask(batch, Nftables.R0, mask);
        Nftables.Compare(batch, Nftables.R0, operation, value);
    }

    /// <summary>What leads the ports of a lease to its pod, those of one map together.</summary>
    internal static IEnumerable<SetElement> Elements(Lease lease)
    {
        foreach (var (map, isIPv4, isAnyAddress) in ((string, bool, bool)[])[(Ports4, true, true), (Hosts4, true, false), (Ports6, false, true), (Hosts6, false, false)])
        {
            if ((isIPv4 ? lease.IPv4 : lease.IPv6) is not { } target)
            {
                continue;
            }

            foreach (var mapping in lease.Ports)
            {
                if (mapping.IsAnyAddress == isAnyAddress && (isIPv4 ? mapping.IsIPv4 : mapping.IsIPv6))
                {
                    yield return Element(map, mapping, target);
                }
            }
        }
    }

    private static SetElement Element(string map, PortMapping mapping, IPAddress target)
    {
        // A part of a concatenation takes whole registers of four bytes.
        var address = mapping.IsAnyAddress ? [] : mapping.HostAddress!.GetAddressBytes();
        var key = new byte[address.Length + 8];
        address.CopyTo(key, 0);
        key[address.Length] = (byte)mapping.Protocol;
        BinaryPrimitives.WriteUInt16BigEndian(key.AsSpan(address.Length + 4), (ushort)mapping.HostPort);

        var pod = target.GetAddressBytes();
        var data = new byte[pod.Length + 4];
        pod.CopyTo(data, 0);
        BinaryPrimitives.WriteUInt16BigEndian(data.AsSpan(pod.Length), (ushort)mapping.PodPort);
        return new(Nftables.NFPROTO_INET, map, key, data, $"{map} {mapping.HostPort}/{mapping.ProtocolName}");
    }
}
