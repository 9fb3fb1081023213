using Peapod.Kernel;
using Peapod.Kernel.Netlink;
using Peapod.Network.Forwarding;

namespace Peapod.Network.Ports;

/// <summary>The network's two nftables tables, of one name. They are made, changed and removed together, each time by one transaction: all of it or nothing.</summary>
internal sealed class PodTables
{
    private readonly NetworkConfiguration configuration;
    private readonly NetlinkSocket netfilter;
    private readonly NetlinkBatch batch = new();
    private readonly PortTable ports;
    private readonly BridgeTable bridge;

    internal PodTables(NetworkConfiguration configuration, NetlinkSocket netfilter)
    {
        this.configuration = configuration;
        this.netfilter = netfilter;
        ports = new PortTable(configuration, batch);
        bridge = new BridgeTable(configuration, batch);
    }

    /// <summary>
    /// Makes the tables unless they are there as they should be, with the elements of <paramref name="leases"/>:
    /// whoever flushed the host's rules did not mean to cut off running pods.
    /// </summary>
    internal void Ensure(RoutedUplinks uplinks, Func<IEnumerable<Lease>> leases)
    {
        var found = FindComments();
        if (found.Ports != Comment(uplinks) || found.Bridge != Comment(uplinks))
        {
            Make(uplinks, leases, found.Ports is not null, found.Bridge is not null);
        }
    }

    /// <summary>Makes the tables anew, if there are any, with the elements of <paramref name="leases"/> and no others, in one step: no packet misses them.</summary>
    internal void MakeAnew(RoutedUplinks uplinks, Func<IEnumerable<Lease>> leases)
    {
        var found = FindComments();
        if (found.Ports is not null || found.Bridge is not null)
        {
            Make(uplinks, leases, found.Ports is not null, found.Bridge is not null);
        }
    }

    /// <summary>What the tables are made for, shown by nft as their comment: tables that say otherwise are made anew.</summary>
    private string Comment(RoutedUplinks uplinks) =>
        $"peapod 2: {configuration.Bridge} {configuration.IPv4Subnet} {configuration.IPv6Subnet?.ToString() ?? "-"}{uplinks}";

    private void Make(RoutedUplinks uplinks, Func<IEnumerable<Lease>> leases, bool replacesPorts, bool replacesBridge)
    {
        var comment = Comment(uplinks);
        batch.Clear();
        Nftables.BeginBatch(batch);
        PutDeletion(replacesPorts, replacesBridge);
        ports.Put(comment, uplinks);
        bridge.Put(comment);
        foreach (var lease in leases())
        {
            PutElements(Elements(lease), add: true);
        }

        Nftables.EndBatch(batch);
        if (netfilter.TryExecute(batch) is { } error)
        {
            throw error.Error is Errno.EOPNOTSUPP or Errno.EAFNOSUPPORT or Errno.ENOENT
                ? new NetworkException("network: this kernel lacks a part of nf_tables that keeps pods from taking each other's addresses: CONFIG_NF_TABLES_BRIDGE, NFT_CT, NFT_FIB_INET, NFT_NAT and NFT_MASQ are needed", error)
                : error;
        }
    }

    /// <summary>Adds the elements of a lease, all or none.</summary>
    internal void Add(Lease lease)
    {
        if (TryChange(Elements(lease), add: true) is not { } error)
        {
            return;
        }

        if (error.Error != Errno.EEXIST)
        {
            throw error;
        }

        // The leases say that the port is this pod's, so the element is one that somebody was killed over.
        Remove(lease);
        if (TryChange(Elements(lease), add: true) is { } second)
        {
            throw second;
        }
    }

    /// <summary>Removes the elements of a lease; those that are not there are no error.</summary>
    internal void Remove(Lease lease)
    {
        if (TryChange(Elements(lease), add: false) is not { } error)
        {
            return;
        }

        if (error.Error != Errno.ENOENT)
        {
            throw error;
        }

        // One at least was missing, and so none was removed: one by one.
        foreach (var element in Elements(lease))
        {
            if (TryChange([element], add: false) is { Error: not Errno.ENOENT } failure)
            {
                throw failure;
            }
        }
    }

    /// <summary>Removes the tables; nothing there is no error.</summary>
    internal void RemoveTables()
    {
        var (foundPorts, foundBridge) = FindComments();
        if (foundPorts is null && foundBridge is null)
        {
            return;
        }

        batch.Clear();
        Nftables.BeginBatch(batch);
        PutDeletion(foundPorts is not null, foundBridge is not null);
        Nftables.EndBatch(batch);
        netfilter.Execute(batch);
    }

    private (string? Ports, string? Bridge) FindComments()
    {
        batch.Clear();
        Nftables.GetTable(batch, configuration.Table);
        Nftables.GetTable(batch, configuration.Table, Nftables.NFPROTO_BRIDGE);
        var comments = new string?[2];
        var error = netfilter.TryExecute(batch, (request, _, message) => comments[request] = Nftables.ReadComment(message));
        return error is null or { Error: Errno.ENOENT or Errno.EOPNOTSUPP or Errno.EAFNOSUPPORT } ? (comments[0], comments[1]) : throw error;
    }

    private void PutDeletion(bool portsToo, bool bridgeToo)
    {
        if (portsToo)
        {
            Nftables.DeleteTable(batch, configuration.Table);
        }

        if (bridgeToo)
        {
            Nftables.DeleteTable(batch, configuration.Table, Nftables.NFPROTO_BRIDGE);
        }
    }

    private static IEnumerable<SetElement> Elements(Lease lease) => BridgeTable.Elements(lease).Concat(PortTable.Elements(lease));

    private KernelException? TryChange(IEnumerable<SetElement> elements, bool add)
    {
        batch.Clear();
        Nftables.BeginBatch(batch);
        PutElements(elements, add);
        Nftables.EndBatch(batch);
        return netfilter.TryExecute(batch);
    }

    /// <summary>Neighbours of one set share a message.</summary>
    private void PutElements(IEnumerable<SetElement> elements, bool add)
    {
        List<SetElement> together = [];
        foreach (var element in elements)
        {
            if (together.Count == Nftables.ElementsPerMessage || (together.Count > 0 && (together[0].Set != element.Set || together[0].Family != element.Family)))
            {
                PutMessage(together, add);
            }

            together.Add(element);
        }

        PutMessage(together, add);
    }

    private void PutMessage(List<SetElement> elements, bool add)
    {
        if (elements.Count == 0)
        {
            return;
        }

        // A port that is taken must be noticed. Who may send what is said again without harm.
        var first = elements[0];
        using (Nftables.Elements(batch, add, configuration.Table, first.Set, first.Subject, first.Family, exclusive: first.Data.Length > 0))
        {
            foreach (var element in elements)
            {
                Nftables.Element(batch, element.Key, add ? element.Data : []);
            }
        }

        elements.Clear();
    }
}
