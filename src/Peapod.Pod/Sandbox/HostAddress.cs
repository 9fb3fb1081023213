using System.Buffers.Binary;
using System.Net;
using Peapod.Kernel;
using Peapod.Kernel.Interop;

namespace Peapod.Pod.Sandbox;

/// <summary>The host's own address, that a pod with hostNetwork has: the source of what the default route carries.</summary>
internal static class HostAddress
{
    private const ushort AnyPort = 9;

    /// <summary>The IPv4 address, and that of IPv6 if there is one; the loopback address on a host without a route.</summary>
    internal static IReadOnlyList<IPAddress> Find()
    {
        // Documentation's addresses (RFC 5737, RFC 3849): connect(2) of a datagram socket only looks for the route, nothing is sent.
        var ipv4 = SourceTo(IPAddress.Parse("192.0.2.1"), Libc.AF_INET);
        var ipv6 = SourceTo(IPAddress.Parse("2001:db8::1"), Libc.AF_INET6);
        return (ipv4, ipv6) switch
        {
            (null, null) => [IPAddress.Loopback],
            (null, { } only) => [only],
            ({ } only, null) => [only],
            ({ } first, { } second) => [first, second],
        };
    }

    private static unsafe IPAddress? SourceTo(IPAddress target, int family)
    {
        var fd = Libc.socket(family, Libc.SOCK_DGRAM | Libc.SOCK_CLOEXEC, 0);
        if (fd < 0)
        {
            return null;
        }

        using var socket = new SafeFd(fd);
        var length = family == Libc.AF_INET ? 16 : 28; // struct sockaddr_in, sockaddr_in6
        var offset = family == Libc.AF_INET ? 4 : 8;
        Span<byte> address = stackalloc byte[28];
        BitConverter.TryWriteBytes(address, (ushort)family);
        BinaryPrimitives.WriteUInt16BigEndian(address[2..], AnyPort);
        target.TryWriteBytes(address[offset..], out var size);
        fixed (byte* pointer = address)
        {
            var written = (uint)length;
            return Libc.connect(fd, pointer, (uint)length) == 0 && Libc.getsockname(fd, pointer, &written) == 0
                ? new IPAddress(address.Slice(offset, size))
                : null;
        }
    }
}
