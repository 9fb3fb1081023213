using Peapod.Kernel.Interop;

namespace Peapod.Kernel.Namespaces;

/// <summary>The number by which the kernel tells network namespaces apart: unlike an inode's, it is never given again before a reboot. Linux 5.14.</summary>
public static unsafe class NetworkCookie
{
    private const int SO_NETNS_COOKIE = 71;

    /// <summary>Of the calling thread's network namespace.</summary>
    /// <exception cref="KernelException">The kernel is older.</exception>
    public static ulong OfThread()
    {
        using var socket = SafeFd.Check(Libc.socket(Libc.AF_UNIX, Libc.SOCK_DGRAM | Libc.SOCK_CLOEXEC, 0), "socket");
        var cookie = 0UL;
        uint length = sizeof(ulong);
        KernelException.Check(Libc.getsockopt(socket.Number, Libc.SOL_SOCKET, SO_NETNS_COOKIE, &cookie, &length), "getsockopt", "SO_NETNS_COOKIE");
        return cookie;
    }
}
