using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Peapod.Kernel;
using Peapod.Kernel.Files;
using Peapod.Kernel.Interop;
using Peapod.Kernel.Netlink;
using Peapod.Network.Forwarding;
using Peapod.Network.Links;
using Peapod.Network.Ports;

namespace Peapod.Network;

/// <summary>
/// The pods' network on this host: attaches a pod's network namespace to the bridge, and detaches it.
/// The host is the network namespace that the thread is in at the first call. Calls take turns, in this process and among processes.
/// Disposing closes the netlink sockets; after host ports were removed the kernel takes 7 to 15 ms for that, so keep one object for a process's life
/// and let a process do it that nobody waits for.
/// </summary>
public sealed partial class PodNetwork : IDisposable
{
    private readonly NetworkConfiguration configuration;
    private readonly ILogger logger;
    private readonly AddressAllocator allocator;
    private readonly ForwardingSettings forwarding;
    private readonly Lock turn = new();
    private Kernel? kernel;

    /// <exception cref="NetworkException">The configuration is not valid.</exception>
    public PodNetwork(NetworkConfiguration configuration, ILogger? logger = null)
    {
        configuration.Validate();
        if (configuration.IPv6Subnet is not null && FileSystem.TryStat("/proc/self/net/if_inet6") is null)
        {
            configuration = configuration with { IPv6Subnet = null };
        }

        this.configuration = configuration;
        this.logger = logger ?? NullLogger.Instance;
        allocator = new AddressAllocator(configuration);
        forwarding = new ForwardingSettings(configuration, this.logger);
    }

    /// <summary>Called before each step of <see cref="Attach"/>, for tests that make it fail there.</summary>
    internal Action<AttachStep>? BeforeStep { get; set; }

    /// <summary>The leases on disk.</summary>
    public IReadOnlyList<Lease> Leases => allocator.List();

    private Kernel Sockets => kernel ??= new Kernel(configuration, forwarding);

    /// <summary>Looks whether <see cref="Attach"/> would take these host ports now, and changes nothing.</summary>
    /// <exception cref="NetworkException">It would not.</exception>
    public void CheckPorts(IReadOnlyList<PortMapping> ports)
    {
        HostPorts.RefuseImpossible(ports, configuration.IPv6Subnet is not null);
        HostPorts.RefuseListening(ports);
        allocator.RefuseTaken(ports);
    }

    /// <summary>
    /// Gives the pod its addresses, its <c>eth0</c> on the bridge, default routes, a <c>lo</c> that is up, and its host ports.
    /// Makes the bridge and the tables for the first pod. A call that fails leaves nothing of the pod behind;
    /// one that was killed is made good by <see cref="Detach"/> or by attaching again.
    /// </summary>
    /// <param name="podId">Letters, digits, '-', '_' and '.', at most 128.</param>
    /// <param name="networkNamespace">The pod's network namespace; it has no eth0 yet.</param>
    /// <param name="ports">Host ports that lead to the pod.</param>
    /// <exception cref="NetworkException">A host port is taken, no address is free, or the configuration does not fit this host.</exception>
    /// <exception cref="KernelException">The kernel refused a step.</exception>
    public PodAddresses Attach(string podId, SafeFd networkNamespace, IReadOnlyList<PortMapping> ports)
    {
        using var taken = turn.EnterScope();
        AddressAllocator.ValidatePodId(podId);
        HostPorts.RefuseImpossible(ports, configuration.IPv6Subnet is not null);
        HostPorts.RefuseListening(ports);
        Lease? lease = null;
        try
        {
            LinkStatus bridge;
            using (var held = allocator.Lock())
            {
                BeforeStep?.Invoke(AttachStep.Lease);
                lease = allocator.Allocate(held, podId, ports);

                // With the lock: nobody can find the bridge unused and remove it between the lease and its making.
                BeforeStep?.Invoke(AttachStep.Bridge);
                bridge = Sockets.Bridge.Ensure();
                BeforeStep?.Invoke(AttachStep.Table);
                Sockets.Tables.Ensure(forwarding.Routed(), () => allocator.List().Where(other => other.PodId != podId));
            }

            // Before the link, so that nothing is ever sent by a port that is not known yet.
            BeforeStep?.Invoke(AttachStep.Elements);
            Sockets.Tables.Add(lease);
            Sockets.Connections.ForgetUntranslated(lease);
            BeforeStep?.Invoke(AttachStep.Link);
            var index = Sockets.Veth.Create(bridge, lease, networkNamespace);
            BeforeStep?.Invoke(AttachStep.PodEnd);
            Sockets.Veth.ConfigurePod(lease, index, networkNamespace);
            BeforeStep?.Invoke(AttachStep.Done);
        }
        catch (Exception error) when (lease is not null && error is not AttachKilledException)
        {
            Undo(podId);
            throw;
        }

        return Addresses(lease);
    }

    /// <summary>
    /// Takes the pod's host ports and lease back. The veth pair goes with the pod's network namespace; see <see cref="RemoveLink"/>
    /// when that lives on. Nothing there, or half of it, is no error.
    /// </summary>
    public void Detach(string podId)
    {
        using var taken = turn.EnterScope();
        using var held = allocator.Lock();
        var isLost = false;
        if (allocator.TryFind(podId, out var damage) is { } lease)
        {
            Sockets.Tables.Remove(lease);
            Sockets.Connections.ForgetTranslated(lease);
        }
        else
        {
            isLost = damage is not null || allocator.HasAddress(podId);
        }

        allocator.Release(held, podId);
        if (isLost)
        {
            // Which elements were the pod's cannot be told any more; which are the others', can.
            Sockets.Tables.MakeAnew(forwarding.Routed(), allocator.List);
        }
    }

    /// <summary>Removes the pod's veth pair, for a network namespace that lives on. Takes 16 to 32 ms. Nothing there is no error.</summary>
    public void RemoveLink(string podId)
    {
        using var taken = turn.EnterScope();
        AddressAllocator.ValidatePodId(podId);
        Sockets.Veth.Remove(podId);
    }

    /// <summary>
    /// Removes the bridge and the tables and puts the host's sysctls back when no pod has a lease. Safe beside <see cref="Attach"/> in other processes.
    /// </summary>
    /// <returns>False when a pod still has a lease, and nothing was done.</returns>
    public bool RemoveAllIfUnused()
    {
        using var taken = turn.EnterScope();
        using var held = allocator.Lock();
        if (!allocator.IsEmpty())
        {
            return false;
        }

        Sockets.Tables.RemoveTables();
        Sockets.Bridge.Remove();
        forwarding.Restore();
        allocator.RemoveClaims();
        return true;
    }

    /// <summary>The addresses of an attached pod, or null.</summary>
    public PodAddresses? Find(string podId) => allocator.Find(podId) is { } lease ? Addresses(lease) : null;

    public void Dispose()
    {
        using var taken = turn.EnterScope();
        kernel?.Dispose();
        kernel = null;
    }

    private PodAddresses Addresses(Lease lease) => new(
        lease.IPv4,
        configuration.IPv4Subnet.PrefixLength,
        configuration.IPv4Gateway,
        lease.IPv6,
        configuration.IPv6Gateway,
        VethPair.HostInterface(lease.PodId));

    private void Undo(string podId)
    {
        // Each by itself: what stays because one of them failed is named, and a later Detach tries again.
        Attempt(() => RemoveLink(podId));
        Attempt(() => Detach(podId));
        Attempt(() => RemoveAllIfUnused());

        void Attempt(Action action)
        {
            try
            {
                action();
            }
            catch (Exception error) when (error is KernelException or NetworkException)
            {
                LogUndoFailed(logger, podId, error.Message);
            }
        }
    }

    [LoggerMessage(EventId = 3, Level = LogLevel.Warning, Message = "network: undoing the attachment of the pod {PodId}: {Error}")]
    private static partial void LogUndoFailed(ILogger logger, string podId, string error);

    /// <summary>The sockets, opened when first needed, and what talks over them.</summary>
    private sealed class Kernel : IDisposable
    {
        private readonly NetlinkSocket route = NetlinkSocket.Open(Libc.NETLINK_ROUTE);
        private readonly NetlinkSocket netfilter = NetlinkSocket.Open(Libc.NETLINK_NETFILTER);

        internal Kernel(NetworkConfiguration configuration, ForwardingSettings forwarding)
        {
            Bridge = new Bridge(configuration, route, forwarding);
            Veth = new VethPair(configuration, route);
            Tables = new PodTables(configuration, netfilter);
            Connections = new Connections(netfilter, route);
        }

        internal Bridge Bridge { get; }

        internal VethPair Veth { get; }

        internal PodTables Tables { get; }

        internal Connections Connections { get; }

        public void Dispose()
        {
            route.Dispose();
            netfilter.Dispose();
        }
    }
}
