using System.Globalization;
using System.Net;
using Microsoft.Extensions.Logging;
using Peapod.Container.Lifecycle;
using Peapod.Container.State;
using Peapod.Host;
using Peapod.Kernel.Files;
using Peapod.Kernel.Interop;
using Peapod.Kernel.Mounts;
using Peapod.Kernel.Processes;
using Peapod.Network;
using Peapod.Pod.Layout;
using Peapod.Pod.Objects;

namespace Peapod.Pod.Sandbox;

/// <summary>The sandbox of a pod: a process that holds its namespaces, its place in the network, and the files that tell of it.</summary>
/// <param name="Pid">Its number on the host.</param>
/// <param name="Process">Its process, a child of ours.</param>
/// <param name="Addresses">The pod's addresses, the first one for IPv4.</param>
internal sealed record PodSandbox(int Pid, PidFd Process, IReadOnlyList<IPAddress> Addresses)
{
    /// <summary>Makes it. A failure leaves no process; the teardown finds what else there is.</summary>
    /// <exception cref="PodException">The manifest asks for what this host or its administrator does not give.</exception>
    internal static PodSandbox Make(PodManifest pod, PodFolders folders, ILogger log)
    {
        var ids = pod.Spec.HostUsers == false ? IdRange.Take(folders.Owner, folders.IdRange) : null;
        var spec = SandboxSpec.Create(pod, PodCgroup.Of(pod, folders), ids, AllowedSysctls.Read(folders));
        var (pid, process) = Start(spec, folders, ids?.First ?? 0);
        try
        {
            PodCgroup.Apply(pod, folders);
            var addresses = pod.Spec.HostNetwork ? HostAddress.Find() : Attach(pod, folders, pid, log);
            PodFiles.Write(pod, folders, addresses);
            return new PodSandbox(pid, process, addresses);
        }
        catch
        {
            process.Signal(Signals.SIGKILL);
            process.Wait();
            process.Dispose();
            throw;
        }
    }

    private static (int Pid, PidFd Process) Start(Oci.Spec spec, PodFolders folders, uint root)
    {
        var owner = root.ToString(CultureInfo.InvariantCulture);
        using var place = DetachedMount.Create(
            "tmpfs", "sandbox", [new("size", "4k"), new("mode", "555"), new("uid", owner), new("gid", owner)], Libc.MOUNT_ATTR_NOSUID | Libc.MOUNT_ATTR_NODEV | Libc.MOUNT_ATTR_NOEXEC);
        using var nothing = FileSystem.Open("/dev/null", Libc.O_RDWR);
        var (container, process) = Container.Lifecycle.Container.Create(new ContainerStore(folders.Containers, folders.Filters), new CreateRequest
        {
            Id = SandboxSpec.Id,
            Spec = spec,
            SpecJson = spec.ToJson(),
            Bundle = folders.Run,
            RootMount = place,
            Pauses = true,
            NoNewKeyring = true,
            Streams = new(nothing, nothing, nothing),
        });
        return (container.Record.Pid, process.Process);
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
