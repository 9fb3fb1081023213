using Peapod.Kernel;
using Peapod.Kernel.Interop;
using Peapod.Kernel.Netlink;

namespace Peapod.Container.Diagnosis;

/// <summary>What pods' network is made of: each is made in a network namespace that ends with its thread.</summary>
internal static class PodProbes
{
    private const string Area = "pod";
    private const ushort NFT_MSG_GETGEN = (10 << 8) | 16;
    private const ushort RTM_NEWLINK = 16;
    private const ushort IFLA_IFNAME = 3;
    private const ushort IFLA_LINKINFO = 18;
    private const ushort IFLA_INFO_KIND = 1;
    private const string Modules = "modprobe it, or run a kernel that has it.";

    internal static void Run(Findings findings)
    {
        // A thread of its own, which ends with its namespace: in a user namespace there is no way back to the one it came from.
        var thread = new Thread(() => InNetwork(findings));
        thread.Start();
        thread.Join();
        Forwarding(findings, "net.ipv4.ip_forward", "/proc/sys/net/ipv4/conf/all/forwarding");
        Forwarding(findings, "net.ipv6.conf.all.forwarding", "/proc/sys/net/ipv6/conf/all/forwarding");
    }

    private static void InNetwork(Findings findings)
    {
        string Leave() => Libc.unshare((int)Libc.CLONE_NEWNET) == 0 ? "" : throw KernelException.Last("unshare");
        if (findings.Probe(Area, "network namespace", Leave, "pods cannot be run.", "see namespace net."))
        {
            findings.Probe(Area, "bridge", () => MakeLink("bridge"), "pods cannot be run.", Modules);
            findings.Probe(Area, "veth", () => MakeLink("veth"), "pods cannot be run.", Modules);
            findings.Probe(Area, "nftables", AskNftables, "pods get neither host ports nor a way to the outside.", Modules);
        }
    }

    private static string MakeLink(string kind)
    {
        using var route = NetlinkSocket.Open(Libc.NETLINK_ROUTE);
        var batch = new NetlinkBatch();
        batch.Begin(RTM_NEWLINK, NetlinkFlags.Create | NetlinkFlags.Exclusive, "RTM_NEWLINK", kind);
        batch.Put(default(IfInfoMsg));
        batch.Put(IFLA_IFNAME, $"doctor-{kind}");
        using (batch.Nested(IFLA_LINKINFO))
        {
            batch.Put(IFLA_INFO_KIND, kind);
        }

        route.Execute(batch);
        return "";
    }

    private static string AskNftables()
    {
        using var netfilter = NetlinkSocket.Open(Libc.NETLINK_NETFILTER);
        var batch = new NetlinkBatch();
        batch.Begin(NFT_MSG_GETGEN, 0, "NFT_MSG_GETGEN");
        batch.Put(0);
        netfilter.Execute(batch);
        return "";
    }

    /// <summary>Peapod switches on what a pod needs, link by link; only where that cannot be written it is the host's affair.</summary>
    private static void Forwarding(Findings findings, string name, string file)
    {
        if (HostPaths.Sysctl(name) is not { } value)
        {
            findings.Missing(Area, name, "there is no such sysctl", "pods have no addresses of that kind.", "boot without disabling it, if they are wanted.");
        }
        else if (value == 0 && Libc.access(file, Libc.W_OK) != 0)
        {
            findings.Warn(Area, name, "is 0 and cannot be written", "pods have no way to the outside.", $"sysctl -w {name}=1 on the host.");
        }
        else
        {
            findings.Ok(Area, name, value == 0 ? "is 0: switched on for the pods' links with the first pod" : $"is {value}");
        }
    }
}
