using System.Runtime.InteropServices;
using Peapod.Oci;

namespace Peapod.Workload;

/// <summary>
/// RuntimeDefault: the system calls that programs need and that their capabilities allow, as Docker and containerd have them by default; all
/// others fail with EPERM. What is not here are calls that act on the host as a whole, that the kernel keeps no namespace for (keyrings), or
/// that have mostly served attacks (user namespaces, bpf, userfaultfd, io_uring).
/// </summary>
public static class DefaultSeccompProfile
{
    private const string Allow = "SCMP_ACT_ALLOW", Errno = "SCMP_ACT_ERRNO";
    private const uint EPERM = 1, ENOSYS = 38;

    /// <summary>
    /// Sockets of the families below this one are allowed, and of those in <see cref="Families"/>. Not: AF_ALG (38), the kernel's cryptography,
    /// whose faults have been a way out (CVE-2026-31431); AF_VSOCK (40), which reaches virtual machines past the network namespace; and those
    /// that the kernel has given up, AF_CAIF (37) and AF_ISDN (34) among them.
    /// </summary>
    private const ulong FirstFamilyLeftOut = 12; // AF_DECnet

    private static readonly ulong[] Families =
    [
        13 /* AF_NETBEUI */, 14, 15, 16, 17, 18 /* AF_ASH */, 21 /* AF_RDS */, 22, 24 /* AF_PPPOX */, 26 /* AF_LLC */, 27, 28, 29, 30, 31, 32, 33 /* AF_RXRPC */,
        35 /* AF_PHONET */, 36, 39 /* AF_NFC */, 41 /* AF_KCM */, 42, 43, 44, 45 /* AF_MCTP */,
    ];

    /// <summary>Both make sockets of any family; socketpair(2) does so before it finds that the family has no pairs.</summary>
    private static readonly string[] MakeSockets = ["socket", "socketpair"];

    /// <summary>CLONE_NEW* of clone(2), all but CLONE_NEWTIME, whose bit is one of the exit signal's there.</summary>
    private const ulong NewNamespaces = 0x7e020000;

    /// <summary>Personalities of personality(2) that change nothing but what uname says or how addresses are laid out, and the question for the present one.</summary>
    private static readonly ulong[] Personalities = [0 /* PER_LINUX */, 0x0008 /* PER_LINUX32 */, 0x20000 /* UNAME26 */, 0x20008, 0xffffffff];

    private static readonly string[] Always =
    [
        "accept", "accept4", "access", "adjtimex", "alarm", "bind", "brk", "cachestat", "capget", "capset", "chdir", "chmod", "chown", "chown32",
        "clock_adjtime", "clock_adjtime64", "clock_getres", "clock_getres_time64", "clock_gettime", "clock_gettime64", "clock_nanosleep",
        "clock_nanosleep_time64", "close", "close_range", "connect", "copy_file_range", "creat", "dup", "dup2", "dup3", "epoll_create",
        "epoll_create1", "epoll_ctl", "epoll_ctl_old", "epoll_pwait", "epoll_pwait2", "epoll_wait", "epoll_wait_old", "eventfd", "eventfd2", "execve",
        "execveat", "exit", "exit_group", "faccessat", "faccessat2", "fadvise64", "fadvise64_64", "fallocate", "fanotify_mark", "fchdir", "fchmod",
        "fchmodat", "fchmodat2", "fchown", "fchown32", "fchownat", "fcntl", "fcntl64", "fdatasync", "fgetxattr", "flistxattr", "flock", "fork",
        "fremovexattr", "fsetxattr", "fstat", "fstat64", "fstatat64", "fstatfs", "fstatfs64", "fsync", "ftruncate", "ftruncate64", "futex",
        "futex_requeue", "futex_time64", "futex_wait", "futex_waitv", "futex_wake", "futimesat", "get_robust_list", "get_thread_area", "getcpu",
        "getcwd", "getdents", "getdents64", "getegid", "getegid32", "geteuid", "geteuid32", "getgid", "getgid32", "getgroups", "getgroups32",
        "getitimer", "getpeername", "getpgid", "getpgrp", "getpid", "getppid", "getpriority", "getrandom", "getresgid", "getresgid32", "getresuid",
        "getresuid32", "getrlimit", "getrusage", "getsid", "getsockname", "getsockopt", "gettid", "gettimeofday", "getuid", "getuid32", "getxattr",
        "getxattrat", "inotify_add_watch", "inotify_init", "inotify_init1", "inotify_rm_watch", "io_cancel", "io_destroy", "io_getevents",
        "io_pgetevents", "io_pgetevents_time64", "io_setup", "io_submit", "ioctl", "ioprio_get", "ioprio_set", "ipc", "kill", "landlock_add_rule",
        "landlock_create_ruleset", "landlock_restrict_self", "lchown", "lchown32", "lgetxattr", "link", "linkat", "listen", "listmount", "listxattr",
        "listxattrat", "llistxattr", "_llseek", "lremovexattr", "lseek", "lsetxattr", "lstat", "lstat64", "madvise", "map_shadow_stack", "membarrier",
        "memfd_create", "memfd_secret", "mincore", "mkdir", "mkdirat", "mknod", "mknodat", "mlock", "mlock2", "mlockall", "mmap", "mmap2", "mprotect",
        "mq_getsetattr", "mq_notify", "mq_open", "mq_timedreceive", "mq_timedreceive_time64", "mq_timedsend", "mq_timedsend_time64", "mq_unlink",
        "mremap", "mseal", "msgctl", "msgget", "msgrcv", "msgsnd", "msync", "munlock", "munlockall", "munmap", "name_to_handle_at", "nanosleep",
        "newfstatat", "_newselect", "open", "openat", "openat2", "pause", "pidfd_open", "pidfd_send_signal", "pipe", "pipe2", "pkey_alloc",
        "pkey_free", "pkey_mprotect", "poll", "ppoll", "ppoll_time64", "prctl", "pread64", "preadv", "preadv2", "prlimit64", "process_mrelease",
        "pselect6", "pselect6_time64", "pwrite64", "pwritev", "pwritev2", "read", "readahead", "readlink", "readlinkat", "readv", "recv", "recvfrom",
        "recvmmsg", "recvmmsg_time64", "recvmsg", "remap_file_pages", "removexattr", "removexattrat", "rename", "renameat", "renameat2",
        "restart_syscall", "rmdir", "rseq", "rt_sigaction", "rt_sigpending", "rt_sigprocmask", "rt_sigqueueinfo", "rt_sigreturn", "rt_sigsuspend",
        "rt_sigtimedwait", "rt_sigtimedwait_time64", "rt_tgsigqueueinfo", "sched_get_priority_max", "sched_get_priority_min", "sched_getaffinity",
        "sched_getattr", "sched_getparam", "sched_getscheduler", "sched_rr_get_interval", "sched_rr_get_interval_time64", "sched_setaffinity",
        "sched_setattr", "sched_setparam", "sched_setscheduler", "sched_yield", "seccomp", "select", "semctl", "semget", "semop", "semtimedop",
        "semtimedop_time64", "send", "sendfile", "sendfile64", "sendmmsg", "sendmsg", "sendto", "set_robust_list", "set_thread_area",
        "set_tid_address", "setfsgid", "setfsgid32", "setfsuid", "setfsuid32", "setgid", "setgid32", "setgroups", "setgroups32", "setitimer",
        "setpgid", "setpriority", "setregid", "setregid32", "setresgid", "setresgid32", "setresuid", "setresuid32", "setreuid", "setreuid32",
        "setrlimit", "setsid", "setsockopt", "setuid", "setuid32", "setxattr", "setxattrat", "shmat", "shmctl", "shmdt", "shmget", "shutdown",
        "sigaltstack", "signalfd", "signalfd4", "sigprocmask", "sigreturn", "splice", "stat", "stat64", "statfs",
        "statfs64", "statmount", "statx", "symlink", "symlinkat", "sync", "sync_file_range", "syncfs", "sysinfo", "tee", "tgkill", "time",
        "timer_create", "timer_delete", "timer_getoverrun", "timer_gettime", "timer_gettime64", "timer_settime", "timer_settime64", "timerfd_create",
        "timerfd_gettime", "timerfd_gettime64", "timerfd_settime", "timerfd_settime64", "times", "tkill", "truncate", "truncate64", "ugetrlimit",
        "umask", "uname", "unlink", "unlinkat", "uretprobe", "utime", "utimensat", "utimensat_time64", "utimes", "vfork", "vmsplice", "wait4",
        "waitid", "waitpid", "write", "writev",
    ];

    /// <summary>Tracing one's own processes: safe since Linux 4.8, where a tracer can no longer get round the filter; Peapod needs a newer one.</summary>
    private static readonly string[] Tracing = ["process_vm_readv", "process_vm_writev", "ptrace"];

    /// <summary>What a capability in the bounding set adds.</summary>
    private static readonly (string Capability, string[] Names)[] ByCapability =
    [
        ("CAP_DAC_READ_SEARCH", ["open_by_handle_at"]),
        ("CAP_SYS_ADMIN",
        [
            "bpf", "clone", "clone3", "fanotify_init", "fsconfig", "fsmount", "fsopen", "fspick", "lookup_dcookie", "lsm_get_self_attr",
            "lsm_list_modules", "lsm_set_self_attr", "mount", "mount_setattr", "move_mount", "open_tree", "perf_event_open", "quotactl",
            "quotactl_fd", "setdomainname", "sethostname", "setns", "syslog", "umount", "umount2", "unshare",
        ]),
        ("CAP_SYS_BOOT", ["reboot"]),
        ("CAP_SYS_CHROOT", ["chroot"]),
        ("CAP_SYS_MODULE", ["delete_module", "finit_module", "init_module"]),
        ("CAP_SYS_PACCT", ["acct"]),
        ("CAP_SYS_PTRACE", ["kcmp", "pidfd_getfd", "process_madvise"]),
        ("CAP_SYS_RAWIO", ["ioperm", "iopl"]),
        ("CAP_SYS_TIME", ["clock_settime", "clock_settime64", "settimeofday", "stime"]),
        ("CAP_SYS_TTY_CONFIG", ["vhangup"]),
        ("CAP_SYS_NICE", ["get_mempolicy", "mbind", "set_mempolicy", "set_mempolicy_home_node"]),
        ("CAP_SYSLOG", ["syslog"]),
        ("CAP_BPF", ["bpf"]),
        ("CAP_PERFMON", ["perf_event_open"]),
    ];

    /// <param name="capabilities">The container's bounding set.</param>
    public static LinuxSeccomp For(IReadOnlyList<string> capabilities) => For(capabilities, RuntimeInformation.ProcessArchitecture);

    internal static LinuxSeccomp For(IReadOnlyList<string> capabilities, Architecture architecture)
    {
        var (architectures, ofArchitecture) = architecture switch
        {
            Architecture.X64 => ((string[])["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"], (string[])["arch_prctl", "modify_ldt"]),
            Architecture.Arm64 => (["SCMP_ARCH_AARCH64", "SCMP_ARCH_ARM"], ["arm_fadvise64_64", "arm_sync_file_range", "breakpoint", "cacheflush", "set_tls", "sync_file_range2"]),
            Architecture.RiscV64 => (["SCMP_ARCH_RISCV64"], ["riscv_flush_icache", "riscv_hwprobe"]),
            Architecture.Ppc64le => (["SCMP_ARCH_PPC64LE"], ["swapcontext", "sync_file_range2"]),
            Architecture.S390x => (["SCMP_ARCH_S390X", "SCMP_ARCH_S390"], ["s390_pci_mmio_read", "s390_pci_mmio_write", "s390_runtime_instr"]),
            _ => ([], []),
        };

        // The family is behind a pointer there, where no filter can see it. 32-bit programs for x86 have had a call of its own for each since
        // Linux 4.3. The rule stands before those for socket, of which libseccomp else makes one for this call, too, without the family. On an s390x
        // C libraries know no other way.
        var rules = new List<LinuxSyscall>
        {
            architecture == Architecture.S390x ? new() { Names = ["socketcall"], Action = Allow } : new() { Names = ["socketcall"], Action = Errno, ErrnoRet = ENOSYS },
            new() { Names = Always, Action = Allow },
            new() { Names = Tracing, Action = Allow },
            new() { Names = MakeSockets, Action = Allow, Args = [new LinuxSeccompArg { Value = FirstFamilyLeftOut, Op = "SCMP_CMP_LT" }] },
        };
        foreach (var family in Families)
        {
            rules.Add(new() { Names = MakeSockets, Action = Allow, Args = [new LinuxSeccompArg { Value = family, Op = "SCMP_CMP_EQ" }] });
        }

        foreach (var personality in Personalities)
        {
            rules.Add(new() { Names = ["personality"], Action = Allow, Args = [new LinuxSeccompArg { Value = personality, Op = "SCMP_CMP_EQ" }] });
        }

        if (ofArchitecture.Length > 0)
        {
            rules.Add(new() { Names = ofArchitecture, Action = Allow });
        }

        foreach (var (capability, names) in ByCapability)
        {
            if (Has(capabilities, capability))
            {
                rules.Add(new() { Names = names, Action = Allow });
            }
        }

        if (!Has(capabilities, "CAP_SYS_ADMIN"))
        {
            // s390 has the flags in the second argument.
            var flags = architecture == Architecture.S390x ? 1u : 0u;
            rules.Add(new() { Names = ["clone"], Action = Allow, Args = [new LinuxSeccompArg { Index = flags, Value = NewNamespaces, Op = "SCMP_CMP_MASKED_EQ" }] });

            // Its flags are behind a pointer, where no filter can see them: C libraries take clone instead.
            rules.Add(new() { Names = ["clone3"], Action = Errno, ErrnoRet = ENOSYS });
        }

        return new LinuxSeccomp { DefaultAction = Errno, DefaultErrnoRet = EPERM, Architectures = architectures, Syscalls = rules };
    }

    private static bool Has(IReadOnlyList<string> capabilities, string name)
    {
        for (var i = 0; i < capabilities.Count; i++)
        {
            if (capabilities[i] == name)
            {
                return true;
            }
        }

        return false;
    }
}
