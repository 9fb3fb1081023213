using Tmds.Linux;

namespace Peapod.Kernel.Interop;

public static unsafe partial class Libc
{
    public static int AF_UNIX => (ushort)LibC.AF_UNIX;
    public static int AF_INET => (ushort)LibC.AF_INET;
    public static int AF_INET6 => (ushort)LibC.AF_INET6;
    public static int AF_NETLINK => (ushort)LibC.AF_NETLINK;
    public static int SOCK_STREAM => LibC.SOCK_STREAM;
    public static int SOCK_DGRAM => LibC.SOCK_DGRAM;
    public static int SOCK_RAW => LibC.SOCK_RAW;
    public static int SOCK_SEQPACKET => LibC.SOCK_SEQPACKET;
    public static int SOCK_CLOEXEC => LibC.SOCK_CLOEXEC;
    public static int SOCK_NONBLOCK => LibC.SOCK_NONBLOCK;
    public static int SOL_SOCKET => LibC.SOL_SOCKET;
    public static int SOL_NETLINK => LibC.SOL_NETLINK;
    public static int SO_PEERCRED => LibC.SO_PEERCRED;
    public static int SCM_RIGHTS => LibC.SCM_RIGHTS;
    public static int MSG_NOSIGNAL => LibC.MSG_NOSIGNAL;
    public static int MSG_DONTWAIT => LibC.MSG_DONTWAIT;
    public static int MSG_CMSG_CLOEXEC => LibC.MSG_CMSG_CLOEXEC;
    public const int NETLINK_ROUTE = 0;
    public const int NETLINK_NETFILTER = 12;

    public static int socket(int domain, int type, int protocol) => LibC.socket(domain, type, protocol);

    public static int socketpair(int domain, int type, int protocol, int* fds) => LibC.socketpair(domain, type, protocol, fds);

    public static int bind(int fd, void* address, uint length) => LibC.bind(fd, (sockaddr*)address, length);

    public static int connect(int fd, void* address, uint length) => LibC.connect(fd, (sockaddr*)address, length);

    public static int getsockname(int fd, void* address, uint* length) => LibC.getsockname(fd, (sockaddr*)address, (socklen_t*)length);

    public static int listen(int fd, int backlog) => LibC.listen(fd, backlog);

    public static int accept4(int fd, void* address, uint* length, int flags) => LibC.accept4(fd, (sockaddr*)address, (socklen_t*)length, flags);

    public static int shutdown(int fd, int how) => LibC.shutdown(fd, how);

    public static nint send(int fd, void* buffer, nuint length, int flags) => (nint)(long)LibC.send(fd, buffer, (size_t)(ulong)length, flags);

    public static nint sendto(int fd, void* buffer, nuint length, int flags, void* address, uint addressLength) => (nint)(long)LibC.sendto(fd, buffer, (size_t)(ulong)length, flags, (sockaddr*)address, addressLength);

    public static nint recv(int fd, void* buffer, nuint length, int flags) => (nint)(long)LibC.recv(fd, buffer, (size_t)(ulong)length, flags);

    public static nint sendmsg(int fd, msghdr* message, int flags) => (nint)(long)LibC.sendmsg(fd, message, flags);

    public static nint recvmsg(int fd, msghdr* message, int flags) => (nint)(long)LibC.recvmsg(fd, message, flags);

    public static int setsockopt(int fd, int level, int option, void* value, uint length) => LibC.setsockopt(fd, level, option, value, length);

    public static int getsockopt(int fd, int level, int option, void* value, uint* length) => LibC.getsockopt(fd, level, option, value, (socklen_t*)length);
}
