using System.Net;
using Peapod.Kernel;
using Peapod.Kernel.Interop;
using Peapod.Kernel.Netlink;
using Peapod.Network.Forwarding;

namespace Peapod.Network.Links;

/// <summary>The host's bridge that all pods are on, with the gateways' addresses.</summary>
internal sealed class Bridge(NetworkConfiguration configuration, NetlinkSocket route, ForwardingSettings forwarding)
{
    private readonly NetlinkBatch batch = new();

    /// <summary>
    /// Makes the bridge unless it is there. It is brought up last of all, so one that is down is one that somebody was killed in making,
    /// and is done again.
    /// </summary>
    internal LinkStatus Ensure()
    {
        // Each time: a host's way to the outside may come after its first pod, or change.
        var (uplinkIPv4, uplinkIPv6) = FindUplinks();
        forwarding.EnableUplinks(uplinkIPv4?.Name, uplinkIPv6?.Name);

        var status = Find();
        if (status is { IsUp: true })
        {
            return status;
        }

        var made = status is null;
        try
        {
            if (made)
            {
                Create();
                status = Find()!;
            }

            Configure(status!, (uplinkIPv4 ?? uplinkIPv6)?.Mtu ?? 1500);
            return Find()!;
        }
        catch when (made)
        {
            Remove();
            throw;
        }
    }

    /// <summary>The bridge, or null; a link of its name and of another kind is an error.</summary>
    internal LinkStatus? Find()
    {
        var status = FindLink(configuration.Bridge);
        return status is null or { Kind: "bridge" }
            ? status
            : throw new NetworkException($"network: the link {configuration.Bridge} exists and is not a bridge but {status.Kind ?? "a device"}; configure another bridge name");
    }

    /// <summary>
    /// Removes the bridge; nothing there is no error. Takes tens of milliseconds: the kernel waits for all CPUs. Ends of pods that are still
    /// plugged in are let go and end with their namespaces; removing each would take as long again.
    /// </summary>
    internal void Remove()
    {
        if (Find() is null)
        {
            return;
        }

        batch.Clear();
        Rtnetlink.DeleteLink(batch, configuration.Bridge);
        if (route.TryExecute(batch) is { Error: not Errno.ENODEV } error)
        {
            throw error;
        }
    }

    /// <summary>A link of the host, or null.</summary>
    private LinkStatus? FindLink(string name)
    {
        batch.Clear();
        Rtnetlink.GetLink(batch, name);
        return QueryLink();
    }

    private LinkStatus? QueryLink()
    {
        LinkStatus? status = null;
        var error = route.TryExecute(batch, (_, _, message) => status = Rtnetlink.ReadLink(message));
        return error is null or { Error: Errno.ENODEV } ? status : throw error;
    }

    private void Create()
    {
        batch.Clear();
        batch.Begin(Rtnetlink.RTM_NEWLINK, NetlinkFlags.Create | NetlinkFlags.Exclusive, "RTM_NEWLINK", configuration.Bridge);
        batch.Put(default(IfInfoMsg));
        batch.Put(Rtnetlink.IFLA_IFNAME, configuration.Bridge);

        // A hardware address of its own: otherwise it is the lowest of its ports', and changes as pods come and go.
        batch.Put(Rtnetlink.IFLA_ADDRESS, VethPair.HardwareAddress(configuration.IPv4Gateway));
        using (batch.Nested(Rtnetlink.IFLA_LINKINFO))
        {
            batch.Put(Rtnetlink.IFLA_INFO_KIND, "bridge");
            using (batch.Nested(Rtnetlink.IFLA_INFO_DATA))
            {
                batch.Put(Rtnetlink.IFLA_BR_STP_STATE, 0);

                // Without a querier on the link, snooping only costs: all multicast is flooded either way.
                batch.Put(Rtnetlink.IFLA_BR_MCAST_SNOOPING, (byte)0);
            }
        }

        route.Execute(batch);
    }

    private void Configure(LinkStatus status, uint uplinkMtu)
    {
        forwarding.EnableBridge();

        batch.Clear();

        // Set by a message of its own: only then does the bridge keep it whatever its ports have.
        batch.Begin(Rtnetlink.RTM_NEWLINK, 0, "RTM_NEWLINK", configuration.Bridge);
        batch.Put(new IfInfoMsg { Index = status.Index });
        batch.Put(Rtnetlink.IFLA_MTU, configuration.Mtu ?? (int)Math.Clamp(uplinkMtu, 1280, 65535));
        Rtnetlink.AddAddress(batch, status.Index, configuration.IPv4Gateway, Broadcast(configuration), configuration.IPv4Subnet.PrefixLength);
        if (configuration.IPv6Gateway is { } gateway)
        {
            Rtnetlink.AddAddress(batch, status.Index, gateway, null, 64);
        }

        route.Execute(batch);
        batch.Clear();
        Rtnetlink.SetUp(batch, configuration.Bridge);
        route.Execute(batch);
    }

    /// <summary>The last address of the IPv4 subnet.</summary>
    internal static IPAddress Broadcast(NetworkConfiguration configuration) => configuration.IPv4Address(configuration.LastPod + 1);

    /// <summary>The links of the default routes, asked for with the addresses that are reserved for documentation and so are nobody's.</summary>
    private (LinkStatus? IPv4, LinkStatus? IPv6) FindUplinks() =>
        (FindUplink(Libc.AF_INET, new IPAddress([192, 0, 2, 1])),
        configuration.IPv6Subnet is null ? null : FindUplink(Libc.AF_INET6, new IPAddress([0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1])));

    private LinkStatus? FindUplink(int family, IPAddress destination)
    {
        batch.Clear();
        Rtnetlink.GetRoute(batch, family, destination);
        var index = 0;
        if (route.TryExecute(batch, (_, _, message) => index = Rtnetlink.ReadRouteLink(message)) is not null || index <= 1)
        {
            return null; // no default route, or one that leads nowhere (lo is always link 1)
        }

        batch.Clear();
        Rtnetlink.GetLink(batch, index);
        return QueryLink();
    }
}
