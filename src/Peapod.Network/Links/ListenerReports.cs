using System.Text;
using Peapod.Kernel;
using Peapod.Kernel.Netlink;
using Peapod.Network.Ports;

namespace Peapod.Network.Links;

/// <summary>
/// Has what pods report of the multicasts they listen to (MLDv2, RFC 3810) go to the host alone. The bridge would give each report to every
/// port, four for each pod that starts, and the reports would be most of what the start of a pod among hundreds costs.
/// <code>
/// table bridge peapod {
///   chain reports { type filter hook prerouting priority -300; iifname "pp*" icmpv6 type mld2-listener-report ether daddr set BRIDGE }
/// }
/// </code>
/// </summary>
internal sealed class ListenerReports(NetworkConfiguration configuration, NetlinkSocket netfilter)
{
    private const string Chain = "reports";
    private const int BeforeAllOthers = -300;
    private const byte Icmpv6 = 58;
    private const byte Mld2Report = 143;

    private readonly NetlinkBatch batch = new();

    /// <summary>Makes the table, anew if there is one. Without support for it in the kernel everything goes as well, with more packets.</summary>
    internal void Direct()
    {
        batch.Clear();
        Nftables.BeginBatch(batch);
        NewTable();
        Delete();
        NewTable();
        Nftables.NewChain(batch, configuration.Table, Chain, "filter", Nftables.NF_INET_PRE_ROUTING, BeforeAllOthers, Nftables.NFPROTO_BRIDGE);
        using (Nftables.NewRule(batch, configuration.Table, Chain, Nftables.NFPROTO_BRIDGE))
        {
            Nftables.Meta(batch, Nftables.MetaIifName, Nftables.R0);
            Nftables.Compare(batch, Nftables.R0, Nftables.CmpEqual, Encoding.UTF8.GetBytes(VethPair.HostPrefix));
            Nftables.Meta(batch, Nftables.MetaEtherType, Nftables.R0);
            Nftables.Compare(batch, Nftables.R0, Nftables.CmpEqual, [0x86, 0xdd]);
            Nftables.Meta(batch, Nftables.MetaProtocol, Nftables.R0);
            Nftables.Compare(batch, Nftables.R0, Nftables.CmpEqual, [Icmpv6]);
            Nftables.Payload(batch, Nftables.R0, Nftables.PayloadTransport, 0, 1);
            Nftables.Compare(batch, Nftables.R0, Nftables.CmpEqual, [Mld2Report]);
            Nftables.Load(batch, Nftables.R0, VethPair.HardwareAddress(configuration.IPv4Gateway));
            Nftables.WritePayload(batch, Nftables.R0, Nftables.PayloadLink, 0, 6);
        }

        Nftables.EndBatch(batch);
        if (netfilter.TryExecute(batch) is { Error: not (Errno.EOPNOTSUPP or Errno.EAFNOSUPPORT or Errno.ENOENT) } error)
        {
            throw error;
        }
    }

    /// <summary>Removes the table; nothing there is no error.</summary>
    internal void Remove()
    {
        batch.Clear();
        Nftables.BeginBatch(batch);
        Delete();
        Nftables.EndBatch(batch);
        if (netfilter.TryExecute(batch) is { Error: not (Errno.EOPNOTSUPP or Errno.EAFNOSUPPORT or Errno.ENOENT) } error)
        {
            throw error;
        }
    }

    private void NewTable()
    {
        Nftables.Begin(batch, Nftables.NFT_MSG_NEWTABLE, NetlinkFlags.Create, "NFT_MSG_NEWTABLE", configuration.Table, Nftables.NFPROTO_BRIDGE);
        batch.Put(1, configuration.Table);
    }

    private void Delete()
    {
        Nftables.Begin(batch, Nftables.NFT_MSG_DELTABLE, 0, "NFT_MSG_DELTABLE", configuration.Table, Nftables.NFPROTO_BRIDGE);
        batch.Put(1, configuration.Table);
    }
}
