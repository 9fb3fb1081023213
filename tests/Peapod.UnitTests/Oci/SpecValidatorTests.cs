using System.Text;
using Peapod.Oci;

namespace Peapod.UnitTests.Oci;

public sealed class SpecValidatorTests
{
    private const string Valid = """
        "ociVersion": "1.2.0", "root": {"path": "rootfs"}, "process": {"cwd": "/", "args": ["sh"]}
        """;

    [Fact]
    public void The_default_configuration_is_valid()
    {
        SpecValidator.Validate(DefaultSpec.Create());
        SpecValidator.Validate(DefaultSpec.Create(rootless: true, uid: 1000, gid: 1000));
    }

    [Theory]
    [InlineData("1.0.0")]
    [InlineData("1.0.0-rc1")]
    [InlineData("1.0.0-rc5-dev")]
    [InlineData("1.0.2-dev")]
    [InlineData("1.1.0+dev")]
    [InlineData("1.3.0")]
    [InlineData("1.99.12345")]
    public void Versions_of_the_first_major_are_accepted(string version) =>
        SpecValidator.Validate(DefaultSpec.Create() with { OciVersion = version });

    [Theory]
    [InlineData("", "is required")]
    [InlineData("1", "\"1\" is not a version such as \"1.3.0\"")]
    [InlineData("1.0", "\"1.0\" is not a version such as \"1.3.0\"")]
    [InlineData("v1.0.0", "\"v1.0.0\" is not a version such as \"1.3.0\"")]
    [InlineData("1.0.0-", "\"1.0.0-\" is not a version such as \"1.3.0\"")]
    [InlineData("1.0.0.0", "\"1.0.0.0\" is not a version such as \"1.3.0\"")]
    [InlineData("01.0.0", "\"01.0.0\" is not a version such as \"1.3.0\"")]
    [InlineData("2.0.0", "version 2.0.0 of the runtime-spec is not supported, only 1.x")]
    [InlineData("0.5.0-dev", "version 0.5.0-dev of the runtime-spec is not supported, only 1.x")]
    public void Other_versions_are_refused(string version, string reason)
    {
        SpecException error = Assert.Throws<SpecException>(() => SpecValidator.Validate(DefaultSpec.Create() with { OciVersion = version }));

        Assert.Equal("ociVersion", error.Field);
        Assert.Equal(reason, error.Reason);
    }

    [Theory]
    [InlineData("""{"ociVersion": "1.0.0"}""", "process: is required")]
    [InlineData("""{"ociVersion": "1.0.0", "process": {"cwd": "/", "args": ["a"]}}""", "root: is required")]
    [InlineData("""{"ociVersion": "1.0.0", "process": {"cwd": "/", "args": ["a"]}, "root": {}}""", "root.path: is required")]
    public void What_is_required_is_missed(string json, string message) => AssertRefused(json, message);

    [Theory]
    [InlineData("""{"cwd": "/"}""", "process.args: must name a program")]
    [InlineData("""{"args": ["a"]}""", "process.cwd: is required")]
    [InlineData("""{"args": ["a"], "cwd": "tmp"}""", "process.cwd: must be an absolute path, not \"tmp\"")]
    [InlineData("""{"args": ["a"], "cwd": "/", "env": ["A=1", "B"]}""", "process.env[1]: \"B\" has no \"=\"")]
    [InlineData("""{"args": ["a"], "cwd": "/", "env": ["=1"]}""", "process.env[0]: the name before \"=\" is empty")]
    [InlineData("""{"args": ["a"], "cwd": "/", "user": {"uid": 4294967295}}""", "process.user.uid: 4294967295 is not an id that a process can have")]
    [InlineData("""{"args": ["a"], "cwd": "/", "user": {"additionalGids": [1, 4294967295]}}""", "process.user.additionalGids[1]: 4294967295 is not an id that a process can have")]
    [InlineData("""{"args": ["a"], "cwd": "/", "rlimits": [{"soft": 1, "hard": 1}]}""", "process.rlimits[0].type: is required")]
    [InlineData("""{"args": ["a"], "cwd": "/", "rlimits": [{"type": "RLIMIT_FOO"}]}""", "process.rlimits[0].type: unknown resource limit \"RLIMIT_FOO\"")]
    [InlineData("""{"args": ["a"], "cwd": "/", "rlimits": [{"type": "RLIMIT_CORE"}, {"type": "RLIMIT_CORE"}]}""", "process.rlimits[1].type: RLIMIT_CORE is set twice")]
    [InlineData("""{"args": ["a"], "cwd": "/", "rlimits": [{"type": "RLIMIT_CORE", "soft": 2, "hard": 1}]}""", "process.rlimits[0].soft: 2 is above the hard limit 1")]
    [InlineData("""{"args": ["a"], "cwd": "/", "oomScoreAdj": 1001}""", "process.oomScoreAdj: 1001 is out of range (-1000 to 1000)")]
    [InlineData("""{"args": ["a"], "cwd": "/", "scheduler": {}}""", "process.scheduler.policy: is required")]
    [InlineData("""{"args": ["a"], "cwd": "/", "scheduler": {"policy": "SCHED_FAIR"}}""", "process.scheduler.policy: unknown scheduling policy \"SCHED_FAIR\"")]
    [InlineData("""{"args": ["a"], "cwd": "/", "scheduler": {"policy": "SCHED_OTHER", "nice": 20}}""", "process.scheduler.nice: 20 is out of range (-20 to 19)")]
    [InlineData("""{"args": ["a"], "cwd": "/", "scheduler": {"policy": "SCHED_OTHER", "priority": 1}}""", "process.scheduler.priority: belongs to SCHED_FIFO and SCHED_RR, not to SCHED_OTHER")]
    [InlineData("""{"args": ["a"], "cwd": "/", "scheduler": {"policy": "SCHED_FIFO", "deadline": 1}}""", "process.scheduler.deadline: belongs to SCHED_DEADLINE, not to SCHED_FIFO")]
    [InlineData("""{"args": ["a"], "cwd": "/", "scheduler": {"policy": "SCHED_FIFO", "flags": ["X"]}}""", "process.scheduler.flags[0]: unknown scheduling flag \"X\"")]
    [InlineData("""{"args": ["a"], "cwd": "/", "ioPriority": {"class": "IOPRIO_CLASS_NONE"}}""", "process.ioPriority.class: unknown I/O priority class \"IOPRIO_CLASS_NONE\"")]
    [InlineData("""{"args": ["a"], "cwd": "/", "ioPriority": {"class": "IOPRIO_CLASS_BE", "priority": 8}}""", "process.ioPriority.priority: 8 is out of range (0 to 7)")]
    [InlineData("""{"args": ["a"], "cwd": "/", "execCPUAffinity": {"final": "all"}}""", "process.execCPUAffinity.final: \"all\" is not a list of CPUs such as \"0-3,7\"")]
    [InlineData("""{"args": ["a"], "cwd": "/", "consoleSize": {"height": 65536, "width": 1}}""", "process.consoleSize: a terminal has at most 65535 lines and columns")]
    public void A_process_that_cannot_be_is_refused(string process, string message) =>
        AssertRefused($$"""{"ociVersion": "1.0.0", "root": {"path": "rootfs"}, "process": {{process}}}""", message);

    [Theory]
    [InlineData("""{"mounts": [{"destination": "/a"}, {"type": "proc"}]}""", "mounts[1].destination: is required")]
    [InlineData("""{"mounts": [{"destination": "/a", "uidMappings": [{"size": 1}]}]}""", "mounts[0].uidMappings: needs gidMappings beside it")]
    [InlineData("""{"mounts": [{"destination": "/a", "gidMappings": [{"size": 1}]}]}""", "mounts[0].gidMappings: needs uidMappings beside it")]
    [InlineData("""{"mounts": [{"destination": "/a", "gidMappings": [{"size": 0}], "uidMappings": [{"size": 1}]}]}""", "mounts[0].gidMappings[0].size: must be more than 0")]
    [InlineData("""{"hooks": {"prestart": [{"path": "/a"}, {"path": "b"}]}}""", "hooks.prestart[1].path: must be an absolute path, not \"b\"")]
    [InlineData("""{"hooks": {"poststop": [{"args": ["a"]}]}}""", "hooks.poststop[0].path: is required")]
    [InlineData("""{"hooks": {"startContainer": [{"path": "/a", "timeout": 0}]}}""", "hooks.startContainer[0].timeout: must be more than 0 seconds")]
    [InlineData("""{"annotations": {"": "x"}}""", "annotations: a key is empty")]
    [InlineData("""{"annotations": {"run.oci.handler": "krun"}}""", "annotations[\"run.oci.handler\"]: there is no handler \"krun\": Peapod runs programs for the host's kernel only")]
    [InlineData("""{"annotations": {"run.oci.handler": "wasm"}}""", "annotations[\"run.oci.handler\"]: there is no handler \"wasm\": Peapod runs programs for the host's kernel only")]
    [InlineData("""{"annotations": {"module.wasm.image/variant": "compat"}}""", "annotations[\"module.wasm.image/variant\"]: there is no handler for WebAssembly: Peapod runs programs for the host's kernel only")]
    [InlineData("""{"annotations": {"run.oci.systemd.force_cgroup_v1": "/sys/fs/cgroup"}}""", "annotations[\"run.oci.systemd.force_cgroup_v1\"]: there is cgroup v2 only")]
    [InlineData("""{"annotations": {"run.oci.seccomp.plugins": "p.so"}}""", "annotations[\"run.oci.seccomp.plugins\"]: plugins cannot be loaded; linux.seccomp.listenerPath names a socket that takes the listener")]
    [InlineData("""{"annotations": {"run.oci.mount_context_type": "label"}}""", "annotations[\"run.oci.mount_context_type\"]: \"label\" is none of context, fscontext, defcontext and rootcontext")]
    [InlineData("""{"annotations": {"run.oci.delegate-cgroup": "a/../../b"}}""", "annotations[\"run.oci.delegate-cgroup\"]: \"a/../../b\" must not hold \".\" or \"..\"")]
    [InlineData("""{"annotations": {"run.oci.systemd.subgroup": ".."}}""", "annotations[\"run.oci.systemd.subgroup\"]: \"..\" must not hold \".\" or \"..\"")]
    [InlineData("""{"annotations": {"run.oci.pidfd_receiver": "a.sock"}}""", "annotations[\"run.oci.pidfd_receiver\"]: must be an absolute path, not \"a.sock\"")]
    [InlineData("""{"annotations": {"run.oci.seccomp.receiver": ""}}""", "annotations[\"run.oci.seccomp.receiver\"]: is required")]
    [InlineData("""{"annotations": {"run.oci.hooks.stderr": ""}}""", "annotations[\"run.oci.hooks.stderr\"]: must name a file")]
    [InlineData("""{"hostname": "a"}""", "hostname: needs a uts namespace in linux.namespaces")]
    [InlineData("""{"domainname": "a"}""", "domainname: needs a uts namespace in linux.namespaces")]
    public void Parts_outside_linux_are_checked(string part, string message) => AssertPartRefused(part, message);

    [Theory]
    [InlineData("""{"namespaces": [{"path": "/proc/1/ns/pid"}]}""", "linux.namespaces[0].type: is required")]
    [InlineData("""{"namespaces": [{"type": "pid"}, {"type": "net"}]}""", "linux.namespaces[1].type: unknown namespace \"net\"")]
    [InlineData("""{"namespaces": [{"type": "pid"}, {"type": "pid"}]}""", "linux.namespaces[1].type: the pid namespace is listed twice")]
    [InlineData("""{"namespaces": [{"type": "ipc", "path": "ns/ipc"}]}""", "linux.namespaces[0].path: must be an absolute path, not \"ns/ipc\"")]
    [InlineData("""{"namespaces": [{"type": "user"}]}""", "linux.uidMappings: is required for a new user namespace")]
    [InlineData("""{"namespaces": [{"type": "user"}], "uidMappings": [{"size": 1}]}""", "linux.gidMappings: is required for a new user namespace")]
    [InlineData("""{"namespaces": [{"type": "user"}], "uidMappings": [{"hostID": 4294967295, "size": 2}], "gidMappings": [{"size": 1}]}""", "linux.uidMappings[0].size: the range goes beyond the last id, 4294967295")]
    [InlineData("""{"timeOffsets": {"monotonic": {"secs": 1}}}""", "linux.timeOffsets: needs a time namespace in linux.namespaces")]
    [InlineData("""{"namespaces": [{"type": "time", "path": "/proc/7/ns/time"}], "timeOffsets": {"monotonic": {"secs": 1}}}""", "linux.timeOffsets: needs a new time namespace: the clocks of one that is joined are set for good")]
    [InlineData("""{"namespaces": [{"type": "time"}], "timeOffsets": {"realtime": {"secs": 1}}}""", "linux.timeOffsets: unknown clock \"realtime\"")]
    [InlineData("""{"namespaces": [{"type": "time"}], "timeOffsets": {"boottime": {"nanosecs": 1000000000}}}""", "linux.timeOffsets.boottime.nanosecs: 1000000000 is a second or more")]
    [InlineData("""{"maskedPaths": ["/proc/kcore"]}""", "linux.maskedPaths: needs a mount namespace in linux.namespaces")]
    [InlineData("""{"namespaces": [{"type": "mount"}], "readonlyPaths": ["proc/sys"]}""", "linux.readonlyPaths[0]: must be an absolute path, not \"proc/sys\"")]
    [InlineData("""{"rootfsPropagation": "public"}""", "linux.rootfsPropagation: unknown propagation \"public\"")]
    [InlineData("""{"devices": [{"path": "/dev/x", "type": "d"}]}""", "linux.devices[0].type: unknown device type \"d\"")]
    [InlineData("""{"devices": [{"path": "/dev/x"}]}""", "linux.devices[0].type: is required")]
    [InlineData("""{"devices": [{"type": "c"}]}""", "linux.devices[0].path: is required")]
    [InlineData("""{"devices": [{"path": "/dev/x", "type": "c", "major": -1}]}""", "linux.devices[0].major: -1 is out of range (0 to 4095)")]
    [InlineData("""{"netDevices": {"eth0": {}}}""", "linux.netDevices: needs a network namespace in linux.namespaces")]
    [InlineData("""{"namespaces": [{"type": "network"}], "netDevices": {"eth0": {"name": "a/b"}}}""", "linux.netDevices.eth0.name: \"a/b\" is not the name of a network interface")]
    [InlineData("""{"namespaces": [{"type": "network"}], "netDevices": {"eth0": {"name": "e%dh"}}}""", "linux.netDevices.eth0.name: \"e%dh\" is not the name of a network interface")]
    [InlineData("""{"namespaces": [{"type": "network"}], "netDevices": {"eth%d": {}}}""", "linux.netDevices: \"eth%d\" is not the name of a network interface")]
    [InlineData("""{"intelRdt": {"closID": "a/b"}}""", "linux.intelRdt.closID: \"a/b\" is not the name of a directory")]
    [InlineData("""{"intelRdt": {"closID": ".."}}""", "linux.intelRdt.closID: \"..\" is not the name of a directory")]
    [InlineData("""{"intelRdt": {"memBwSchema": "L3:0=f"}}""", "linux.intelRdt.memBwSchema: must be one line that begins with \"MB:\"")]
    [InlineData("""{"memoryPolicy": {"mode": "MPOL_BEST"}}""", "linux.memoryPolicy.mode: invalid memory policy mode: unknown memory policy \"MPOL_BEST\"")]
    [InlineData("""{"memoryPolicy": {"mode": "MPOL_BIND", "flags": ["X"]}}""", "linux.memoryPolicy.flags[0]: invalid memory policy flag: unknown memory policy flag \"X\"")]
    [InlineData("""{"personality": {"domain": "SOLARIS"}}""", "linux.personality.domain: unknown execution domain \"SOLARIS\"")]
    [InlineData("""{"personality": {"domain": "LINUX", "flags": ["X"]}}""", "linux.personality.flags[0]: unknown personality flag \"X\"")]
    public void Parts_of_linux_are_checked(string linux, string message) => AssertPartRefused($$"""{"linux": {{linux}}}""", message);

    [Theory]
    [InlineData("""{"devices": [{"allow": true, "type": "d"}]}""", "linux.resources.devices[0].type: unknown device type \"d\"")]
    [InlineData("""{"devices": [{"allow": true, "access": "rx"}]}""", "linux.resources.devices[0].access: \"rx\" must be made of \"r\", \"w\" and \"m\"")]
    [InlineData("""{"devices": [{"allow": true, "minor": -2}]}""", "linux.resources.devices[0].minor: -2 is out of range (-1 to 4294967295)")]
    [InlineData("""{"memory": {"limit": -2}}""", "linux.resources.memory.limit: -2 is neither a number of bytes nor -1 for no limit")]
    [InlineData("""{"memory": {"limit": 1000, "swap": 999}}""", "linux.resources.memory.swap: 999 is below the memory limit 1000, which it includes")]
    [InlineData("""{"memory": {"swap": 999}}""", "linux.resources.memory.swap: needs a memory limit, which it includes")]
    [InlineData("""{"memory": {"limit": -1, "swap": 999}}""", "linux.resources.memory.swap: needs a memory limit, which it includes")]
    [InlineData("""{"cpu": {"idle": 2}}""", "linux.resources.cpu.idle: 2 is out of range (0 to 1)")]
    [InlineData("""{"cpu": {"mems": "x"}}""", "linux.resources.cpu.mems: \"x\" is not a list such as \"0-3,7\"")]
    [InlineData("""{"blockIO": {"weight": 9}}""", "linux.resources.blockIO.weight: 9 is out of range (10 to 1000)")]
    [InlineData("""{"blockIO": {"weightDevice": [{"weight": 1001}]}}""", "linux.resources.blockIO.weightDevice[0].weight: 1001 is out of range (10 to 1000)")]
    [InlineData("""{"hugepageLimits": [{"limit": 1, "pageSize": "64kB"}]}""", "linux.resources.hugepageLimits[0].pageSize: \"64kB\" is not a page size such as \"2MB\"")]
    [InlineData("""{"unified": {"../cgroup.procs": "1"}}""", "linux.resources.unified: \"../cgroup.procs\" is not the name of a file in a cgroup")]
    public void Limits_are_checked(string resources, string message) =>
        AssertPartRefused($$$"""{"linux": {"resources": {{{resources}}}}}""", message);

    [Theory]
    [InlineData("""{}""", "linux.seccomp.defaultAction: is required")]
    [InlineData("""{"defaultAction": "ALLOW"}""", "linux.seccomp.defaultAction: unknown action \"ALLOW\"")]
    [InlineData("""{"defaultAction": "SCMP_ACT_NOTIFY"}""", "linux.seccomp.defaultAction: SCMP_ACT_NOTIFY cannot be the default: the runtime itself would wait for it")]
    [InlineData("""{"defaultAction": "SCMP_ACT_ALLOW", "defaultErrnoRet": 1}""", "linux.seccomp.defaultErrnoRet: SCMP_ACT_ALLOW has no errno")]
    [InlineData("""{"defaultAction": "SCMP_ACT_ALLOW", "architectures": ["SCMP_ARCH_X86", "X"]}""", "linux.seccomp.architectures[1]: unknown architecture \"X\"")]
    [InlineData("""{"defaultAction": "SCMP_ACT_ALLOW", "flags": ["X"]}""", "linux.seccomp.flags[0]: unknown filter flag \"X\"")]
    [InlineData("""{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["read"]}]}""", "linux.seccomp.syscalls[0].action: is required")]
    [InlineData("""{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"action": "SCMP_ACT_LOG"}]}""", "linux.seccomp.syscalls[0].names: must name a system call")]
    [InlineData("""{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["read"], "action": "SCMP_ACT_LOG", "errnoRet": 1}]}""", "linux.seccomp.syscalls[0].errnoRet: SCMP_ACT_LOG has no errno")]
    [InlineData("""{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["read"], "action": "SCMP_ACT_LOG", "args": [{"index": 6, "op": "SCMP_CMP_EQ"}]}]}""", "linux.seccomp.syscalls[0].args[0].index: 6 is out of range (0 to 5)")]
    [InlineData("""{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["read"], "action": "SCMP_ACT_LOG", "args": [{"index": 1, "op": "=="}]}]}""", "linux.seccomp.syscalls[0].args[0].op: unknown comparison \"==\"")]
    [InlineData("""{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["mkdir"], "action": "SCMP_ACT_NOTIFY"}]}""", "linux.seccomp.listenerPath: is required for SCMP_ACT_NOTIFY")]
    [InlineData("""{"defaultAction": "SCMP_ACT_ALLOW", "listenerPath": "/run/a", "syscalls": [{"names": ["read", "write"], "action": "SCMP_ACT_NOTIFY"}]}""", "linux.seccomp.syscalls[0].names[1]: SCMP_ACT_NOTIFY cannot be used for write: the runtime itself would wait for it")]
    public void The_system_call_filter_is_checked(string seccomp, string message) =>
        AssertPartRefused($$$"""{"linux": {"seccomp": {{{seccomp}}}}}""", message);

    [Theory]
    [InlineData("kernel.shmmax", "ipc")]
    [InlineData("kernel/shmmax", "ipc")]
    [InlineData("kernel.msgmni", "ipc")]
    [InlineData("kernel.sem", "ipc")]
    [InlineData("fs.mqueue.msg_max", "ipc")]
    [InlineData("net.ipv4.ip_forward", "network")]
    [InlineData("net.ipv4.conf.eth0/100.forwarding", "network")]
    [InlineData("net/ipv4/conf/eth0.100/forwarding", "network")]
    [InlineData("kernel.domainname", "uts")]
    public void A_kernel_parameter_needs_the_namespace_that_it_belongs_to(string key, string space)
    {
        var with = DefaultSpec.Create() with { Hostname = null, Linux = new Linux { Sysctl = Single(key), Namespaces = [new() { Type = space }] } };
        var without = DefaultSpec.Create() with { Hostname = null, Linux = new Linux { Sysctl = Single(key), Namespaces = [new() { Type = "pid" }] } };

        SpecValidator.Validate(with);
        SpecException error = Assert.Throws<SpecException>(() => SpecValidator.Validate(without));

        Assert.Equal($"linux.sysctl[\"{key}\"]", error.Field);
        Assert.EndsWith($" {space} namespace in linux.namespaces", error.Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("kernel.core_pattern", "does not belong to a namespace: it would change the host")]
    [InlineData("kernel.shmmax2", "does not belong to a namespace: it would change the host")]
    [InlineData("vm.swappiness", "does not belong to a namespace: it would change the host")]
    [InlineData("kernel.hostname", "is set with the field hostname")]
    [InlineData("net/../kernel/core_pattern", "is not the name of a kernel parameter")]
    [InlineData("net.//.kernel.core_pattern", "is not the name of a kernel parameter")]
    [InlineData("net..ipv4", "is not the name of a kernel parameter")]
    [InlineData("", "is not the name of a kernel parameter")]
    public void A_kernel_parameter_of_the_host_is_refused(string key, string reason)
    {
        Spec spec = DefaultSpec.Create();
        spec = spec with { Linux = spec.Linux! with { Sysctl = Single(key) } };

        SpecException error = Assert.Throws<SpecException>(() => SpecValidator.Validate(spec));

        Assert.Equal($"linux.sysctl[\"{key}\"]", error.Field);
        Assert.Equal(reason, error.Reason);
    }

    [Fact]
    public void A_user_namespace_to_be_joined_may_come_with_its_mappings_or_without()
    {
        AssertPartAccepted("""{"linux": {"namespaces": [{"type": "user", "path": "/proc/1/ns/user"}]}}""");
        AssertPartAccepted("""{"linux": {"namespaces": [{"type": "user", "path": "/proc/1/ns/user"}], "uidMappings": [{"size": 1}], "gidMappings": [{"size": 1}]}}""");
    }

    [Fact]
    public void A_relative_mount_destination_is_tolerated() => AssertPartAccepted("""{"mounts": [{"destination": "data"}]}""");

    [Fact]
    public void A_NUL_in_a_record_made_by_hand_is_refused()
    {
        Spec spec = DefaultSpec.Create();

        AssertMessage("process.args[1]: contains a NUL character", spec with { Process = spec.Process! with { Args = ["sh", "a\0b"] } });
        AssertMessage("mounts[0].source: contains a NUL character", spec with { Mounts = [new() { Destination = "/a", Source = "b\0" }] });
        AssertMessage("root.path: contains a NUL character", spec with { Root = new() { Path = "/\0" } });
    }

    [Fact]
    public void Documents_of_exec_and_update_name_fields_from_their_own_root()
    {
        SpecException process = Assert.Throws<SpecException>(() => SpecValidator.ValidateProcess(new Process { Args = ["a"], Cwd = "b" }));
        SpecException limits = Assert.Throws<SpecException>(() => SpecValidator.ValidateResources(LinuxResources.Parse("""{"cpu": {"idle": 5}}"""u8)));

        Assert.Equal("cwd", process.Field);
        Assert.Equal("cpu.idle", limits.Field);
    }

    private static Dictionary<string, string> Single(string key) => new() { [key] = "1" };

    private static Spec Parse(string json) => Spec.Parse(Encoding.UTF8.GetBytes(json));

    private static string WithPart(string part) => $$"""{{{Valid}}, {{part[1..]}}""";

    private static void AssertPartAccepted(string part) => SpecValidator.Validate(Parse(WithPart(part)));

    private static void AssertPartRefused(string part, string message) => AssertRefused(WithPart(part), message);

    private static void AssertRefused(string json, string message) => AssertMessage(message, Parse(json));

    private static void AssertMessage(string message, Spec spec) =>
        Assert.Equal(message, Assert.Throws<SpecException>(() => SpecValidator.Validate(spec)).Message);
}
