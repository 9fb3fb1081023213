using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using Peapod.Kernel.Interop;

namespace Peapod.Kernel.Sockets;

/// <summary>Connections that nobody waits for. tcp(7).</summary>
public static unsafe class TcpSocket
{
    private const int SO_ERROR = 4;

    /// <summary>Begins to connect; the socket is ready for writing when it is connected, or has failed.</summary>
    public static SafeFd BeginConnect(IPAddress address, int port)
    {
        ArgumentNullException.ThrowIfNull(address);
        var ipv6 = address.AddressFamily == AddressFamily.InterNetworkV6;
        var socket = SafeFd.Check(Libc.socket(ipv6 ? Libc.AF_INET6 : Libc.AF_INET, Libc.SOCK_STREAM | Libc.SOCK_CLOEXEC | Libc.SOCK_NONBLOCK, 0), "socket");

        // struct sockaddr_in: family, port, address; struct sockaddr_in6: family, port, flow, address, scope.
        Span<byte> name = stackalloc byte[28];
        name.Clear();
        BitConverter.TryWriteBytes(name, (ushort)(ipv6 ? Libc.AF_INET6 : Libc.AF_INET));
        BinaryPrimitives.WriteUInt16BigEndian(name[2..], (ushort)port);
        address.TryWriteBytes(name[(ipv6 ? 8 : 4)..], out _);
        if (ipv6)
        {
            BitConverter.TryWriteBytes(name[24..], (uint)address.ScopeId);
        }

        fixed (byte* pointer = name)
        {
            if (Libc.connect(socket.Number, pointer, ipv6 ? 28u : 16u) != 0 && KernelException.Last("connect") is { Error: not Errno.EINPROGRESS } error)
            {
                socket.Dispose();
                throw error;
            }
        }

        return socket;
    }

    /// <summary>Why a connection has failed, once; null when it has not.</summary>
    public static Errno? TakeError(SafeFd socket)
    {
        ArgumentNullException.ThrowIfNull(socket);
        int error;
        uint length = sizeof(int);
        KernelException.Check(Libc.getsockopt(socket.Number, Libc.SOL_SOCKET, SO_ERROR, &error, &length), "getsockopt");
        return error == 0 ? null : (Errno)error;
    }
}
