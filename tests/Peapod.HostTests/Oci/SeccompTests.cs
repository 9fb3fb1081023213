using Peapod.HostTests.Harness;

namespace Peapod.HostTests.Oci;

/// <summary>linux.seccomp, by what processes in the container are refused.</summary>
public class SeccompTests
{
    private const int EOPNOTSUPP = 95;

    [Covers("linux.seccomp.syscalls.names", "linux.seccomp.syscalls.action", "linux.seccomp.syscalls.errnoRet", "linux.seccomp.defaultAction")]
    [Theory]
    [InlineData("", "mkdir: can't create directory '/tmp/a': Operation not permitted\n")]
    [InlineData(", \"errnoRet\": 95", "mkdir: can't create directory '/tmp/a': Operation not supported\n")]
    [InlineData(", \"errnoRet\": 2", "mkdir: can't create directory '/tmp/a': No such file or directory\n")]
    public void A_denied_system_call_gives_the_errno_asked_for(string errno, string said)
    {
        using var bundle = new Bundle("mkdir", "/tmp/a");
        Filter(bundle, "SCMP_ACT_ALLOW", $$"""{"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_ERRNO"{{errno}}}""");

        var result = bundle.Run();

        Assert.Equal((1, said), (result.ExitCode, result.Error));
    }

    [Theory]
    [InlineData("SCMP_ACT_KILL")]
    [InlineData("SCMP_ACT_KILL_THREAD")]
    [InlineData("SCMP_ACT_KILL_PROCESS")]
    [InlineData("SCMP_ACT_TRAP")]
    public void A_killing_action_ends_the_process_by_SIGSYS(string action)
    {
        using var bundle = new Bundle("mkdir", "/tmp/a");
        Filter(bundle, "SCMP_ACT_ALLOW", $$"""{"names": ["mkdir"], "action": "{{action}}"}""");

        Assert.Equal(128 + 31, bundle.Run().ExitCode);
    }

    [Fact]
    public void Tracing_without_a_tracer_is_ENOSYS()
    {
        using var bundle = new Bundle("mkdir", "/tmp/a");
        Filter(bundle, "SCMP_ACT_ALLOW", """{"names": ["mkdir"], "action": "SCMP_ACT_TRACE"}""");

        Assert.Equal("mkdir: can't create directory '/tmp/a': Function not implemented\n", bundle.Run().Error);
    }

    [Fact]
    public void Logging_lets_the_call_through()
    {
        using var bundle = new Bundle("sh", "-c", "mkdir /dev/shm/a && ls /dev/shm && grep Seccomp: /proc/self/status");
        Filter(bundle, "SCMP_ACT_ALLOW", """{"names": ["mkdir"], "action": "SCMP_ACT_LOG"}""").Set("linux.seccomp.flags", """["SECCOMP_FILTER_FLAG_LOG", "SECCOMP_FILTER_FLAG_TSYNC"]""");

        Assert.Equal("a\nSeccomp:\t2\n", bundle.RunOutput());
    }

    [Covers("linux.seccomp.syscalls.args.index", "linux.seccomp.syscalls.args.value", "linux.seccomp.syscalls.args.op")]
    [Theory]
    [InlineData("SCMP_CMP_EQ", "nyn")]
    [InlineData("SCMP_CMP_NE", "yny")]
    [InlineData("SCMP_CMP_LT", "ynn")]
    [InlineData("SCMP_CMP_LE", "yyn")]
    [InlineData("SCMP_CMP_GT", "nny")]
    [InlineData("SCMP_CMP_GE", "nyy")]
    public void An_argument_is_compared_as_asked(string comparison, string denied)
    {
        using var bundle = KillBundle($$"""[{"index": 0, "value": 5000, "op": "{{comparison}}"}]""", "4999 5000 5001");

        Assert.Equal(Answers(denied), bundle.RunOutput());
    }

    [Covers("linux.seccomp.syscalls.args.valueTwo")]
    [Fact]
    public void Masked_bits_of_an_argument_are_compared_with_the_second_value()
    {
        using var bundle = KillBundle("""[{"index": 0, "value": 12288, "valueTwo": 4096, "op": "SCMP_CMP_MASKED_EQ"}]""", "4096 8191 8192 12288 20480");

        Assert.Equal(Answers("yynny"), bundle.RunOutput());
    }

    [Fact]
    public void Conditions_on_several_arguments_must_all_hold()
    {
        using var bundle = KillBundle("""[{"index": 0, "value": 5000, "op": "SCMP_CMP_GE"}, {"index": 1, "value": 1, "op": "SCMP_CMP_EQ"}]""", "5000");

        Assert.Equal(Answers("n"), bundle.RunOutput());
    }

    [Fact]
    public void Conditions_on_one_argument_twice_are_alternatives()
    {
        using var bundle = KillBundle("""[{"index": 0, "value": 5000, "op": "SCMP_CMP_EQ"}, {"index": 0, "value": 5002, "op": "SCMP_CMP_EQ"}]""", "5000 5001 5002");

        Assert.Equal(Answers("yny"), bundle.RunOutput());
    }

    [Fact]
    public void Unknown_system_calls_are_left_out_and_a_rule_may_be_there_twice()
    {
        using var bundle = new Bundle("mkdir", "/tmp/a");
        const string rule = """{"names": ["no_such_call", "mkdir"], "action": "SCMP_ACT_ERRNO"}""";
        Filter(bundle, "SCMP_ACT_ALLOW", $"{rule}, {rule}");

        Assert.Equal("mkdir: can't create directory '/tmp/a': Operation not permitted\n", bundle.Run().Error);
    }

    [Theory]
    [InlineData("true")]
    [InlineData("false")]
    public void The_filter_is_there_with_and_without_new_privileges(string noNewPrivileges)
    {
        using var bundle = new Bundle("grep", "-E", "^(Seccomp|Cap.*|NoNewPrivs):", "/proc/self/status");
        Filter(bundle, "SCMP_ACT_ALLOW", """{"names": ["mkdir"], "action": "SCMP_ACT_ERRNO"}""")
            .Set("process.noNewPrivileges", noNewPrivileges)
            .Set("process.user", """{"uid": 1000, "gid": 1000}""")
            .Set("process.capabilities", """{"bounding": ["CAP_CHOWN"], "permitted": ["CAP_CHOWN"], "effective": ["CAP_CHOWN"], "inheritable": ["CAP_CHOWN"], "ambient": ["CAP_CHOWN"]}""");

        var set = noNewPrivileges == "true" ? 1 : 0;
        Assert.Equal($"CapInh:\t0000000000000001\nCapPrm:\t0000000000000001\nCapEff:\t0000000000000001\nCapBnd:\t0000000000000001\nCapAmb:\t0000000000000001\nNoNewPrivs:\t{set}\nSeccomp:\t2\n", bundle.RunOutput());
    }

    [Fact]
    public void A_container_that_waits_for_start_has_its_own_capabilities_only()
    {
        using var bundle = new Bundle("true");
        Filter(bundle, "SCMP_ACT_ALLOW", """{"names": ["mkdir"], "action": "SCMP_ACT_ERRNO"}""")
            .Set("process.noNewPrivileges", "false")
            .Set("process.capabilities", """{"bounding": ["CAP_CHOWN"], "permitted": ["CAP_CHOWN"], "effective": ["CAP_CHOWN"]}""");

        Assert.Equal(0, bundle.Create().ExitCode);

        var status = File.ReadAllText($"/proc/{(int)bundle.State()["pid"]!}/status");
        Assert.Contains("CapPrm:\t0000000000000001\nCapEff:\t0000000000000001\n", status, StringComparison.Ordinal);
        Assert.Contains("Seccomp:\t2\n", status, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_a_filter_there_is_none()
    {
        using var bundle = new Bundle("grep", "Seccomp:", "/proc/self/status");

        Assert.Equal("Seccomp:\t0\n", bundle.RunOutput());
    }

    [Fact]
    public void The_umask_is_set_though_the_filter_refuses_it()
    {
        using var bundle = new Bundle("sh", "-c", "touch /dev/shm/a; stat -c %a /dev/shm/a");
        Filter(bundle, "SCMP_ACT_ALLOW", """{"names": ["umask", "capset", "prctl"], "action": "SCMP_ACT_ERRNO"}""").Set("process.user.umask", "63").Set("process.noNewPrivileges", "false");

        Assert.Equal("600\n", bundle.RunOutput());
    }

    [Fact]
    public void A_filter_for_a_user_namespace_is_installed()
    {
        using var bundle = new Bundle("sh", "-c", "grep Seccomp: /proc/self/status; mkdir /tmp/a");
        Filter(bundle, "SCMP_ACT_ALLOW", """{"names": ["mkdir"], "action": "SCMP_ACT_ERRNO"}""")
            .Set("process.noNewPrivileges", "false")
            .Set("linux.uidMappings", """[{"containerID": 0, "hostID": 100000, "size": 65536}]""")
            .Set("linux.gidMappings", """[{"containerID": 0, "hostID": 100000, "size": 65536}]""")
            .Namespaces("user", "mount", "pid", "ipc", "uts", "network", "cgroup");
        // The way to the root file system must be open to the mapped root.
        File.SetUnixFileMode(bundle.Folder, (UnixFileMode)0x1ed);
        Assert.Equal(0, PeapodCommand.Start("chown", "-hR", "100000:100000", bundle.PathInRootfs("/")).ExitCode);

        var result = bundle.Run();

        Assert.Equal(("Seccomp:\t2\n", "mkdir: can't create directory '/tmp/a': Operation not permitted\n"), (result.Output, result.Error));
    }

    [Fact]
    public void An_exec_has_the_containers_filter()
    {
        using var bundle = new Bundle("sleep", "100");
        Filter(bundle, "SCMP_ACT_ALLOW", """{"names": ["mkdir"], "action": "SCMP_ACT_ERRNO"}""");
        bundle.RunDetached();

        Assert.Equal("Seccomp:\t2\n", bundle.Exec(bundle.Id, "grep", "Seccomp:", "/proc/self/status").Output);
        Assert.Equal("mkdir: can't create directory '/tmp/a': Operation not permitted\n", bundle.Exec(bundle.Id, "mkdir", "/tmp/a").Error);
    }

    [Fact]
    public void Little_more_than_the_exec_need_be_allowed()
    {
        using var bundle = new Bundle("echo", "well");
        bundle.Set("linux.seccomp", """
            {"defaultAction": "SCMP_ACT_KILL_PROCESS", "syscalls": [{"action": "SCMP_ACT_ALLOW", "names": [
              "read", "write", "close", "execve", "exit_group", "arch_prctl", "brk", "getuid", "getgid", "setuid", "setgid", "mprotect",
              "set_tid_address", "set_robust_list", "rseq", "prlimit64", "readlink", "readlinkat", "getrandom", "newfstatat", "prctl", "uname", "mmap"]}]}
            """);

        Assert.Equal("well\n", bundle.RunOutput());
    }

    [Theory]
    [InlineData("SCMP_ACT_KILL_PROCESS")]
    [InlineData("SCMP_ACT_ERRNO")]
    public void A_filter_that_init_cannot_live_under_is_told(string action)
    {
        using var bundle = new Bundle("true").Set("linux.seccomp", $$"""{"defaultAction": "{{action}}"}""");

        var result = bundle.Run();

        Assert.Equal("peapod: config.json: linux.seccomp: the filter stops the container's init before it can execute\n  it must allow at least read, write, close, execve and exit_group\n", result.Error);
        Assert.Equal(1, result.ExitCode);
    }

    [Covers("linux.seccomp.defaultErrnoRet", "linux.seccomp.architectures")]
    [Fact]
    public void Dockers_profile_runs_busybox()
    {
        using var bundle = new Bundle("sh", "-c", "grep Seccomp: /proc/self/status; mkdir /dev/shm/a && ls -d /dev/shm/a; seq 3 | tail -n 1; unshare -U true; mount -t tmpfs x /tmp; swapoff /a");
        bundle.Set("linux.seccomp", DockerProfile());

        var result = bundle.Run();

        Assert.Equal("Seccomp:\t2\n/dev/shm/a\n3\n", result.Output);
        Assert.Equal("unshare: unshare(0x10000000): Operation not permitted\nmount: permission denied (are you root?)\nswapoff: /a: Operation not permitted\n", result.Error);
    }

    [Theory]
    [InlineData("""{"defaultAction": "SCMP_ACT_NO"}""", "linux.seccomp.defaultAction: unknown action \"SCMP_ACT_NO\"")]
    [InlineData("""{"defaultAction": "SCMP_ACT_ERRNO", "defaultErrnoRet": 4096}""", "linux.seccomp.defaultErrnoRet: 4096 is out of range (0 to 4094)")]
    [InlineData("""{"defaultAction": "SCMP_ACT_ALLOW", "architectures": ["SCMP_ARCH_X86", "SCMP_ARCH_S390X"]}""", "linux.seccomp.architectures[1]: SCMP_ARCH_S390X cannot be in one filter with X64: the order of bytes is another")]
    [InlineData("""{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["read"], "action": "SCMP_ACT_LOG"}, {"names": ["mkdir"], "action": "SCMP_ACT_ERRNO", "errnoRet": 65536}]}""", "linux.seccomp.syscalls[1].errnoRet: 65536 is out of range (0 to 4094)")]
    [InlineData("""{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["read"], "action": "SCMP_ACT_LOG", "args": [{"index": 6, "value": 1, "op": "SCMP_CMP_EQ"}]}]}""", "linux.seccomp.syscalls[0].args[0].index: 6 is out of range (0 to 5)")]
    [InlineData("""{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["read"], "action": "SCMP_ACT_LOG", "args": [{"index": 0, "value": 1, "op": "=="}]}]}""", "linux.seccomp.syscalls[0].args[0].op: unknown comparison \"==\"")]
    public void A_mistake_is_told_by_its_field(string seccomp, string sentence)
    {
        using var bundle = new Bundle("true").Set("linux.seccomp", seccomp);

        var result = bundle.Run();

        Assert.Equal((1, $"peapod: config.json: {sentence}\n"), (result.ExitCode, result.Error));
    }

    private static string DockerProfile()
    {
        using var stream = typeof(SeccompTests).Assembly.GetManifestResourceStream("docker-seccomp.json")!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }

    private static Bundle Filter(Bundle bundle, string defaultAction, string rules) =>
        bundle.Set("linux.seccomp", $$"""{"defaultAction": "{{defaultAction}}", "syscalls": [{{rules}}]}""");

    /// <summary>Sends signal 0 to processes that are not there: what is denied says "Operation not supported", the rest "No such process".</summary>
    private static Bundle KillBundle(string args, string pids) => Filter(
        new Bundle("sh", "-c", $"for pid in {pids}; do kill -0 $pid 2>&1; done | sed 's/.*: //'"),
        "SCMP_ACT_ALLOW",
        $$"""{"names": ["kill"], "action": "SCMP_ACT_ERRNO", "errnoRet": {{EOPNOTSUPP}}, "args": {{args}}}""");

    private static string Answers(string denied) => string.Concat(denied.Select(static each => each == 'y' ? "Operation not supported\n" : "No such process\n"));
}
