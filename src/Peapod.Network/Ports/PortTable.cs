using System.Buffers.Binary;
using System.Net;
using System.Text;
using Peapod.Kernel;
using Peapod.Kernel.Interop;
using Peapod.Kernel.Netlink;

namespace Peapod.Network.Ports;

/// <summary>
/// The network's one nftables table, of the family inet. Chains and rules never change; a host port is one element of a map:
/// <code>
/// table inet peapod {
///   map ports4   { type inet_proto . inet_service : ipv4_addr . inet_service }               # any address of the host
///   map hosts4   { type ipv4_addr . inet_proto . inet_service : ipv4_addr . inet_service }   # one address of the host
///   map ports6, map hosts6                                                                   # the same for IPv6
///   chain guard       { type filter hook prerouting priority raw;    iifname BRIDGE ip daddr 127.0.0.0/8 drop }
///   chain prerouting  { type nat hook prerouting priority dstnat;    dnat ip to ip daddr . meta l4proto . th dport map @hosts4
///                                                                    fib daddr type local dnat ip to meta l4proto . th dport map @ports4
///                                                                    the same for IPv6, without ::1 }
///   chain output      { type nat hook output priority dstnat;        the same, for the host's own connections }
///   chain postrouting { type nat hook postrouting priority srcnat;   oifname != BRIDGE ip saddr SUBNET masquerade      # to the outside
///                                                                    oifname BRIDGE ip saddr SUBNET ct status dnat masquerade  # pod to host port to pod
///                                                                    oifname BRIDGE ip saddr 127.0.0.0/8 masquerade … } # 127.0.0.1 to host port
/// }
/// </code>
/// It forbids nothing that a firewall allows and allows nothing that a firewall forbids: a host whose forward policy is drop needs a rule of its own.
/// </summary>
internal sealed class PortTable(NetworkConfiguration configuration, NetlinkSocket netfilter)
{
    private const string Hosts4 = "hosts4";
    private const string Hosts6 = "hosts6";
    private const string Ports4 = "ports4";
    private const string Ports6 = "ports6";
    private const int SourceNat = 100;
    private const int DestinationNat = -100;
    private const int Raw = -300;

    private readonly NetlinkBatch batch = new();

    /// <summary>What the table was made for; a table that says otherwise is made anew. Shown by nft as the table's comment.</summary>
    private string Comment => $"peapod 1: {configuration.Bridge} {configuration.IPv4Subnet} {configuration.IPv6Subnet?.ToString() ?? "-"}";

    /// <summary>
    /// Makes the table unless it is there as it should be, all of it or nothing, with the ports of <paramref name="leases"/>:
    /// whoever flushed the host's rules did not mean to cut off running pods.
    /// </summary>
    internal void Ensure(Func<IEnumerable<Lease>> leases)
    {
        var found = FindComment();
        if (found != Comment)
        {
            Make(leases, replaces: found is not null);
        }
    }

    /// <summary>Makes the table anew, if there is one, with the ports of <paramref name="leases"/> and no others, in one step: no packet misses it.</summary>
    internal void MakeAnew(Func<IEnumerable<Lease>> leases)
    {
        if (FindComment() is not null)
        {
            Make(leases, replaces: true);
        }
    }

    private void Make(Func<IEnumerable<Lease>> leases, bool replaces)
    {
        batch.Clear();
        Nftables.BeginBatch(batch);
        if (replaces)
        {
            DeleteTable();
        }

        PutTable();
        foreach (var lease in leases())
        {
            PutElements(lease, add: true);
        }

        Nftables.EndBatch(batch);
        netfilter.Execute(batch);
    }

    /// <summary>Adds the elements of a lease, all or none.</summary>
    internal void Add(Lease lease)
    {
        if (lease.Ports.Count == 0 || TryChange(lease, add: true) is not { } error)
        {
            return;
        }

        if (error.Error != Errno.EEXIST)
        {
            throw error;
        }

        // The leases say that the port is this pod's, so the element is one that somebody was killed over.
        Remove(lease);
        if (TryChange(lease, add: true) is { } second)
        {
            throw second;
        }
    }

    /// <summary>Removes the elements of a lease; those that are not there are no error.</summary>
    internal void Remove(Lease lease)
    {
        if (lease.Ports.Count == 0 || TryChange(lease, add: false) is not { } error)
        {
            return;
        }

        if (error.Error != Errno.ENOENT)
        {
            throw error;
        }

        // One at least was missing, and so none was removed: one by one.
        foreach (var mapping in lease.Ports)
        {
            foreach (var family in new[] { Libc.AF_INET, Libc.AF_INET6 })
            {
                batch.Clear();
                Nftables.BeginBatch(batch);
                PutElement(lease, mapping, family, add: false);
                Nftables.EndBatch(batch);
                if (batch.Count > 2 && netfilter.TryExecute(batch) is { Error: not Errno.ENOENT } failure)
                {
                    throw failure;
                }
            }
        }
    }

    /// <summary>Removes the table; nothing there is no error.</summary>
    internal void RemoveTable()
    {
        batch.Clear();
        Nftables.BeginBatch(batch);
        DeleteTable();
        Nftables.EndBatch(batch);
        if (netfilter.TryExecute(batch) is { Error: not Errno.ENOENT } error)
        {
            throw error;
        }
    }

    private string? FindComment()
    {
        batch.Clear();
        Nftables.Begin(batch, Nftables.NFT_MSG_GETTABLE, 0, "NFT_MSG_GETTABLE", configuration.Table);
        batch.Put(1, configuration.Table);
        string? comment = null;
        var error = netfilter.TryExecute(batch, (_, _, message) =>
        {
            comment = "";
            foreach (var attribute in new NetlinkAttributes(message[4..]))
            {
                // A list of type, length and value; type 0 is the comment.
                if (attribute.Type == Nftables.NFTA_TABLE_USERDATA && attribute.Value.Length > 2)
                {
                    comment = Encoding.UTF8.GetString(attribute.Value[2..]).TrimEnd('\0');
                }
            }
        });
        return error is null or { Error: Errno.ENOENT } ? comment : throw error;
    }

    private void DeleteTable()
    {
        Nftables.Begin(batch, Nftables.NFT_MSG_DELTABLE, 0, "NFT_MSG_DELTABLE", configuration.Table);
        batch.Put(1, configuration.Table);
    }

    private void PutTable()
    {
        var table = configuration.Table;
        var comment = Encoding.UTF8.GetBytes(Comment + "\0");
        Nftables.NewTable(batch, table, [0, (byte)comment.Length, .. comment]);

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
        Nftables.NewChain(batch, table, "postrouting", "nat", Nftables.NF_INET_POST_ROUTING, SourceNat);

        using (Nftables.NewRule(batch, table, "guard"))
        {
            Nftables.InterfaceIs(batch, Nftables.MetaIifName, Nftables.CmpEqual, configuration.Bridge);
            Nftables.FamilyIs(batch, Libc.AF_INET);
            Nftables.Payload(batch, Nftables.R0, Nftables.PayloadNetwork, 16, 1);
            Nftables.Compare(batch, Nftables.R0, Nftables.CmpEqual, [127]);
            Nftables.Drop(batch);
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
        var prefix = subnet.BaseAddress.GetAddressBytes();
        var mask = new byte[prefix.Length];
        for (var bit = 0; bit < subnet.PrefixLength; bit++)
        {
            mask[bit / 8] |= (byte)(0x80 >> (bit % 8));
        }

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
            Nftables.ConnectionStatus(batch, Nftables.R0);
            Nftables.Mask(batch, Nftables.R0, BitConverter.GetBytes(0x20));
            Nftables.Compare(batch, Nftables.R0, Nftables.CmpNotEqual, BitConverter.GetBytes(0));
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
            Nftables.Payload(batch, Nftables.R0, Nftables.PayloadNetwork, sourceOffset, (uint)value.Length);
            Nftables.Mask(batch, Nftables.R0, valueMask);
            Nftables.Compare(batch, Nftables.R0, Nftables.CmpEqual, value);
        }
    }

    private KernelException? TryChange(Lease lease, bool add)
    {
        batch.Clear();
        Nftables.BeginBatch(batch);
        PutElements(lease, add);
        Nftables.EndBatch(batch);
        return batch.Count == 2 ? null : netfilter.TryExecute(batch);
    }

    private void PutElements(Lease lease, bool add)
    {
        foreach (var mapping in lease.Ports)
        {
            PutElement(lease, mapping, Libc.AF_INET, add);
            PutElement(lease, mapping, Libc.AF_INET6, add);
        }
    }

    private void PutElement(Lease lease, PortMapping mapping, int family, bool add)
    {
        var isIPv4 = family == Libc.AF_INET;
        var target = isIPv4 ? lease.IPv4 : lease.IPv6;
        if (target is null || !(isIPv4 ? mapping.IsIPv4 : mapping.IsIPv6))
        {
            return;
        }

        // A part of a concatenation takes whole registers of four bytes.
        Span<byte> key = stackalloc byte[24];
        key.Clear();
        var length = 0;
        if (!mapping.IsAnyAddress)
        {
            mapping.HostAddress!.TryWriteBytes(key, out length);
        }

        key[length] = (byte)mapping.Protocol;
        BinaryPrimitives.WriteUInt16BigEndian(key[(length + 4)..], (ushort)mapping.HostPort);

        Span<byte> data = stackalloc byte[20];
        data.Clear();
        target.TryWriteBytes(data, out var addressLength);
        BinaryPrimitives.WriteUInt16BigEndian(data[addressLength..], (ushort)mapping.PodPort);

        var map = (isIPv4, mapping.IsAnyAddress) switch
        {
            (true, true) => Ports4,
            (true, false) => Hosts4,
            (false, true) => Ports6,
            (false, false) => Hosts6,
        };
        Nftables.Element(batch, add, configuration.Table, map, key[..(length + 8)], data[..(addressLength + 4)], $"{map} {mapping.HostPort}/{mapping.ProtocolName}");
    }
}
