using System.Runtime.InteropServices;

namespace Peapod.Kernel.Interop;

public static unsafe partial class Libc
{
    public const ulong CLONE_NEWTIME = 0x80;
    public const ulong CLONE_VM = 0x100;
    public const ulong CLONE_PIDFD = 0x1000;
    public const ulong CLONE_VFORK = 0x4000;
    public const ulong CLONE_FS = 0x200;
    public const ulong CLONE_NEWNS = 0x20000;
    public const ulong CLONE_NEWCGROUP = 0x2000000;
    public const ulong CLONE_NEWUTS = 0x4000000;
    public const ulong CLONE_NEWIPC = 0x8000000;
    public const ulong CLONE_NEWUSER = 0x10000000;
    public const ulong CLONE_NEWPID = 0x20000000;
    public const ulong CLONE_NEWNET = 0x40000000;
    public const ulong CLONE_CLEAR_SIGHAND = 0x100000000;
    public const ulong CLONE_INTO_CGROUP = 0x200000000;

    public const int P_PID = 1;
    public const int P_PIDFD = 3;
    public const int WEXITED = 4;
    public const int WNOHANG = 1;
    public const int WNOWAIT = 0x1000000;
    public const int P_ALL = 0;
    public const int __WALL = 0x40000000;

    public const int PR_SET_PDEATHSIG = 1;
    public const int PR_SET_DUMPABLE = 4;
    public const int PR_SET_CHILD_SUBREAPER = 36;

    public const int SFD_CLOEXEC = 0x80000;
    public const int SFD_NONBLOCK = 0x800;
    public const int EPOLL_CLOEXEC = 0x80000;
    public const int EPOLL_CTL_ADD = 1;
    public const int EPOLL_CTL_DEL = 2;
    public const int EPOLL_CTL_MOD = 3;
    public const uint EPOLLIN = 1;
    public const uint EPOLLOUT = 4;
    public const uint EPOLLERR = 8;
    public const uint EPOLLHUP = 16;
    public const short POLLIN = 1;
    public const short POLLOUT = 4;
    public const short POLLERR = 8;
    public const short POLLHUP = 16;

    public const int SIG_BLOCK = 0;
    public const int SIG_UNBLOCK = 1;
    public const int SIG_SETMASK = 2;

    [LibraryImport(Library, SetLastError = true)]
    public static partial int unshare(int flags);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int setns(int fd, int type);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int pidfd_open(int pid, uint flags);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int pidfd_send_signal(int pidfd, int signal, void* info, uint flags);

    [LibraryImport(Library, EntryPoint = "syscall", SetLastError = true)]
    private static partial nint syscall_pidfd_getfd(nint number, int pidfd, int targetfd, uint flags);

    /// <summary>pidfd_getfd(2).</summary>
    public static int pidfd_getfd(int pidfd, int targetfd, uint flags) =>
        (int)syscall_pidfd_getfd((nint)SyscallNumber.PidfdGetfd, pidfd, targetfd, flags);

    [LibraryImport(Library, EntryPoint = "syscall", SetLastError = true)]
    private static partial nint syscall_bpf(nint number, int command, void* attributes, uint size);

    /// <summary>bpf(2).</summary>
    public static int bpf(int command, void* attributes, uint size) =>
        (int)syscall_bpf((nint)SyscallNumber.Bpf, command, attributes, size);

    [LibraryImport(Library, EntryPoint = "syscall", SetLastError = true)]
    private static partial nint syscall_seccomp(nint number, uint operation, uint flags, void* arguments);

    /// <summary>seccomp(2).</summary>
    public static int seccomp(uint operation, uint flags, void* arguments) =>
        (int)syscall_seccomp((nint)SyscallNumber.Seccomp, operation, flags, arguments);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int kill(int pid, int signal);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int waitid(int idType, int id, SigInfo* info, int options);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int prctl(int option, nuint arg2, nuint arg3, nuint arg4, nuint arg5);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int capget(CapabilityHeader* header, CapabilitySets* sets);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int capset(CapabilityHeader* header, CapabilitySets* sets);

    /// <summary>Returns the id there was before; sets none when there can be none such.</summary>
    [LibraryImport(Library)]
    public static partial int setfsuid(uint uid);

    /// <inheritdoc cref="setfsuid"/>
    [LibraryImport(Library)]
    public static partial int setfsgid(uint gid);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int prlimit64(int pid, int resource, RLimit* newLimit, RLimit* oldLimit);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int sched_getaffinity(int pid, nuint size, byte* cpus);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int sched_setaffinity(int pid, nuint size, byte* cpus);

    [LibraryImport(Library, EntryPoint = "syscall", SetLastError = true)]
    private static partial nint syscall_sched_setattr(nint number, int pid, void* attributes, uint flags);

    /// <summary>sched_setattr(2).</summary>
    public static int sched_setattr(int pid, void* attributes, uint flags) =>
        (int)syscall_sched_setattr((nint)SyscallNumber.SchedSetattr, pid, attributes, flags);

    [LibraryImport(Library)]
    public static partial int getpid();

    [LibraryImport(Library)]
    public static partial int getppid();

    [LibraryImport(Library)]
    public static partial uint geteuid();

    [LibraryImport(Library)]
    public static partial uint getegid();

    [LibraryImport(Library)]
    public static partial int gettid();

    [LibraryImport(Library, SetLastError = true)]
    public static partial int setsid();

    /// <summary>malloc_trim(3).</summary>
    [LibraryImport(Library)]
    public static partial int malloc_trim(nuint pad);

    /// <summary>getauxval(3).</summary>
    [LibraryImport(Library)]
    public static partial nuint getauxval(nuint type);

    public const nuint AT_PHDR = 3;
    public const nuint AT_PHNUM = 5;

    [LibraryImport(Library, SetLastError = true)]
    public static unsafe partial int madvise(void* address, nuint length, int advice);

    public const int MADV_DONTNEED = 4;

    [LibraryImport(Library, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int chdir(string path);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int fchdir(int fd);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int execve(byte* path, byte** argv, byte** envp);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int signalfd(int fd, ulong* mask, int flags);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int pthread_sigmask(int how, SigSet* set, SigSet* oldset);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int epoll_create1(int flags);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int epoll_ctl(int epfd, int operation, int fd, EpollEvent* @event);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int epoll_wait(int epfd, EpollEvent* events, int maxEvents, int timeoutMilliseconds);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int poll(PollFd* fds, nuint count, int timeoutMilliseconds);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int inotify_init1(int flags);

    [LibraryImport(Library, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int inotify_add_watch(int fd, string path, uint mask);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int clock_gettime(int clock, Timespec* time);
}

/// <summary>sigset_t of glibc and musl: 128 bytes, the kernel uses the first eight.</summary>
[StructLayout(LayoutKind.Sequential)]
public unsafe struct SigSet
{
    public fixed ulong Words[16];

    public static SigSet All
    {
        get
        {
            SigSet set = default;
            for (var i = 0; i < 16; i++)
            {
                set.Words[i] = ulong.MaxValue;
            }

            return set;
        }
    }

    public static SigSet Of(ReadOnlySpan<int> signals)
    {
        SigSet set = default;
        foreach (var signal in signals)
        {
            set.Words[0] |= 1UL << (signal - 1);
        }

        return set;
    }
}

/// <summary>siginfo_t as waitid(2) fills it on 64-bit architectures.</summary>
[StructLayout(LayoutKind.Explicit, Size = 128)]
public struct SigInfo
{
    [FieldOffset(0)]
    public int Signal;

    [FieldOffset(8)]
    public int Code;

    [FieldOffset(16)]
    public int Pid;

    [FieldOffset(20)]
    public uint Uid;

    [FieldOffset(24)]
    public int Status;
}

/// <summary>struct rlimit64.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct RLimit
{
    public ulong Current;
    public ulong Maximum;
}

/// <summary>struct pollfd.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct PollFd
{
    public int Fd;
    public short Events;
    public short ReturnedEvents;
}

/// <summary>struct __user_cap_header_struct.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct CapabilityHeader
{
    public const uint Version3 = 0x20080522;

    public uint Version;
    public int Pid;
}

/// <summary>struct __user_cap_data_struct: half of each set.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct CapabilitySets
{
    public uint Effective;
    public uint Permitted;
    public uint Inheritable;
}
