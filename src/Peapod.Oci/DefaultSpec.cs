namespace Peapod.Oci;

/// <summary>The configuration that <c>spec</c> writes, the same as runc's but for the host name.</summary>
public static class DefaultSpec
{
    /// <summary>The version of the runtime-spec that new configurations follow.</summary>
    public const string OciVersion = "1.3.0";

    /// <summary>Makes the configuration of a shell in a read-only <c>rootfs</c>.</summary>
    /// <param name="rootless">
    /// Fits a user without privileges: a user namespace that maps that user to root, the host's network, /sys by bind mount, no limits.
    /// </param>
    /// <param name="uid">With <paramref name="rootless"/>, the user on the host that becomes root.</param>
    /// <param name="gid">With <paramref name="rootless"/>, the group on the host that becomes root's.</param>
    public static Spec Create(bool rootless = false, uint uid = 0, uint gid = 0) => new()
    {
        OciVersion = OciVersion,
        Root = new Root { Path = "rootfs", Readonly = true },
        Process = new Process
        {
            Terminal = true,
            Args = ["sh"],
            Env = ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "TERM=xterm"],
            Cwd = "/",
            NoNewPrivileges = true,
            Capabilities = DefaultCapabilities(),
            Rlimits = [new PosixRlimit { Type = "RLIMIT_NOFILE", Hard = 1024, Soft = 1024 }],
        },
        Hostname = "peapod",
        Mounts = DefaultMounts(rootless),
        Linux = new Linux
        {
            UidMappings = rootless ? [new LinuxIdMapping { HostID = uid, Size = 1 }] : [],
            GidMappings = rootless ? [new LinuxIdMapping { HostID = gid, Size = 1 }] : [],
            Resources = rootless ? null : new LinuxResources { Devices = [new LinuxDeviceCgroup { Allow = false, Access = "rwm" }] },
            Namespaces = DefaultNamespaces(rootless),
            MaskedPaths =
            [
                "/proc/acpi",
                "/proc/asound",
                "/proc/kcore",
                "/proc/keys",
                "/proc/latency_stats",
                "/proc/timer_list",
                "/proc/timer_stats",
                "/proc/sched_debug",
                "/sys/firmware",
                "/proc/scsi",
            ],
            ReadonlyPaths = ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"],
        },
    };

    private static LinuxCapabilities DefaultCapabilities()
    {
        string[] names = ["CAP_AUDIT_WRITE", "CAP_KILL", "CAP_NET_BIND_SERVICE"];
        return new LinuxCapabilities { Bounding = names, Effective = names, Permitted = names };
    }

    private static Mount[] DefaultMounts(bool rootless) =>
    [
        new() { Destination = "/proc", Type = "proc", Source = "proc" },
        new() { Destination = "/dev", Type = "tmpfs", Source = "tmpfs", Options = ["nosuid", "strictatime", "mode=755", "size=65536k"] },
        new()
        {
            Destination = "/dev/pts",
            Type = "devpts",
            Source = "devpts",
            // The group of terminals has no place in a user namespace of one id.
            Options = rootless
                ? ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620"]
                : ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"],
        },
        new()
        {
            Destination = "/dev/shm",
            Type = "tmpfs",
            Source = "shm",
            Options = ["nosuid", "noexec", "nodev", "mode=1777", "size=65536k"],
        },
        new() { Destination = "/dev/mqueue", Type = "mqueue", Source = "mqueue", Options = ["nosuid", "noexec", "nodev"] },
        // A new sysfs needs a network namespace of one's own.
        rootless
            ? new() { Destination = "/sys", Type = "none", Source = "/sys", Options = ["rbind", "nosuid", "noexec", "nodev", "ro"] }
            : new() { Destination = "/sys", Type = "sysfs", Source = "sysfs", Options = ["nosuid", "noexec", "nodev", "ro"] },
        new() { Destination = "/sys/fs/cgroup", Type = "cgroup", Source = "cgroup", Options = ["nosuid", "noexec", "nodev", "relatime", "ro"] },
    ];

    private static LinuxNamespace[] DefaultNamespaces(bool rootless) => rootless
        ? [new() { Type = "pid" }, new() { Type = "ipc" }, new() { Type = "uts" }, new() { Type = "mount" }, new() { Type = "cgroup" }, new() { Type = "user" }]
        : [new() { Type = "pid" }, new() { Type = "network" }, new() { Type = "ipc" }, new() { Type = "uts" }, new() { Type = "mount" }, new() { Type = "cgroup" }];
}
