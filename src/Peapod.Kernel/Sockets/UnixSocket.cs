using System.Runtime.InteropServices;
using System.Text;
using Peapod.Kernel.Files;
using Peapod.Kernel.Interop;
using Tmds.Linux;

namespace Peapod.Kernel.Sockets;

/// <summary>Unix sockets by path, and descriptors sent over them. unix(7).</summary>
public static unsafe class UnixSocket
{
    private const int PathMax = 108;

    /// <summary>Milliseconds in which a server that is there accepts one connection of a full queue.</summary>
    private const int Patience = 10_000;

    /// <summary>Two connected sockets.</summary>
    public static (SafeFd First, SafeFd Second) Pair(int type)
    {
        var fds = stackalloc int[2];
        KernelException.Check(Libc.socketpair(Libc.AF_UNIX, type | Libc.SOCK_CLOEXEC, 0, fds), "socketpair");
        return (new SafeFd(fds[0]), new SafeFd(fds[1]));
    }

    /// <summary>Connects to the socket at <paramref name="path"/>, however long the path is; @ begins an abstract name.</summary>
    public static SafeFd Connect(string path) => Connect(path, Libc.SOCK_STREAM);

    /// <inheritdoc cref="Connect(string)"/>
    /// <param name="path">The socket.</param>
    /// <param name="type">SOCK_*.</param>
    /// <param name="patience">Milliseconds to wait for a place in the queue of a server that does not accept: EAGAIN when it gets none.</param>
    public static SafeFd Connect(string path, int type, int patience = Patience)
    {
        var socket = SafeFd.Check(Libc.socket(Libc.AF_UNIX, type | Libc.SOCK_CLOEXEC, 0), "socket");
        try
        {
            // A longer path than sun_path holds is reached through the descriptor of the socket's own inode.
            SetSendTimeout(socket, patience);
            using var inode = Encoding.UTF8.GetByteCount(path) < PathMax || path.StartsWith('@') ? null : FileSystem.Open(path, Libc.O_PATH);
            WithAddress(inode is null ? path : $"/proc/self/fd/{inode.Number}", path, (address, length) =>
                KernelException.Check(Libc.connect(socket.Number, (void*)address, length), "connect", path));
            SetSendTimeout(socket, 0);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>SO_SNDTIMEO bounds a connect(2), too: unix(7), socket(7).</summary>
    private static void SetSendTimeout(SafeFd socket, int milliseconds)
    {
        const int SO_SNDTIMEO = 21;
        var time = stackalloc long[] { milliseconds / 1000, milliseconds % 1000 * 1000 };
        KernelException.Check(Libc.setsockopt(socket.Number, Libc.SOL_SOCKET, SO_SNDTIMEO, time, 2 * sizeof(long)), "setsockopt");
    }

    /// <summary>Listens at <paramref name="name"/> in <paramref name="directory"/>, mode 0600; nothing may be there yet.</summary>
    public static SafeFd Listen(SafeFd directory, string name) => Listen(directory, name, Libc.SOCK_STREAM);

    /// <inheritdoc cref="Listen(SafeFd, string)"/>
    public static SafeFd Listen(SafeFd directory, string name, int type)
    {
        var socket = Bind(directory, name, type, 0x180);
        try
        {
            KernelException.Check(Libc.listen(socket.Number, 64), "listen", name);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>A socket at <paramref name="name"/> in <paramref name="directory"/>; nothing may be there yet.</summary>
    public static SafeFd Bind(SafeFd directory, string name, int type, uint mode)
    {
        var socket = SafeFd.Check(Libc.socket(Libc.AF_UNIX, type | Libc.SOCK_CLOEXEC, 0), "socket");
        try
        {
            // Linux gives the inode the socket's own mode, less the umask, so it is never open to others than asked for, not for a moment.
            KernelException.Check(Libc.fchmod(socket.Number, mode), "fchmod", name);
            WithAddress($"/proc/self/fd/{directory.Number}/{name}", name, (address, length) =>
                KernelException.Check(Libc.bind(socket.Number, (void*)address, length), "bind", name));
            KernelException.Check(Libc.fchmodat(directory.Number, name, mode, 0), "fchmodat", name);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Sends <paramref name="data"/> (at least one byte) with descriptors. SCM_RIGHTS.</summary>
    public static void Send(SafeFd socket, ReadOnlySpan<byte> data, params ReadOnlySpan<SafeFd> descriptors)
    {
        // struct cmsghdr: size_t length, int level, int type; then the descriptors.
        const int header = 16;
        var control = stackalloc byte[header + (descriptors.Length * sizeof(int)) + 8];
        fixed (byte* pointer = data)
        {
            var vector = new iovec { iov_base = pointer, iov_len = data.Length };
            var message = new msghdr { msg_iov = &vector, msg_iovlen = 1 };
            if (descriptors.Length > 0)
            {
                *(nuint*)control = (nuint)(header + (descriptors.Length * sizeof(int)));
                *(int*)(control + 8) = Libc.SOL_SOCKET;
                *(int*)(control + 12) = Libc.SCM_RIGHTS;
                for (var i = 0; i < descriptors.Length; i++)
                {
                    ((int*)(control + header))[i] = descriptors[i].Number;
                }

                message.msg_control = control;
                message.msg_controllen = (header + (((descriptors.Length * sizeof(int)) + 7) & ~7));
            }

            nint sent;
            do
            {
                sent = Libc.sendmsg(socket.Number, &message, Libc.MSG_NOSIGNAL);
            }
            while (sent < 0 && Marshal.GetLastPInvokeError() == (int)Errno.EINTR);
            KernelException.Check(sent, "sendmsg");
        }
    }

    /// <summary>Receives one message; descriptors that come with it are close-on-exec. 0 at the end.</summary>
    public static int Receive(SafeFd socket, Span<byte> buffer, List<SafeFd>? descriptors = null)
    {
        const int header = 16;
        const int most = 64;
        var control = stackalloc byte[header + (most * sizeof(int))];
        fixed (byte* pointer = buffer)
        {
            var vector = new iovec { iov_base = pointer, iov_len = buffer.Length };
            var message = new msghdr
            {
                msg_iov = &vector,
                msg_iovlen = 1,
                msg_control = control,
                msg_controllen = descriptors is null ? 0 : header + (most * sizeof(int)),
            };
            nint count;
            do
            {
                count = Libc.recvmsg(socket.Number, &message, Libc.MSG_CMSG_CLOEXEC);
            }
            while (count < 0 && Marshal.GetLastPInvokeError() == (int)Errno.EINTR);
            KernelException.Check(count, "recvmsg");
            if (descriptors is not null && message.msg_controllen >= header && *(int*)(control + 12) == Libc.SCM_RIGHTS)
            {
                var number = ((int)*(nuint*)control - header) / sizeof(int);
                for (var i = 0; i < number; i++)
                {
                    descriptors.Add(new SafeFd(((int*)(control + header))[i]));
                }
            }

            return (int)count;
        }
    }

    /// <summary>Waits until there is something to receive, the other side's end included.</summary>
    /// <param name="timeout">In milliseconds; negative for no limit.</param>
    public static bool WaitForInput(SafeFd socket, int timeout)
    {
        var entry = new PollFd { Fd = socket.Number, Events = Libc.POLLIN };
        return Libc.poll(&entry, 1, timeout) > 0;
    }

    /// <summary>The user id of the process at the other end. SO_PEERCRED.</summary>
    public static uint PeerUser(SafeFd socket) => Peer(socket).User;

    /// <summary>The number of the process at the other end; 0 when it is not to be seen in this PID namespace. SO_PEERCRED.</summary>
    public static int PeerProcess(SafeFd socket) => Peer(socket).Process;

    private static (int Process, uint User) Peer(SafeFd socket)
    {
        var credentials = stackalloc uint[3];
        uint length = 12;
        KernelException.Check(Libc.getsockopt(socket.Number, Libc.SOL_SOCKET, Libc.SO_PEERCRED, credentials, &length), "getsockopt");
        return ((int)credentials[0], credentials[1]);
    }

    private static void WithAddress(string path, string subject, Action<nint, uint> action)
    {
        var address = stackalloc byte[2 + PathMax];
        *(ushort*)address = (ushort)Libc.AF_UNIX;
        if (Encoding.UTF8.GetByteCount(path) >= PathMax)
        {
            throw new KernelException("socket", subject, Errno.ENAMETOOLONG);
        }

        var length = Encoding.UTF8.GetBytes(path, new Span<byte>(address + 2, PathMax - 1));
        address[2 + length] = 0;
        if (path.StartsWith('@'))
        {
            // An abstract name begins with a NUL, and ends with its length.
            address[2] = 0;
            action((nint)address, (uint)(2 + length));
            return;
        }

        action((nint)address, (uint)(2 + length + 1));
    }
}
