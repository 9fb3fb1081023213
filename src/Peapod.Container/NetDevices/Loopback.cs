using Peapod.Kernel;
using Peapod.Kernel.Interop;
using Peapod.Kernel.Namespaces;
using Peapod.Kernel.Netlink;

namespace Peapod.Container.NetDevices;

/// <summary>lo of a network namespace that has nothing else yet, which init sets up in one that a container makes.</summary>
internal static class Loopback
{
    private const ushort RTM_NEWLINK = 16;
    private const uint IFF_UP = 1;

    /// <summary>Always the first link of its namespace.</summary>
    private const int Index = 1;

    internal static void SetUp(SafeFd process)
    {
        using var entered = ThreadNamespace.Enter(process, "net", Libc.CLONE_NEWNET);
        using var socket = NetlinkSocket.Open(Libc.NETLINK_ROUTE);
        var batch = new NetlinkBatch();
        batch.Begin(RTM_NEWLINK, 0, "RTM_NEWLINK", "lo");
        batch.Put(new IfInfoMsg { Index = Index, Flags = IFF_UP, Change = IFF_UP });
        socket.Execute(batch);
    }
}
