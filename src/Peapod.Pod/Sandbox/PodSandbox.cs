using System.Net;
using Microsoft.Extensions.Logging;
using Peapod.Host;
using Peapod.Kernel.Files;
using Peapod.Kernel.Interop;
using Peapod.Network;
using Peapod.Pod.Layout;
using Peapod.Pod.Objects;
using Peapod.Shim.Sandbox;

namespace Peapod.Pod.Sandbox;

/// <summary>What the sandbox of a pod is by its manifest: the namespaces that its process holds, its place in the network, and the files that tell of it.</summary>
internal static class PodSandbox
{
    /// <summary>Makes it. A failure leaves no process; the teardown finds what else there is.</summary>
    /// <returns>The pod's addresses, the first one for IPv4.</returns>
    /// <exception cref="PodException">The manifest asks for what this host or its administrator does not give.</exception>
    internal static IReadOnlyList<IPAddress> Make(ShimSandbox sandbox, PodManifest pod, PodFolders folders, ILogger log)
    {
        var ids = pod.Spec.HostUsers == false ? IdRange.Take(folders.Owner, folders.IdRange) : null;
        IReadOnlyList<IPAddress> addresses = [];
        sandbox.Make(SandboxSpec.Create(pod, PodCgroup.Of(pod, folders), ids, AllowedSysctls.Read(folders)), ids?.First ?? 0, pid =>
        {
            PodCgroup.Apply(pod, folders);
            addresses = pod.Spec.HostNetwork ? HostAddress.Find() : Attach(pod, folders, pid, log);
            PodFiles.Write(pod, folders, addresses);
        });
        return addresses;
    }

    private static IReadOnlyList<IPAddress> Attach(PodManifest pod, PodFolders folders, int pid, ILogger log)
    {
        using var network = new PodNetwork(folders.Host.ReadNetwork(), log);
        using var ns = FileSystem.Open($"/proc/{pid}/ns/net", Libc.O_RDONLY);
        var addresses = network.Attach(folders.Owner, ns, Ports(pod));
        return addresses.IPv6 is { } ipv6 ? [addresses.IPv4, ipv6] : [addresses.IPv4];
    }

    /// <summary>Looks whether this host has the pod's host ports for it now.</summary>
    /// <exception cref="NetworkException">One is taken.</exception>
    internal static void CheckPorts(PodManifest pod, PodHost host)
    {
        if (!pod.Spec.HostNetwork)
        {
            using var network = new PodNetwork(host.ReadNetwork());
            network.CheckPorts(Ports(pod));
        }
    }

    /// <summary>The host ports that the pod asks for.</summary>
    internal static List<PortMapping> Ports(PodManifest pod)
    {
        var ports = new List<PortMapping>();
        foreach (var container in (IEnumerable<ContainerSpec>)[.. pod.Spec.InitContainers, .. pod.Spec.Containers])
        {
            foreach (var port in container.Ports)
            {
                if (port.HostPort is { } hostPort)
                {
                    var protocol = port.Protocol switch { Objects.PortProtocol.Udp => Network.PortProtocol.Udp, Objects.PortProtocol.Sctp => Network.PortProtocol.Sctp, _ => Network.PortProtocol.Tcp };
                    var address = string.IsNullOrEmpty(port.HostIP) ? null : IPAddress.Parse(port.HostIP);
                    ports.Add(new PortMapping(protocol, hostPort, port.Number, address));
                }
            }
        }

        return ports;
    }
}
