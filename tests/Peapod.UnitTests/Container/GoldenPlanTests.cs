using System.Runtime.CompilerServices;
using System.Text;
using Peapod.Container.Plans;
using Peapod.Container.Printing;
using Peapod.Oci;

namespace Peapod.UnitTests.Container;

/// <summary>Whole plans, as `peapod plan` prints them, beside this file in Golden/. PEAPOD_UPDATE_GOLDEN=1 writes them anew: read the difference.</summary>
public class GoldenPlanTests
{
    [Fact]
    public void The_default_configuration() => Same("default", DefaultSpec.Create());

    [Fact]
    public void The_default_configuration_as_json()
    {
        var spec = Detached();
        Golden("default.json", Encoding.UTF8.GetString(PlanPrinter.ToJson(Compile(spec), "/sys/fs/cgroup/id", spec.Linux!.Resources)) + "\n");
    }

    [Fact]
    public void The_rootless_configuration_in_a_user_namespace() => Same("rootless", DefaultSpec.Create(rootless: true, uid: 1000, gid: 1000));

    [Fact]
    public void A_container_that_waits_for_start()
    {
        var spec = Detached();
        Golden("create.txt", PlanPrinter.ToText(Compile(spec, waitsForStart: true), "/sys/fs/cgroup/id", spec.Linux!.Resources));
    }

    [Fact]
    public void Namespaces_of_a_sandbox_are_joined()
    {
        var spec = Detached();
        Same("joined", spec with
        {
            Linux = spec.Linux! with
            {
                Namespaces =
                [
                    new() { Type = "mount" }, new() { Type = "network", Path = "/proc/7/ns/net" }, new() { Type = "pid", Path = "/proc/7/ns/pid" },
                    new() { Type = "uts", Path = "/proc/7/ns/uts" }, new() { Type = "ipc", Path = "/proc/7/ns/ipc" }, new() { Type = "cgroup" },
                ],
            },
        });
    }

    [Fact]
    public void A_user_namespace_is_joined_and_the_others_are_made_in_it()
    {
        var spec = Detached();
        Same("joined-user", spec with
        {
            Linux = spec.Linux! with
            {
                Namespaces =
                [
                    new() { Type = "pid" }, new() { Type = "mount" }, new() { Type = "cgroup" }, new() { Type = "user", Path = "/proc/7/ns/user" },
                    new() { Type = "network", Path = "/proc/7/ns/net" }, new() { Type = "uts", Path = "/proc/7/ns/uts" }, new() { Type = "ipc" },
                ],
            },
        });
    }

    [Fact]
    public void Everything_that_mounts_can_be()
    {
        var spec = Detached();
        Same("mounts", spec with
        {
            Mounts =
            [
                new() { Destination = "/proc", Type = "proc", Source = "proc" },
                new() { Destination = "/dev", Type = "tmpfs", Source = "tmpfs", Options = ["nosuid", "ro"] },
                new() { Destination = "/run", Type = "tmpfs", Options = ["rro", "tmpcopyup"] },
                new() { Destination = "/data", Type = "bind", Source = "data", Options = ["rbind", "ro"] },
                new() { Destination = "/etc/hosts", Type = "bind", Source = "/srv/hosts", Options = ["bind", "nosuid", "rprivate"] },
                new() { Destination = "/mnt", Source = "/mnt", Options = ["rbind", "rshared", "rro"] },
                new() { Destination = "/proc/meminfo", Source = "/var/lib/lxcfs/meminfo", Options = ["bind"] },
            ],
        });
    }

    [Fact]
    public void Everything_else_that_a_configuration_can_ask_for()
    {
        var spec = DefaultSpec.Create();
        Same("full", spec with
        {
            Domainname = "example.test",
            Root = new Root { Path = "/srv/root" },
            Process = spec.Process! with
            {
                Cwd = "/srv/work",
                ConsoleSize = new ConsoleSize { Height = 25, Width = 80 },
                User = new User { Uid = 1000, Gid = 1000, AdditionalGids = [4, 100], Umask = 0x12 },
                Env = [.. spec.Process!.Env, "HOME=/home"],
                OomScoreAdj = 100,
            },
            Linux = spec.Linux! with
            {
                RootfsPropagation = "rshared",
                CgroupsPath = "/pods/one",
                Sysctl = Sysctls,
                Devices = [new() { Path = "/dev/fuse", Type = "c", Major = 10, Minor = 229, FileMode = 0x1b6 }, new() { Path = "/dev/null", Type = "c", Major = 1, Minor = 3, Uid = 5 }],
                Resources = new LinuxResources
                {
                    Memory = new LinuxMemory { Limit = 1 << 26 },
                    Cpu = new LinuxCpu { Quota = 50_000 },
                    Devices = [new() { Allow = false, Access = "rwm" }],
                },
            },
        });
    }

    [Fact]
    public void Clocks_labels_nodes_and_network_devices()
    {
        var spec = Detached();
        Same("labels", spec with
        {
            Process = spec.Process! with { ApparmorProfile = "profile", SelinuxLabel = "user:role:type:s0", ExecCPUAffinity = new ExecCpuAffinity { Initial = "0", Final = "1" } },
            Linux = spec.Linux! with
            {
                Namespaces = [.. spec.Linux.Namespaces, new() { Type = "time" }],
                TimeOffsets = Spec.Parse("""{"linux": {"timeOffsets": {"monotonic": {"secs": 1}}}}"""u8).Linux!.TimeOffsets,
                MountLabel = "user:object:type:s0",
                IntelRdt = new LinuxIntelRdt { L3CacheSchema = "L3:0=f" },
                MemoryPolicy = new LinuxMemoryPolicy { Mode = "MPOL_BIND", Nodes = "0-1", Flags = ["MPOL_F_STATIC_NODES"] },
                NetDevices = Spec.Parse("""{"linux": {"netDevices": {"eth1": {"name": "eth%d"}, "eth2": {}}}}"""u8).Linux!.NetDevices,
            },
        });
    }

    [Fact]
    public void A_time_namespace_in_a_user_namespace()
    {
        var spec = DefaultSpec.Create(rootless: true);
        Same("time-user", spec with
        {
            Process = spec.Process! with { Terminal = false },
            Linux = spec.Linux! with { Namespaces = [.. spec.Linux.Namespaces, new() { Type = "time" }] },
        });
    }

    [Fact]
    public void Mounts_with_mapped_ids()
    {
        var spec = DefaultSpec.Create(rootless: true, uid: 1000, gid: 1000);
        LinuxIdMapping[] mappings = [new() { ContainerID = 0, HostID = 5000, Size = 10 }];
        Same("idmap", spec with
        {
            Process = spec.Process! with { Terminal = false },
            Mounts =
            [
                new() { Destination = "/a", Type = "bind", Source = "/srv/a", Options = ["rbind", "ridmap"] },
                new() { Destination = "/b", Type = "bind", Source = "/srv/b", Options = ["bind"], UidMappings = mappings, GidMappings = mappings },
                new() { Destination = "/c", Type = "bind", Source = "/srv/c", Options = ["bind", "idmap"], UidMappings = [.. mappings], GidMappings = [.. mappings] },
            ],
        });
    }

    [Fact]
    public void One_more_process_on_chosen_CPUs_under_a_label()
    {
        var spec = DefaultSpec.Create();
        var process = spec.Process! with { Terminal = false, ApparmorProfile = "profile", ExecCPUAffinity = new ExecCpuAffinity { Initial = "0", Final = "0-1" } };
        Golden("exec-labels.txt", PlanPrinter.ToText(PlanCompiler.CompileExec(new ExecPlanRequest { Container = spec, Process = process }), "/sys/fs/cgroup/id", null));
    }

    [Fact]
    public void Without_a_mount_namespace_the_root_is_only_changed_to() => Same("host-mounts", Bare([new() { Type = "pid" }]));

    [Fact]
    public void Without_any_namespace() => Same("no-namespaces", Bare([]));

    [Fact]
    public void A_service_with_sockets_that_tells_its_readiness()
    {
        var spec = Detached();
        Golden("service.txt", PlanPrinter.ToText(
            PlanCompiler.Compile(Request(spec) with { ListenFds = 2, PreserveFds = 1, NotifyFolder = "/run/peapod/id/notify" }), "/sys/fs/cgroup/id", spec.Linux!.Resources));
    }

    [Fact]
    public void A_sandbox_pauses()
    {
        var spec = Detached();
        Golden("sandbox.txt", PlanPrinter.ToText(
            PlanCompiler.Compile(Request(spec) with { Pauses = true, BringsRoot = true }), "/sys/fs/cgroup/id", spec.Linux!.Resources));
    }

    [Fact]
    public void One_more_process_in_a_container()
    {
        var spec = DefaultSpec.Create();
        Golden("exec.txt", PlanPrinter.ToText(PlanCompiler.CompileExec(new ExecPlanRequest { Container = spec, Process = spec.Process!, KeyringOf = "id", PreserveFds = 2 }), "/sys/fs/cgroup/id", null));
    }

    [Fact]
    public void One_more_process_in_a_user_namespace()
    {
        var spec = DefaultSpec.Create(rootless: true);
        Golden("exec-user.txt", PlanPrinter.ToText(PlanCompiler.CompileExec(new ExecPlanRequest { Container = spec, Process = spec.Process! with { Terminal = false } }), "/sys/fs/cgroup/id", null));
    }

    private static IReadOnlyDictionary<string, string> Sysctls { get; } =
        Spec.Parse("""{"ociVersion": "1.0.0", "linux": {"sysctl": {"net.ipv4.ip_forward": "1", "net/ipv4/conf/eth0.1/forwarding": "1", "net.ipv4.conf.eth0/1.rp_filter": "2"}}}"""u8).Linux!.Sysctl;

    private static Spec Detached()
    {
        var spec = DefaultSpec.Create();
        return spec with { Process = spec.Process! with { Terminal = false } };
    }

    private static Spec Bare(IReadOnlyList<LinuxNamespace> namespaces)
    {
        var spec = Detached();
        return spec with
        {
            Hostname = null,
            Mounts = [],
            Root = new Root { Path = "rootfs" },
            Linux = new Linux { Namespaces = namespaces },
        };
    }

    private static PlanRequest Request(Spec spec) => new() { Id = "id", Spec = spec, Bundle = "/bundle", CgroupMount = "/sys/fs/cgroup" };

    private static Plan Compile(Spec spec, bool waitsForStart = false) => PlanCompiler.Compile(Request(spec) with { WaitsForStart = waitsForStart });

    private static void Same(string name, Spec spec)
    {
        SpecValidator.Validate(spec);
        Golden($"{name}.txt", PlanPrinter.ToText(Compile(spec), "/sys/fs/cgroup/id", spec.Linux!.Resources));
    }

    private static void Golden(string name, string text, [CallerFilePath] string source = "")
    {
        var path = Path.Combine(Path.GetDirectoryName(source)!, "Golden", name);
        if (Environment.GetEnvironmentVariable("PEAPOD_UPDATE_GOLDEN") == "1")
        {
            File.WriteAllText(path, text);
        }

        Assert.Equal(File.ReadAllText(path), text);
    }
}
