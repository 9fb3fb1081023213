using System.Net;
using Peapod.Container.Lifecycle;
using Peapod.Container.State;
using Peapod.Kernel;
using Peapod.Kernel.Files;
using Peapod.Kernel.Interop;
using Peapod.Kernel.Processes;
using Peapod.Network;
using Peapod.Pod.Containers;
using Peapod.Pod.Objects;
using Peapod.Pod.Sandbox;

namespace Peapod.Pod.Supervision;

/// <summary>The process that holds a pod's namespaces, and the network that goes with them.</summary>
internal sealed class PodSandbox(PodContext context) : IDisposable
{
    /// <summary>Milliseconds in which a killed process must be gone.</summary>
    private const int KillTimeout = 10_000;

    private int sandboxPid;

    /// <summary>Null when there is none.</summary>
    internal PidFd? Process { get; private set; }

    /// <summary>Makes it.</summary>
    /// <returns>The pod's addresses, IPv4 first.</returns>
    internal IReadOnlyList<IPAddress> Make()
    {
        var (pod, folders) = (context.Pod, context.Folders);
        var store = new ContainerStore(folders.Containers);
        var spec = SandboxSpec.Create(pod.Spec.Hostname ?? pod.Metadata.Name, PodTeardown.CgroupOf(folders));
        using var root = Kernel.Mounts.DetachedMount.Create(
            "tmpfs", "sandbox", [new("size", "4k"), new("mode", "555")], Libc.MOUNT_ATTR_NOSUID | Libc.MOUNT_ATTR_NODEV | Libc.MOUNT_ATTR_NOEXEC);
        using var nothing = FileSystem.Open("/dev/null", Libc.O_RDWR);
        var (container, process) = Container.Lifecycle.Container.Create(store, new CreateRequest
        {
            Id = SandboxSpec.Id,
            Spec = spec,
            SpecJson = spec.ToJson(),
            Bundle = folders.Run,
            RootMount = root,
            Pauses = true,
            NoNewKeyring = true,
            Streams = new(nothing, nothing, nothing),
        });
        Process = process.Process;
        using var network = new PodNetwork(folders.Host.ReadNetwork());
        using var ns = FileSystem.Open($"/proc/{container.Record.Pid}/ns/net", Libc.O_RDONLY);
        var addresses = network.Attach(folders.Key, ns, Ports(pod));
        PodFiles.Write(pod, folders, addresses);
        Serve(container.Record.Pid);
        return addresses.IPv6 is { } ipv6 ? [addresses.IPv4, ipv6] : [addresses.IPv4];
    }

    /// <summary>Takes over the one that an earlier supervisor made.</summary>
    /// <returns>False when it is gone.</returns>
    internal bool TakeOver()
    {
        var store = new ContainerStore(context.Folders.Containers);
        if (store.TryRead(SandboxSpec.Id) is not { } record || Container.Lifecycle.Container.Open(store, SandboxSpec.Id).OpenProcess() is not { } running)
        {
            return false;
        }

        Process = running;
        Serve(record.Pid);
        return true;
    }

    /// <summary>Has the containers to come made by the manifest as it is now.</summary>
    internal void Reload()
    {
        if (Process is not null)
        {
            context.Compiler = new ContainerSpecCompiler(context.Pod, context.Folders, sandboxPid, PodTeardown.CgroupOf(context.Folders));
        }
    }

    /// <summary>Kills its process, if there is one, and reaps it.</summary>
    internal void End()
    {
        context.Compiler = null;
        Process?.Signal(Signals.SIGKILL);
        Process?.WaitForExit(KillTimeout);
        try
        {
            Process?.TryWait();
        }
        catch (KernelException e) when (e.Error == Errno.ECHILD)
        {
            // It was an earlier supervisor's child.
        }

        Process?.Dispose();
        Process = null;
    }

    public void Dispose() => Process?.Dispose();

    private void Serve(int pid)
    {
        sandboxPid = pid;
        Reload();
    }

    private static List<PortMapping> Ports(PodManifest pod)
    {
        var ports = new List<PortMapping>();
        foreach (var container in pod.Spec.InitContainers)
        {
            // Of the init containers only sidecars serve.
            if (container.RestartPolicy == RestartPolicy.Always)
            {
                Add(container);
            }
        }

        foreach (var container in pod.Spec.Containers)
        {
            Add(container);
        }

        return ports;

        void Add(ContainerSpec container)
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
    }
}
