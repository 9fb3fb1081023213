using Mono.Unix.Native;
using Peapod.HostTests.Harness;

namespace Peapod.HostTests.Oci;

public class ExecTests
{
    /// <summary>A response file, as command-line libraries know them, would put the host's files into the hands of whoever names the arguments.</summary>
    [Fact]
    public void An_argument_that_begins_with_an_at_sign_is_passed_on_as_it_is()
    {
        using var bundle = new Bundle("sleep", "100");
        bundle.RunDetached();

        Assert.Equal("@/etc/hostname\n", bundle.Exec(bundle.Id, "echo", "@/etc/hostname").Output);
        Assert.Equal("peapod: container id \"@\": may hold only letters, digits, and the characters _ + - .\n", bundle.Peapod("state", "@").Error);
    }

    [Fact]
    [Covers("exec --detach", "exec --pid-file")]
    public void A_detached_exec_returns_at_once_and_leaves_its_number_in_the_pid_file()
    {
        using var bundle = new Bundle("sleep", "100");
        var container = bundle.RunDetached();
        var file = Path.Combine(bundle.Folder, "exec.pid");

        var result = bundle.Exec("--detach", "--pid-file", file, bundle.Id, "sleep", "77");

        Assert.Equal((0, "", ""), (result.ExitCode, result.Output, result.Error));
        var pid = int.Parse(File.ReadAllText(file));
        Assert.Equal("sleep\077\0", File.ReadAllText($"/proc/{pid}/cmdline"));
        Assert.Equal(new FileInfo($"/proc/{container}/ns/mnt").LinkTarget, new FileInfo($"/proc/{pid}/ns/mnt").LinkTarget);
        Assert.Equal($"0::/{bundle.Id}", File.ReadLines($"/proc/{pid}/cgroup").Last());
    }

    [Fact]
    public void The_pid_file_is_there_before_the_process_runs()
    {
        using var bundle = new Bundle("sleep", "100");
        bundle.RunDetached();
        var result = bundle.Exec("--pid-file", "/no/such/folder/pid", bundle.Id, "touch", "/tmp/ran");

        Assert.Equal("peapod: --pid-file: cannot write \"/no/such/folder/pid\": No such file or directory\n", result.Error);
        Assert.Equal(255, result.ExitCode);
        Assert.False(File.Exists(bundle.PathInRootfs("/tmp/ran")));
    }

    [Fact]
    [Covers("exec --process")]
    public void A_process_document_says_all_about_the_process()
    {
        using var bundle = new Bundle("sleep", "100");
        bundle.RunDetached();
        var file = Path.Combine(bundle.Folder, "process.json");
        File.WriteAllText(file, """
            {
              "user": {"uid": 1000, "gid": 33, "additionalGids": [4, 100], "umask": 63}, "cwd": "/var/log",
              "args": ["sh", "-c", "id -u; id -g; id -G; umask; pwd; echo $WORD; grep -E 'NoNewPrivs|CapPrm' /proc/self/status; ulimit -n"],
              "env": ["PATH=/bin:/usr/bin", "WORD=one", "WORD=two"], "rlimits": [{"type": "RLIMIT_NOFILE", "soft": 64, "hard": 128}]
            }
            """);

        var result = bundle.Exec("--process", file, bundle.Id);

        Assert.Equal("1000\n33\n33 4 100\n0077\n/var/log\ntwo\nCapPrm:\t0000000000000000\nNoNewPrivs:\t0\n64\n", result.Output);
        Assert.Equal(0, result.ExitCode);
    }

    [Fact]
    public void A_process_document_at_fault_is_told_by_its_file_and_field()
    {
        using var bundle = new Bundle("sleep", "100");
        bundle.RunDetached();
        var file = Path.Combine(bundle.Folder, "process.json");

        Assert.Equal($"peapod: --process: cannot read \"{file}\": No such file or directory\n", bundle.Exec("--process", file, bundle.Id).Error);
        File.WriteAllText(file, """{"args": "sh"}""");
        Assert.Equal($"peapod: --process: {file}: args: expected an array, found a string\n", bundle.Exec("--process", file, bundle.Id).Error);
        File.WriteAllText(file, """{"args": ["sh"], "cwd": "tmp"}""");
        Assert.Equal($"peapod: --process: {file}: cwd: must be an absolute path, not \"tmp\"\n", bundle.Exec("--process", file, bundle.Id).Error);
    }

    [Fact]
    [Covers("exec --cwd", "exec --env", "exec --user", "exec --additional-gids", "exec --cap", "exec --no-new-privs")]
    public void Flags_change_the_containers_own_process()
    {
        using var bundle = new Bundle("sleep", "100");
        bundle.Set("process.user", """{"uid": 5, "gid": 6, "additionalGids": [7]}""").Set("process.noNewPrivileges", "false");
        bundle.RunDetached();

        var result = bundle.Exec(
            "--user", "1000:33", "--additional-gids", "100", "--cwd", "/tmp", "--env", "WORD=one", "-e", "PATH=/bin:/usr/bin", "--no-new-privs", "--cap", "CAP_CHOWN",
            bundle.Id, "sh", "-c", "id -u; id -g; id -G; pwd; echo $WORD $PATH; grep -E 'NoNewPrivs|CapBnd' /proc/self/status");

        Assert.Equal("1000\n33\n33 7 100\n/tmp\none /bin:/usr/bin\nCapBnd:\t0000000020000421\nNoNewPrivs:\t1\n", result.Output);
    }

    [Fact]
    [Covers("exec --user")]
    public void A_user_without_a_group_keeps_the_containers_group()
    {
        using var bundle = new Bundle("sleep", "100");
        bundle.Set("process.user", """{"uid": 5, "gid": 6}""");
        bundle.RunDetached();

        Assert.Equal("1000\n6\n", bundle.Exec("--user", "1000", bundle.Id, "sh", "-c", "id -u; id -g").Output);
    }

    [Fact]
    [Covers("exec --cwd")]
    public void A_working_directory_that_is_not_there_is_refused()
    {
        using var bundle = new Bundle("sleep", "100");
        bundle.RunDetached();

        var result = bundle.Exec("--cwd", "/no/such", bundle.Id, "true");

        Assert.Equal("peapod: --cwd: cannot change to the working directory \"/no/such\": chdir: No such file or directory\n", result.Error);
        Assert.Equal(255, result.ExitCode);
    }

    [Fact]
    [Covers("exec --preserve-fds", "run --preserve-fds")]
    public void Descriptors_are_passed_on_when_asked_for_and_only_those()
    {
        using var bundle = new Bundle("sleep", "100");
        bundle.RunDetached();
        const string show = "ls /proc/self/fd | tr '\\n' ' '; cat <&3 2>&1";

        var passed = PeapodCommand.Start("sh", "-c", "echo three | \"$@\" 3<&0 4</dev/null", "sh",
            PeapodCommand.Executable, "--root", bundle.Root, "exec", "--preserve-fds", "1", bundle.Id, "sh", "-c", show);
        var missing = bundle.Exec("--preserve-fds", "2", bundle.Id, "true");

        Assert.Equal("0 1 2 3 4 three\n", passed.Output);
        Assert.Equal("peapod: --preserve-fds 2: descriptor 3 was not passed to this command\n", missing.Error);
    }

    [Fact]
    [Covers("create --preserve-fds")]
    public void A_container_keeps_descriptors_through_create_and_start()
    {
        using var bundle = new Bundle("sh", "-c", "ls /proc/self/fd | tr '\\n' ' '; cat <&4");
        var file = Path.Combine(bundle.Folder, "four");
        File.WriteAllText(file, "four");

        var created = PeapodCommand.Start("sh", "-c", "\"$@\" 3</dev/null 4<\"$0\" >\"$0.out\"", file,
            PeapodCommand.Executable, "--root", bundle.Root, "create", "--bundle", bundle.Folder, "--preserve-fds", "2", bundle.Id);
        Assert.Equal((0, ""), (created.ExitCode, created.Error));
        Assert.Equal(0, bundle.Peapod("start", bundle.Id).ExitCode);
        bundle.WaitFor("stopped");

        // ls holds the folder open, as 5.
        Assert.Equal("0 1 2 3 4 5 four", File.ReadAllText(file + ".out"));
    }

    [Fact]
    public void The_session_keyring_is_the_containers()
    {
        using var bundle = new Bundle("sh", "-c", "cat /proc/keys; sleep 100").Set("linux.maskedPaths", "[]").Set("process.user.uid", "54321");
        var output = Path.Combine(bundle.Folder, "keys");
        var run = PeapodCommand.Start("sh", "-c", "exec \"$@\" >\"$0\"", output, PeapodCommand.Executable, "--root", bundle.Root, "run", "--detach", "--bundle", bundle.Folder, bundle.Id);
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        for (var tries = 0; tries < 100 && new FileInfo(output).Length == 0; tries++)
        {
            Thread.Sleep(20);
        }

        var exec = bundle.Exec(bundle.Id, "cat", "/proc/keys");

        Assert.Contains($" keyring   _ses.{bundle.Id}: ", File.ReadAllText(output), StringComparison.Ordinal);
        Assert.Contains($" keyring   _ses.{bundle.Id}: ", exec.Output, StringComparison.Ordinal);
        Assert.Equal(Serial(File.ReadAllText(output)), Serial(exec.Output));

        static string Serial(string keys) => keys.Split('\n').Single(static line => line.Contains(" _ses.", StringComparison.Ordinal)).Split(' ')[0];
    }

    [SkippableFact]
    [Trait("also", "vm")]
    public void A_container_that_divides_its_cgroup_can_still_be_entered()
    {
        var controller = File.ReadAllText("/sys/fs/cgroup/cgroup.controllers").Split(' ', '\n')[0];
        Skip.If(controller.Length == 0, "this host's cgroup2 has no controller to divide");
        using var bundle = new Bundle(
            "sh", "-c", $"cd /sys/fs/cgroup && mkdir inner && echo 1 >inner/cgroup.procs && echo +{controller} >cgroup.subtree_control && touch /tmp/ready && sleep 100")
            .Set("mounts[6].options", """["nosuid", "noexec", "nodev", "relatime", "rw"]""").Mount("tmpfs", "/tmp", "tmpfs");
        var pid = bundle.RunDetached();
        for (var tries = 0; tries < 100 && !File.Exists($"/proc/{pid}/root/tmp/ready"); tries++)
        {
            Thread.Sleep(20);
        }

        var result = bundle.Exec(bundle.Id, "cat", "/proc/self/cgroup");

        Assert.Equal("", result.Error);
        Assert.Equal("0::/inner", result.Output.TrimEnd('\n').Split('\n')[^1]);
    }

    [Fact]
    public void Exec_in_a_stopped_container_is_refused()
    {
        using var bundle = new Bundle("true");
        bundle.RunDetached();
        bundle.WaitFor("stopped");

        Assert.Equal($"peapod: container \"{bundle.Id}\" is not running: it is stopped\n", bundle.Exec(bundle.Id, "true").Error);
    }

    [Fact]
    [Covers("exec --ignore-paused")]
    public void Exec_in_a_paused_container_is_refused_unless_told_to_wait_there()
    {
        using var bundle = new Bundle("sleep", "100");
        bundle.RunDetached();
        Assert.Equal(0, bundle.Peapod("pause", bundle.Id).ExitCode);

        Assert.Equal($"peapod: cannot exec in a paused container: \"{bundle.Id}\" is paused\n  resume it first, or use --ignore-paused\n", bundle.Exec(bundle.Id, "true").Error);
        using var exec = System.Diagnostics.Process.Start(PeapodCommand.Executable, ["--root", bundle.Root, "exec", "--ignore-paused", bundle.Id, "sh", "-c", "exit 9"]);
        Assert.False(exec.WaitForExit(300));
        Assert.Equal(0, bundle.Peapod("resume", bundle.Id).ExitCode);
        Assert.True(exec.WaitForExit(10_000));
        Assert.Equal(9, exec.ExitCode);
    }

    [Fact]
    public void An_exec_that_is_killed_leaves_its_process_to_the_container()
    {
        using var bundle = new Bundle("sleep", "100");
        bundle.RunDetached();
        using var exec = System.Diagnostics.Process.Start(PeapodCommand.Executable, ["--root", bundle.Root, "exec", bundle.Id, "sleep", "78"]);
        var folder = $"/sys/fs/cgroup/{bundle.Id}/cgroup.procs";
        for (var tries = 0; tries < 100 && Sleeper() is null; tries++)
        {
            Thread.Sleep(20);
        }

        Assert.Equal(0, Syscall.kill(exec.Id, Signum.SIGKILL));
        Assert.True(exec.WaitForExit(10_000));

        Assert.NotNull(Sleeper());
        Assert.Equal("running", bundle.Status);

        string? Sleeper() => File.ReadAllLines(folder).FirstOrDefault(static pid => File.ReadAllText($"/proc/{pid}/cmdline") == "sleep\078\0");
    }

    [Fact]
    public void A_signal_to_the_foreground_exec_reaches_its_process()
    {
        using var bundle = new Bundle("sleep", "100");
        bundle.RunDetached();
        using var exec = System.Diagnostics.Process.Start(
            PeapodCommand.Executable, ["--root", bundle.Root, "exec", bundle.Id, "sh", "-c", "trap 'exit 42' TERM; touch /dev/shm/ready; while :; do sleep 0.05; done"]);
        var ready = $"/proc/{(int)bundle.State()["pid"]!}/root/dev/shm/ready";
        for (var tries = 0; tries < 100 && !File.Exists(ready); tries++)
        {
            Thread.Sleep(20);
        }

        Assert.Equal(0, Syscall.kill(exec.Id, Signum.SIGTERM));

        Assert.True(exec.WaitForExit(10_000));
        Assert.Equal(42, exec.ExitCode);
    }

    [Theory]
    [InlineData("sub")]
    [InlineData("/sub/")]
    [InlineData("other/../sub")]
    [Covers("exec --cgroup")]
    public void Exec_goes_into_a_cgroup_below_the_containers(string cgroup)
    {
        using var bundle = new Bundle("sleep", "100");
        bundle.RunDetached();
        Directory.CreateDirectory($"/sys/fs/cgroup/{bundle.Id}/sub");

        var result = bundle.Exec("--cgroup", cgroup, bundle.Id, "tail", "-n", "1", "/proc/self/cgroup");

        Assert.Equal(("0::/sub\n", "", 0), (result.Output, result.Error, result.ExitCode));
    }

    [Theory]
    [InlineData("--cgroup: the container has no cgroup \"none\" below its own", "none")]
    [InlineData("--cgroup: ../.. is not a sub cgroup path", "../..")]
    [InlineData("--cgroup: a/../../b is not a sub cgroup path", "a/../../b")]
    [InlineData("--cgroup: unknown controller memory in \"memory:sub\": in cgroup v2 all controllers are in one hierarchy\n  leave out \"memory:\"", "memory:sub")]
    [InlineData("invalid --cgroup argument: :sub (empty <controller> prefix)", ":sub")]
    [InlineData("invalid --cgroup argument: a (missing <controller>: prefix)", "a", "b")]
    [Covers("exec --cgroup")]
    public void A_cgroup_that_is_not_the_containers_is_refused(string sentence, params string[] cgroups)
    {
        using var bundle = new Bundle("sleep", "100");
        bundle.RunDetached();

        var result = bundle.Exec([.. cgroups.SelectMany(static cgroup => new[] { "--cgroup", cgroup }), bundle.Id, "true"]);

        Assert.Equal((255, $"peapod: {sentence}\n"), (result.ExitCode, result.Error));
    }

    [Theory]
    [InlineData("--process-label", "system_u:system_r:container_t:s0")]
    [InlineData("--apparmor", "no-such-profile")]
    [Covers("exec --process-label", "exec --apparmor")]
    public void A_confinement_that_cannot_be_had_is_told_by_its_flag(string flag, string value)
    {
        using var bundle = new Bundle("sleep", "100");
        bundle.RunDetached();

        var result = bundle.Exec(flag, value, bundle.Id, "true");

        Assert.Equal(255, result.ExitCode);
        Assert.StartsWith($"peapod: {flag}: ", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    [Covers("exec --cap")]
    public void An_added_capability_is_ambient_when_it_is_inheritable()
    {
        using var bundle = new Bundle("sleep", "100");
        const string both = """["CAP_CHOWN", "CAP_SYSLOG"]""";
        bundle.Set("process.capabilities", $$"""{"bounding": {{both}}, "permitted": {{both}}, "effective": {{both}}, "inheritable": {{both}}, "ambient": ["CAP_CHOWN"]}""");
        bundle.RunDetached();

        Assert.Equal("CapAmb:\t0000000000000001\n", bundle.Exec(bundle.Id, "grep", "CapAmb", "/proc/self/status").Output);
        Assert.Equal("CapAmb:\t0000000400000001\n", bundle.Exec("--cap", "CAP_SYSLOG", "--cap", "CAP_KILL", bundle.Id, "grep", "CapAmb", "/proc/self/status").Output);
    }

    [Fact]
    public void A_failed_exec_can_be_told_from_a_failed_process()
    {
        using var bundle = new Bundle("sleep", "100");
        bundle.RunDetached();

        Assert.Equal((1, ""), (bundle.Exec(bundle.Id, "false").ExitCode, bundle.Exec(bundle.Id, "false").Error));
        Assert.Equal((255, $"peapod: command: what is to be executed is missing\n"), (bundle.Exec(bundle.Id).ExitCode, bundle.Exec(bundle.Id).Error));
        Assert.Equal(255, bundle.Exec(bundle.Id, "no-such-thing").ExitCode);
        Assert.Equal(255, bundle.Exec(bundle.Id, "/etc/passwd").ExitCode);
        Assert.Equal(137, bundle.Exec(bundle.Id, "sh", "-c", "kill -KILL $$").ExitCode);
    }

    [Fact]
    [Covers("exec --no-new-privs")]
    public void No_new_privileges_can_be_given_and_taken_back()
    {
        using var bundle = new Bundle("sleep", "100").Set("process.noNewPrivileges", "true");
        bundle.RunDetached();

        Assert.Equal("NoNewPrivs:\t1\n", bundle.Exec(bundle.Id, "grep", "NoNewPrivs", "/proc/self/status").Output);
        Assert.Equal("NoNewPrivs:\t0\n", bundle.Exec("--no-new-privs=false", bundle.Id, "grep", "NoNewPrivs", "/proc/self/status").Output);
    }

    [Fact]
    [Covers("exec --process")]
    public void A_process_document_may_ask_for_a_terminal()
    {
        using var bundle = new Bundle("sleep", "100");
        bundle.RunDetached();
        var file = Path.Combine(bundle.Folder, "process.json");
        File.WriteAllText(file, """{"terminal": true, "consoleSize": {"height": 22, "width": 77}, "user": {"uid": 7}, "cwd": "/", "args": ["sh", "-c", "stty size; stat -c %u $(tty)"], "env": ["PATH=/bin:/usr/bin"]}""");

        using var terminal = Terminal.Receive(bundle.Folder, socket =>
            Assert.Equal("", bundle.Exec("--process", file, "--detach", "--console-socket", socket, bundle.Id).Error));

        terminal.WaitFor("\r\n7\r\n");
        Assert.Equal("22 77\r\n7\r\n", terminal.Text);
    }
}
