using System.Buffers.Binary;
using System.Net;
using Peapod.Kernel;
using Peapod.Kernel.Interop;

namespace Peapod.Network.Ports;

/// <summary>The ports that the host's own processes listen on: a mapping would take their connections away without a word.</summary>
internal static unsafe class HostPorts
{
    private const int SO_REUSEADDR = 2;
    private const int IPPROTO_IPV6 = 41;
    private const int IPV6_V6ONLY = 26;

    /// <exception cref="NetworkException">Nothing could ever come to one of the ports.</exception>
    internal static void RefuseImpossible(IReadOnlyList<PortMapping> mappings, bool hasIPv6)
    {
        foreach (var mapping in mappings)
        {
            var reason = mapping.HostAddress is null ? null
                : PortMapping.WhyNot(mapping.HostAddress)
                ?? (mapping.IsIPv6 && !hasIPv6 ? "the pods' network has no IPv6" : null);
            if (reason is not null)
            {
                throw new NetworkException($"hostPort {mapping.HostPort}/{mapping.ProtocolName} on {mapping.HostAddress}: {reason}");
            }
        }
    }

    /// <exception cref="NetworkException">A process of the host listens on one of the ports.</exception>
    internal static void RefuseListening(IReadOnlyList<PortMapping> mappings)
    {
        foreach (var mapping in mappings)
        {
            // SCTP may not be in the kernel, and asking for its socket would load it.
            if (mapping.Protocol == PortProtocol.Sctp || mapping.HostPort is < 1 or > 65535)
            {
                continue;
            }

            if ((mapping.IsIPv4 && IsInUse(mapping, Libc.AF_INET)) || (mapping.IsIPv6 && IsInUse(mapping, Libc.AF_INET6)))
            {
                throw new NetworkException($"hostPort {mapping.HostPort}/{mapping.ProtocolName} is in use by a process of this host");
            }
        }
    }

    private static bool IsInUse(PortMapping mapping, int family)
    {
        var isTcp = mapping.Protocol == PortProtocol.Tcp;
        var fd = Libc.socket(family, (isTcp ? Libc.SOCK_STREAM : Libc.SOCK_DGRAM) | Libc.SOCK_CLOEXEC, 0);
        if (fd < 0)
        {
            return false; // no such family on this host
        }

        using var socket = new SafeFd(fd);
        var on = 1;
        if (isTcp)
        {
            // Connections that are closing do not count, listeners do.
            Libc.setsockopt(fd, Libc.SOL_SOCKET, SO_REUSEADDR, &on, sizeof(int));
        }

        if (family == Libc.AF_INET6)
        {
            Libc.setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(int));
        }

        // struct sockaddr_in: family, port, address. struct sockaddr_in6: family, port, flow, address, scope.
        var address = stackalloc byte[28];
        new Span<byte>(address, 28).Clear();
        *(ushort*)address = (ushort)family;
        BinaryPrimitives.WriteUInt16BigEndian(new Span<byte>(address + 2, 2), (ushort)mapping.HostPort);
        if (mapping.HostAddress is { } hostAddress && !hostAddress.Equals(IPAddress.Any))
        {
            hostAddress.TryWriteBytes(new Span<byte>(family == Libc.AF_INET ? address + 4 : address + 8, 16), out _);
        }

        return Libc.bind(fd, address, family == Libc.AF_INET ? 16u : 28u) != 0
            && KernelException.Last("bind").Error == Errno.EADDRINUSE;
    }
}
