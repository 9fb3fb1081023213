using System.Globalization;
using System.Runtime.InteropServices;
using Peapod.Container.Spawning;
using Peapod.Kernel;
using Peapod.Kernel.Interop;
using Peapod.Kernel.Namespaces;
using Peapod.Kernel.Netlink;

namespace Peapod.Container.NetDevices;

/// <summary>
/// One of linux.netDevices: a link of the runtime's network namespace that goes into the container's, up, and with its permanent global
/// addresses. When the container's namespace ends, the kernel gives hardware back to the initial namespace and removes
/// what is virtual; the runtime-spec forbids the runtime to fetch it (config-linux.md, "Network Devices").
/// </summary>
internal sealed class NetDevice
{
    private const ushort RTM_NEWLINK = 16, RTM_GETLINK = 18, RTM_GETADDR = 22;
    private const ushort IFLA_IFNAME = 3, IFLA_NET_NS_FD = 28;
    private const uint IFF_UP = 1;
    private const string Template = "%d";

    private readonly string name;
    private readonly string target;
    private readonly List<LinkAddress> addresses;
    private readonly int index;
    private readonly bool wasUp;

    private NetDevice(string name, string target, List<LinkAddress> addresses, int index, bool wasUp)
    {
        this.index = index;
        this.name = name;
        this.target = target;
        this.addresses = addresses;
        this.wasUp = wasUp;
    }

    /// <summary>What is to be moved, and whether it can be. Nothing is changed yet.</summary>
    /// <param name="name">In the runtime's network namespace.</param>
    /// <param name="wanted">In the container's.</param>
    /// <param name="there">The container's network namespace.</param>
    /// <param name="field">The device's field.</param>
    /// <exception cref="ContainerException">There is no such device, or the name is taken.</exception>
    internal static NetDevice Look(string name, string wanted, SafeFd there, string field)
    {
        using var here = NetlinkSocket.Open(Libc.NETLINK_ROUTE);
        var link = Find(here, name) ?? throw new ContainerException($"{Failures.Prefix(field)}there is no network device of that name");
        var target = FreeName(there, wanted)
            ?? throw new ContainerException($"{Failures.Prefix(field)}\"{wanted}\" is taken in the container's network namespace\n  give another name, or one that ends with %d for the next free number");
        return new NetDevice(name, target, AddressesOf(here, link.Index), link.Index, (link.Flags & IFF_UP) != 0);
    }

    internal void Move(SafeFd there)
    {
        using (var here = NetlinkSocket.Open(Libc.NETLINK_ROUTE))
        {
            Send(here, index, name, target, there);
        }

        using var socket = OpenIn(there);
        Restore(socket, target, isUp: true);
    }

    /// <summary>Back to where it came from, as it was there. One that has not been moved is left alone.</summary>
    internal void Return(SafeFd origin, SafeFd there)
    {
        using (var socket = OpenIn(there))
        {
            if (Find(socket, target) is not { } link)
            {
                return;
            }

            Send(socket, link.Index, target, name, origin);
        }

        using var home = OpenIn(origin);
        Restore(home, name, wasUp);
    }

    private void Restore(NetlinkSocket socket, string link, bool isUp)
    {
        var number = (Find(socket, link) ?? throw new KernelException("RTM_GETLINK", link, Errno.ENODEV)).Index;
        var batch = new NetlinkBatch();
        foreach (var address in addresses)
        {
            address.Add(batch, number, link);
        }

        if (isUp)
        {
            batch.Begin(RTM_NEWLINK, 0, "RTM_NEWLINK", link);
            batch.Put(new IfInfoMsg { Index = number, Flags = IFF_UP, Change = IFF_UP });
        }

        socket.Execute(batch);
    }

    /// <summary>Moves and renames in one request. The kernel sets a link that it moves down, and takes its addresses.</summary>
    private static void Send(NetlinkSocket from, int index, string name, string target, SafeFd to)
    {
        var batch = new NetlinkBatch();
        batch.Begin(RTM_NEWLINK, 0, "RTM_NEWLINK", name);
        batch.Put(new IfInfoMsg { Index = index, Change = IFF_UP });
        batch.Put(IFLA_NET_NS_FD, to.Number);
        batch.Put(IFLA_IFNAME, target);
        from.Execute(batch);
    }

    /// <summary>A name that nobody has there, or null: the wanted one, or of a template that ends with %d the first one free.</summary>
    private static string? FreeName(SafeFd there, string wanted)
    {
        const int mostTried = 32_768;
        using var socket = OpenIn(there);
        if (!wanted.EndsWith(Template, StringComparison.Ordinal))
        {
            return Find(socket, wanted) is null ? wanted : null;
        }

        for (var i = 0; i < mostTried; i++)
        {
            var name = wanted[..^Template.Length] + i.ToString(CultureInfo.InvariantCulture);
            if (Find(socket, name) is null)
            {
                return name;
            }
        }

        return null;
    }

    private static IfInfoMsg? Find(NetlinkSocket socket, string name)
    {
        IfInfoMsg? found = null;
        var batch = new NetlinkBatch();
        batch.Begin(RTM_GETLINK, 0, "RTM_GETLINK", name);
        batch.Put(default(IfInfoMsg));
        batch.Put(IFLA_IFNAME, name);
        var error = socket.TryExecute(batch, (_, type, payload) => found = type == RTM_NEWLINK ? MemoryMarshal.Read<IfInfoMsg>(payload) : found);
        return error is null or { Error: Errno.ENODEV } ? found : throw error;
    }

    private static List<LinkAddress> AddressesOf(NetlinkSocket socket, int index)
    {
        var addresses = new List<LinkAddress>();
        var batch = new NetlinkBatch();
        batch.Begin(RTM_GETADDR, NetlinkFlags.Dump, "RTM_GETADDR");
        batch.Put(default(IfAddrMsg));
        socket.Execute(batch, (_, _, payload) =>
        {
            var address = LinkAddress.Read(payload);
            if (address.Index == index && address.GoesAlong)
            {
                addresses.Add(address);
            }
        });
        return addresses;
    }

    private static NetlinkSocket OpenIn(SafeFd space)
    {
        using var entered = ThreadNamespace.Enter(space, "net", Libc.CLONE_NEWNET);
        return NetlinkSocket.Open(Libc.NETLINK_ROUTE);
    }
}
