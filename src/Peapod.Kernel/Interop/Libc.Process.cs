using System.Runtime.InteropServices;
using Tmds.Linux;

namespace Peapod.Kernel.Interop;

public static unsafe partial class Libc
{
    public const ulong CLONE_NEWTIME = 0x80;
    public static ulong CLONE_VM => (ulong)LibC.CLONE_VM;
    public const ulong CLONE_PIDFD = 0x1000;
    public static ulong CLONE_VFORK => (ulong)LibC.CLONE_VFORK;
    public static ulong CLONE_FS => (ulong)LibC.CLONE_FS;
    public static ulong CLONE_NEWNS => (ulong)LibC.CLONE_NEWNS;
    public static ulong CLONE_NEWCGROUP => (ulong)LibC.CLONE_NEWCGROUP;
    public static ulong CLONE_NEWUTS => (ulong)LibC.CLONE_NEWUTS;
    public static ulong CLONE_NEWIPC => (ulong)LibC.CLONE_NEWIPC;
    public static ulong CLONE_NEWUSER => (ulong)LibC.CLONE_NEWUSER;
    public static ulong CLONE_NEWPID => (ulong)LibC.CLONE_NEWPID;
    public static ulong CLONE_NEWNET => (ulong)LibC.CLONE_NEWNET;
    public const ulong CLONE_CLEAR_SIGHAND = 0x100000000;
    public const ulong CLONE_INTO_CGROUP = 0x200000000;

    public const int P_PID = 1;
    public const int P_PIDFD = 3;
    public const int WEXITED = 4;
    public const int WNOHANG = 1;
    public const int WSTOPPED = 2;
    public const int WNOWAIT = 0x1000000;
    public const int P_ALL = 0;
    public const int __WALL = 0x40000000;

    public const int PR_SET_DUMPABLE = 4;
    public const int PR_SET_CHILD_SUBREAPER = 36;

    public const short POLLIN = 1;
    public const short POLLOUT = 4;

    public static int unshare(int flags) => LibC.unshare(flags);

    public static int setns(int fd, int type) => LibC.setns(fd, type);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int pidfd_open(int pid, uint flags);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int pidfd_send_signal(int pidfd, int signal, void* info, uint flags);

    /// <summary>pidfd_getfd(2).</summary>
    public static int pidfd_getfd(int pidfd, int targetfd, uint flags) =>
        (int)(ssize_t)LibC.syscall(SyscallNumber.PidfdGetfd, pidfd, targetfd, flags);

    /// <summary>bpf(2).</summary>
    public static int bpf(int command, void* attributes, uint size) =>
        (int)(ssize_t)LibC.syscall(SyscallNumber.Bpf, command, attributes, size);

    /// <summary>seccomp(2).</summary>
    public static int seccomp(uint operation, uint flags, void* arguments) =>
        (int)(ssize_t)LibC.syscall(SyscallNumber.Seccomp, operation, flags, arguments);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int waitid(int idType, int id, SigInfo* info, int options);

    [LibraryImport(Library, SetLastError = true)]
    public static partial nint ptrace(nint request, int pid, nint address, nint data);

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

    public static int sched_getaffinity(int pid, nuint size, byte* cpus) => LibC.sched_getaffinity(pid, (size_t)(ulong)size, (cpu_set_t*)cpus);

    public static int sched_setaffinity(int pid, nuint size, byte* cpus) => LibC.sched_setaffinity(pid, (size_t)(ulong)size, (cpu_set_t*)cpus);

    /// <summary>sched_setattr(2).</summary>
    public static int sched_setattr(int pid, void* attributes, uint flags) =>
        (int)(ssize_t)LibC.syscall(SyscallNumber.SchedSetattr, pid, attributes, flags);

    public static int getpid() => LibC.getpid();

    public static uint geteuid() => LibC.geteuid();

    public static uint getegid() => LibC.getegid();

    [LibraryImport(Library)]
    public static partial int gettid();

    public static int setsid() => LibC.setsid();

    /// <summary>malloc_trim(3).</summary>
    [LibraryImport(Library)]
    public static partial int malloc_trim(nuint pad);

    /// <summary>getauxval(3).</summary>
    [LibraryImport(Library)]
    public static partial nuint getauxval(nuint type);

    public const nuint AT_PHDR = 3;
    public const nuint AT_PHNUM = 5;

    public static int madvise(void* address, nuint length, int advice) => LibC.madvise(address, (size_t)(ulong)length, advice);

    public static int MADV_DONTNEED => LibC.MADV_DONTNEED;

    public static int chdir(string path)
    {
        using var pathText = new CString(path, stackalloc byte[CString.StackBytes]);
        return LibC.chdir(pathText);
    }

    public static int fchdir(int fd) => LibC.fchdir(fd);

    /// <summary>Returns the one there was before.</summary>
    [LibraryImport(Library)]
    public static partial uint umask(uint mask);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int eventfd(uint value, int flags);

    public const int EFD_CLOEXEC = 0x80000;
    public const int EFD_NONBLOCK = 0x800;

    /// <summary>mallopt(3).</summary>
    [LibraryImport(Library)]
    public static partial int mallopt(int parameter, int value);

    public const int M_ARENA_MAX = -8;

    [LibraryImport(Library, SetLastError = true)]
    public static partial int poll(PollFd* fds, nuint count, int timeoutMilliseconds);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int inotify_init1(int flags);

    [LibraryImport(Library, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int inotify_add_watch(int fd, string path, uint mask);
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
