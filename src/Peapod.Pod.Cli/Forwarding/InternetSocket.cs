using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using Peapod.Kernel;
using Peapod.Kernel.Interop;

namespace Peapod.Pod.Cli.Forwarding;

/// <summary>Listening TCP sockets without System.Net.Sockets, whose engine brings threads of its own. ip(7), ipv6(7), tcp(7).</summary>
internal static unsafe class InternetSocket
{
    private const int SO_REUSEADDR = 2;
    private const int IPPROTO_IPV6 = 41;
    private const int IPV6_V6ONLY = 26;
    private const int IPv4Length = 16;
    private const int IPv6Length = 28;

    /// <summary>A socket that listens; port 0 for one that the kernel chooses.</summary>
    internal static SafeFd Listen(IPAddress address, int port)
    {
        var v6 = address.AddressFamily == AddressFamily.InterNetworkV6;
        var socket = SafeFd.Check(Libc.socket(v6 ? Libc.AF_INET6 : Libc.AF_INET, Libc.SOCK_STREAM | Libc.SOCK_NONBLOCK | Libc.SOCK_CLOEXEC, 0), "socket");
        try
        {
            var on = 1;
            KernelException.Check(Libc.setsockopt(socket.Number, Libc.SOL_SOCKET, SO_REUSEADDR, &on, sizeof(int)), "setsockopt");
            if (v6)
            {
                KernelException.Check(Libc.setsockopt(socket.Number, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(int)), "setsockopt");
            }

            var name = stackalloc byte[IPv6Length];
            KernelException.Check(Libc.bind(socket.Number, name, Write(name, address, port)), "bind", Text(address, port));
            KernelException.Check(Libc.listen(socket.Number, 128), "listen", Text(address, port));
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>The port that a socket listens at.</summary>
    internal static int PortOf(SafeFd socket)
    {
        var name = stackalloc byte[IPv6Length];
        uint length = IPv6Length;
        KernelException.Check(Libc.getsockname(socket.Number, name, &length), "getsockname");
        return BinaryPrimitives.ReadUInt16BigEndian(new ReadOnlySpan<byte>(name + 2, 2));
    }

    /// <summary>The next connection; null when there is none, or none can be had now.</summary>
    internal static SafeFd? TryAccept(SafeFd listener)
    {
        var fd = Libc.accept4(listener.Number, null, null, Libc.SOCK_NONBLOCK | Libc.SOCK_CLOEXEC);
        return fd < 0 ? null : new SafeFd(fd);
    }

    internal static string Text(IPAddress address, int port) => address.AddressFamily == AddressFamily.InterNetworkV6 ? $"[{address}]:{port}" : $"{address}:{port}";

    /// <summary>struct sockaddr_in, struct sockaddr_in6.</summary>
    private static uint Write(byte* name, IPAddress address, int port)
    {
        var v6 = address.AddressFamily == AddressFamily.InterNetworkV6;
        var bytes = new Span<byte>(name, v6 ? IPv6Length : IPv4Length);
        bytes.Clear();
        BitConverter.TryWriteBytes(bytes, (ushort)(v6 ? Libc.AF_INET6 : Libc.AF_INET));
        BinaryPrimitives.WriteUInt16BigEndian(bytes[2..], (ushort)port);
        address.TryWriteBytes(bytes[(v6 ? 8 : 4)..], out _);
        return (uint)bytes.Length;
    }
}
