using System.Buffers.Binary;
using System.Net;
using Peapod.Kernel;
using Peapod.Kernel.Interop;
using Peapod.Kernel.Netlink;
using Peapod.Network.Links;

namespace Peapod.Network.Ports;

/// <summary>
/// Makes the kernel's connection tracking forget what it knows of host ports that come or go. Addresses are translated when a connection begins,
/// and for a protocol without connections one lasts as long as somebody sends: without this, a client that goes on would never reach
/// the pod that has the port now. By ctnetlink, linux/netfilter/nfnetlink_conntrack.h.
/// </summary>
internal sealed class Connections(NetlinkSocket netfilter, NetlinkSocket route)
{
    private const ushort Subsystem = 1 << 8;
    private const ushort IPCTNL_MSG_CT_GET = Subsystem | 1;
    private const ushort IPCTNL_MSG_CT_DELETE = Subsystem | 2;
    private const ushort CTA_TUPLE_ORIG = 1;
    private const ushort CTA_TUPLE_REPLY = 2;
    private const ushort CTA_ID = 12;
    private const ushort CTA_ZONE = 18;
    private const ushort CTA_FILTER = 25;
    private const uint FilterSource = 1;
    private const uint FilterProtocol = 8;
    private const uint FilterDestinationPort = 32;
    private const int DeletionsPerMessage = 500;

    private readonly NetlinkBatch batch = new();

    /// <summary>After a pod's ports have come: what goes to one of them and is not translated to the pod, or to a pod that is gone.</summary>
    internal void ForgetUntranslated(Lease lease)
    {
        // A connection of TCP begins and ends by itself, and another one from the same port is seen to be another.
        var ports = lease.Ports.Where(port => port.Protocol != PortProtocol.Tcp).ToLookup(port => (port.Protocol, port.HostPort));
        foreach (var protocol in ports.Select(port => port.Key.Protocol).Distinct())
        {
            var single = ports.Count(port => port.Key.Protocol == protocol) == 1 ? ports.First(port => port.Key.Protocol == protocol).Key.HostPort : 0;
            foreach (var family in new[] { Libc.AF_INET, Libc.AF_INET6 })
            {
                var isLocal = new Dictionary<IPAddress, bool>();
                Delete(List(family, () => PutProtocolFilter(protocol, single), entry =>
                    ports[(entry.Protocol, entry.Port)].Any(port => port.IsAnyAddress ? (family == Libc.AF_INET ? port.IsIPv4 : port.IsIPv6) : port.HostAddress!.Equals(entry.Destination))
                        && !entry.Answerer.Equals(family == Libc.AF_INET ? lease.IPv4 : lease.IPv6)), entry => IsLocal(isLocal, family, entry.Destination));
            }
        }
    }

    /// <summary>After a pod's ports have gone: what they led to it.</summary>
    internal void ForgetTranslated(Lease lease)
    {
        // The kernel looks through all it knows, tens of milliseconds: pods whose ports are all TCP's do without.
        if (lease.Ports.All(port => port.Protocol == PortProtocol.Tcp))
        {
            return;
        }

        foreach (var target in new[] { lease.IPv4, lease.IPv6 })
        {
            if (target is not null)
            {
                var family = target.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork ? Libc.AF_INET : Libc.AF_INET6;
                Delete(List(family, () => PutAnswererFilter(target), entry => entry.Protocol != PortProtocol.Tcp && entry.Answerer.Equals(target) && !entry.Destination.Equals(target)), _ => true);
            }
        }
    }

    private List<Entry> List(int family, Action putFilter, Func<Entry, bool> isWanted)
    {
        batch.Clear();
        Begin(IPCTNL_MSG_CT_GET, NetlinkFlags.Dump, family, "IPCTNL_MSG_CT_GET");

        // Kernels before 5.8 tell of everything and take no notice of this.
        putFilter();
        var entries = new List<Entry>();
        netfilter.Execute(batch, (_, _, message) =>
        {
            if (Read(message) is { } entry && isWanted(entry))
            {
                entries.Add(entry);
            }
        });
        return entries;
    }

    private void PutProtocolFilter(PortProtocol protocol, int port)
    {
        using (batch.Nested(CTA_TUPLE_ORIG))
        using (batch.Nested(2))
        {
            batch.Put(1, (byte)protocol);
            if (port != 0)
            {
                batch.Put(3, [(byte)(port >> 8), (byte)port]);
            }
        }

        using var filter = batch.Nested(CTA_FILTER);
        batch.Put(1, FilterProtocol | (port != 0 ? FilterDestinationPort : 0));
        batch.Put(2, 0U);
    }

    private void PutAnswererFilter(IPAddress answerer)
    {
        using (batch.Nested(CTA_TUPLE_REPLY))
        using (batch.Nested(1))
        {
            var address = answerer.GetAddressBytes();
            batch.Put((ushort)(address.Length == 4 ? 1 : 3), address);
        }

        using var filter = batch.Nested(CTA_FILTER);
        batch.Put(1, 0U);
        batch.Put(2, FilterSource);
    }

    private void Delete(List<Entry> entries, Func<Entry, bool> isWanted)
    {
        foreach (var some in entries.Where(isWanted).Chunk(DeletionsPerMessage))
        {
            batch.Clear();
            foreach (var entry in some)
            {
                Begin(IPCTNL_MSG_CT_DELETE, 0, entry.Family, "IPCTNL_MSG_CT_DELETE");
                batch.Put(CTA_TUPLE_ORIG | 0x8000, entry.Original);
                batch.Put(CTA_ID, entry.Id);
                if (entry.Zone.Length > 0)
                {
                    batch.Put(CTA_ZONE, entry.Zone);
                }
            }

            // One that ended meanwhile, or began again as another.
            if (netfilter.TryExecute(batch) is { Error: not Errno.ENOENT } error)
            {
                throw error;
            }
        }
    }

    private void Begin(ushort message, ushort flags, int family, string operation)
    {
        batch.Begin(message, flags, operation);
        batch.Put(BitConverter.IsLittleEndian ? (uint)family : (uint)family << 24); // struct nfgenmsg: family, version and resource, in bytes
    }

    /// <summary>Whether an address is this host's own: others' ports of the same number are nothing to do with ours.</summary>
    private bool IsLocal(Dictionary<IPAddress, bool> known, int family, IPAddress address)
    {
        if (!known.TryGetValue(address, out var isLocal))
        {
            batch.Clear();
            Rtnetlink.GetRoute(batch, family, address);
            var error = route.TryExecute(batch, (_, _, message) => isLocal = Rtnetlink.IsLocalRoute(message));
            isLocal &= error is null;
            known.Add(address, isLocal);
        }

        return isLocal;
    }

    private static Entry? Read(ReadOnlySpan<byte> message)
    {
        byte[] original = [], id = [], zone = [];
        IPAddress? destination = null, answerer = null;
        var protocol = 0;
        var port = 0;
        foreach (var attribute in new NetlinkAttributes(message[4..]))
        {
            switch (attribute.Type)
            {
                case CTA_TUPLE_ORIG:
                    original = attribute.Value.ToArray();
                    destination = Address(attribute.Value, source: false);
                    (protocol, port) = Protocol(attribute.Value);
                    break;
                case CTA_TUPLE_REPLY:
                    answerer = Address(attribute.Value, source: true);
                    break;
                case CTA_ID:
                    id = attribute.Value.ToArray();
                    break;
                case CTA_ZONE:
                    zone = attribute.Value.ToArray();
                    break;
            }
        }

        return destination is null || answerer is null ? null : new(message[0], (PortProtocol)protocol, port, destination, answerer, original, id, zone);
    }

    private static IPAddress? Address(ReadOnlySpan<byte> tuple, bool source)
    {
        foreach (var part in new NetlinkAttributes(tuple))
        {
            if (part.Type == 1)
            {
                foreach (var address in new NetlinkAttributes(part.Value))
                {
                    // CTA_IP_V4_SRC, _DST, V6_SRC, _DST
                    if ((address.Type & 1) == (source ? 1 : 0) && address.Value.Length is 4 or 16)
                    {
                        return new IPAddress(address.Value);
                    }
                }
            }
        }

        return null;
    }

    private static (int Protocol, int DestinationPort) Protocol(ReadOnlySpan<byte> tuple)
    {
        var protocol = 0;
        var port = 0;
        foreach (var part in new NetlinkAttributes(tuple))
        {
            if (part.Type == 2)
            {
                foreach (var field in new NetlinkAttributes(part.Value))
                {
                    protocol = field.Type == 1 && field.Value.Length > 0 ? field.Value[0] : protocol;
                    port = field.Type == 3 && field.Value.Length > 1 ? BinaryPrimitives.ReadUInt16BigEndian(field.Value) : port;
                }
            }
        }

        return (protocol, port);
    }

    /// <param name="Family">AF_INET or AF_INET6.</param>
    /// <param name="Protocol">Of the transport.</param>
    /// <param name="Port">That the client sends to.</param>
    /// <param name="Destination">That the client sends to.</param>
    /// <param name="Answerer">Whose answers belong to it: another than the destination if that was translated.</param>
    /// <param name="Original">The attribute that names it.</param>
    /// <param name="Id">Tells it from a later one of the same addresses and ports.</param>
    /// <param name="Zone">Empty for the usual one.</param>
    private sealed record Entry(byte Family, PortProtocol Protocol, int Port, IPAddress Destination, IPAddress Answerer, byte[] Original, byte[] Id, byte[] Zone);
}
