using System.Text.Json.Nodes;
using Peapod.HostTests.Harness;
using Peapod.Kernel.Processes;

namespace Peapod.HostTests.Oci;

/// <summary>What crun has beyond runc: its flags, its command for mounts, and the annotations of crun(1).</summary>
public class CrunExtrasTests
{
    [Theory]
    [InlineData("create", "other.json")]
    [InlineData("run --detach", "other.json")]
    [InlineData("run --detach", "absolute")]
    [Covers("create --config", "run --config")]
    public void A_configuration_may_have_another_name(string command, string name)
    {
        using var bundle = new Bundle("sleep", "100").Set("annotations", """{"which": "the other"}""");
        var file = Path.Combine(bundle.Folder, "other.json");
        File.Move(bundle.ConfigPath, file);
        File.WriteAllText(bundle.ConfigPath, "no JSON");

        var result = bundle.Peapod([.. command.Split(' '), "--config", name == "absolute" ? file : name, "--bundle", bundle.Folder, bundle.Id]);

        Assert.Equal((0, ""), (result.ExitCode, result.Error));
        Assert.Equal("the other", (string)bundle.State()["annotations"]!["which"]!);
    }

    [Theory]
    [InlineData("gone.json", null, "--config: cannot read \"{0}/gone.json\": No such file or directory")]
    [InlineData("bad.json", """{"ociVersion": "1.0.0"}""", "bad.json: process: is required")]
    public void A_named_configuration_that_will_not_do_is_told_by_its_name(string name, string? content, string sentence)
    {
        using var bundle = new Bundle("true");
        if (content is not null)
        {
            File.WriteAllText(Path.Combine(bundle.Folder, name), content);
        }

        Assert.Equal($"peapod: {string.Format(sentence, bundle.Folder)}\n", bundle.Peapod("run", "-f", name, "--bundle", bundle.Folder, bundle.Id).Error);
    }

    [Theory]
    [InlineData("1", false, "5 6 7")]
    [InlineData("1", true, "5 6 7")]
    [InlineData("0", false, "10")]
    public void The_callers_groups_are_kept_when_an_annotation_asks_for_it(string value, bool inUserNamespace, string groups)
    {
        using var bundle = new Bundle("sh", "-c", "grep Groups /proc/self/status; sleep 100").Set("process.user.additionalGids", "[10]");
        bundle.Set("annotations", $$"""{"run.oci.keep_original_groups": "{{value}}"}""");
        if (inUserNamespace)
        {
            bundle.Namespaces("pid", "network", "ipc", "uts", "mount", "user").Set("linux.uidMappings", """[{"containerID": 0, "hostID": 0, "size": 1000}]""").Set("linux.gidMappings", """[{"containerID": 0, "hostID": 0, "size": 1000}]""");
        }

        CommandResult As(params string[] command) => PeapodCommand.Start("setpriv", ["--groups", "5,6,7", PeapodCommand.Executable, "--root", bundle.Root, .. command]);
        var run = As("run", "--detach", "--bundle", bundle.Folder, bundle.Id);
        Assert.Equal((0, ""), (run.ExitCode, run.Error));

        Assert.Equal(groups, Groups(File.ReadAllText($"/proc/{bundle.State()["pid"]}/status")));
        Assert.Equal(groups, Groups(As("exec", bundle.Id, "cat", "/proc/self/status").Output));

        static string Groups(string status) => status.Split('\n').Single(static line => line.StartsWith("Groups:", StringComparison.Ordinal))["Groups:".Length..].Trim();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Hooks_append_what_they_write_to_the_files_of_annotations(bool detached)
    {
        const string script = """{"path": "/bin/sh", "args": ["sh", "-c", "echo KIND; echo error of KIND >&2"]}""";
        string[] kinds = ["prestart", "createRuntime", "createContainer", "startContainer", "poststart", "poststop"];
        using var bundle = new Bundle("sleep", detached ? "100" : "0");
        File.WriteAllText(Path.Combine(bundle.Folder, "out"), "before\n");
        bundle.Set("annotations", $$"""{"run.oci.hooks.stdout": "out", "run.oci.hooks.stderr": "{{bundle.Folder}}/err"}""");
        foreach (var kind in kinds)
        {
            bundle.Set($"hooks.{kind}", $"[{script.Replace("KIND", kind, StringComparison.Ordinal)}]");
        }

        if (detached)
        {
            Assert.Equal(0, bundle.Create().ExitCode);
            Assert.Equal("", bundle.Peapod("start", bundle.Id).Error);
            Assert.Equal(0, bundle.Peapod("delete", "--force", bundle.Id).ExitCode);
        }
        else
        {
            Assert.Equal("", bundle.RunOutput());
        }

        Assert.Equal(["before", .. kinds], File.ReadAllLines(Path.Combine(bundle.Folder, "out")));
        Assert.Equal(kinds.Select(static kind => $"error of {kind}"), File.ReadAllLines(Path.Combine(bundle.Folder, "err")));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(bundle.Folder, "err")));
    }

    [Theory]
    [InlineData("prestart")]
    [InlineData("createContainer")]
    public void A_file_for_hooks_that_cannot_be_opened_is_named(string kind)
    {
        using var bundle = new Bundle("true").Set("annotations", """{"run.oci.hooks.stdout": "/no/such/file"}""").Set($"hooks.{kind}", """[{"path": "/bin/true"}]""");

        Assert.StartsWith("peapod: config.json: annotations[\"run.oci.hooks.stdout\"]: cannot open \"/no/such/file\": ", bundle.Run().Error, StringComparison.Ordinal);
    }

    [Fact]
    public void The_process_holds_none_of_the_files_of_hooks()
    {
        using var bundle = new Bundle("ls", "/proc/self/fd").Set("annotations", """{"run.oci.hooks.stdout": "out", "run.oci.hooks.stderr": "err"}""");
        bundle.Set("hooks.startContainer", """[{"path": "/bin/true"}]""");

        Assert.Equal("0\n1\n2\n3\n", bundle.RunOutput());
    }

    [Fact]
    public void System_calls_that_nobody_knows_are_an_error_when_an_annotation_says_so()
    {
        using var bundle = new Bundle("echo", "ran").Set("linux.seccomp", """{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["chmod"], "action": "SCMP_ACT_ERRNO"}, {"names": ["read", "nosuch"], "action": "SCMP_ACT_ALLOW"}]}""");
        Assert.Equal("ran\n", bundle.RunOutput());

        bundle.Set("annotations", """{"run.oci.seccomp_fail_unknown_syscall": "1"}""");

        Assert.StartsWith("peapod: config.json: linux.seccomp.syscalls[1].names[1]: unknown system call \"nosuch\"", bundle.Run().Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_filter_in_an_annotation_takes_the_place_of_the_configurations()
    {
        // One instruction: return SECCOMP_RET_ALLOW.
        var program = Convert.ToBase64String([0x06, 0, 0, 0, 0, 0, 0xff, 0x7f]);
        using var bundle = new Bundle("sh", "-c", "grep Seccomp: /proc/self/status; mkdir /tmp/x && echo made").Set("root.readonly", "false");
        bundle.Set("linux.seccomp", """{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_ERRNO"}]}""");
        bundle.Set("annotations", new JsonObject { ["run.oci.seccomp_bpf_data"] = program }.ToJsonString());

        Assert.Equal("Seccomp:\t2\nmade\n", bundle.RunOutput());
    }

    [Fact]
    public void An_annotation_sets_the_clocks_of_a_time_namespace()
    {
        using var bundle = new Bundle("cat", "/proc/self/timens_offsets").Namespaces("pid", "mount", "uts", "ipc", "network", "time");
        bundle.Set("annotations", """{"run.oci.timens_offset": "boottime 100000 5\nmonotonic 7 0"}""");

        Assert.Equal([["monotonic", "7", "0"], ["boottime", "100000", "5"]], bundle.RunOutput().Trim().Split('\n').Select(static line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)));
    }

    [Fact]
    public void The_pidfd_is_sent_to_the_socket_of_an_annotation()
    {
        using var bundle = new Bundle("sleep", "100");

        var (text, descriptor) = DescriptorSocket.Receive(bundle.Folder, socket => Assert.Equal(0, bundle.Set("annotations", $$"""{"run.oci.pidfd_receiver": "{{socket}}"}""").Create().ExitCode));
        using var owned = descriptor;
        using var process = new PidFd(descriptor.Number);

        Assert.Equal(" ", text);
        Assert.True(process.Signal(Signals.SIGKILL));
        bundle.WaitFor("stopped");
        bundle.Peapod("delete", bundle.Id);
        Assert.Equal($"peapod: config.json: annotations[\"run.oci.pidfd_receiver\"]: cannot connect to \"{bundle.Folder}/received.sock\": No such file or directory\n", bundle.Create().Error);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void The_process_is_moved_into_a_cgroup_below_that_it_may_divide(bool ownNamespace)
    {
        using var bundle = new Bundle("sh", "-c", "grep 0:: /proc/self/cgroup; sleep 100").Set("annotations", """{"run.oci.delegate-cgroup": "/a/b"}""");
        bundle.Namespaces(ownNamespace ? ["pid", "mount", "uts", "ipc", "network", "cgroup"] : ["pid", "mount", "uts", "ipc", "network"]);
        var pid = bundle.RunDetached();

        var path = File.ReadAllLines($"/proc/{pid}/cgroup").Single(static line => line.StartsWith("0::", StringComparison.Ordinal));
        Assert.EndsWith($"/{bundle.Id}/a/b", path, StringComparison.Ordinal);
        var seen = bundle.Exec(bundle.Id, "grep", "0::", "/proc/self/cgroup").Output;
        Assert.Equal(ownNamespace ? "0::/a/b\n" : path + "\n", seen);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    [Covers("mounts add", "mounts remove")]
    public void Mounts_come_and_go_while_the_container_runs(bool inUserNamespace)
    {
        using var bundle = Sleeper(inUserNamespace);
        Directory.CreateDirectory(Path.Combine(bundle.Folder, "source"));
        File.WriteAllText(Path.Combine(bundle.Folder, "source", "word"), "hello\n");
        bundle.RunDetached();
        var file = Path.Combine(bundle.Folder, "mounts.json");
        File.WriteAllText(file, """
            [{"destination": "/tmp", "type": "tmpfs", "source": "tmpfs", "options": ["size=64k", "mode=700"]},
             {"destination": "/opt", "type": "bind", "source": "source", "options": ["bind", "ro"]},
             {"destination": "/opt/word", "type": "bind", "source": "source/word", "options": ["bind"]}]
            """);

        Assert.Equal((0, ""), Ended(bundle.Peapod("mounts", "add", bundle.Id, file)));
        Assert.Equal("hello\nro\ndrwx------ 0 0\n", bundle.Exec(bundle.Id, "sh", "-c", "cat /opt/word; touch /opt/x 2>/dev/null || echo ro; ls -ldn /tmp | awk '{print $1, $3, $4}'").Output);
        Assert.Equal((0, ""), Ended(bundle.Peapod("mounts", "remove", bundle.Id, file)));
        Assert.Equal("0\n", bundle.Exec(bundle.Id, "sh", "-c", "grep -c -E ' /(tmp|opt|opt/word) ' /proc/self/mountinfo; true").Output);
    }

    [Fact]
    public void A_proc_file_system_that_is_added_shows_the_containers_processes()
    {
        using var bundle = Sleeper(inUserNamespace: false);
        bundle.RunDetached();
        var file = Path.Combine(bundle.Folder, "mounts.json");
        File.WriteAllText(file, """[{"destination": "/opt", "type": "proc", "source": "proc"}]""");

        Assert.Equal((0, ""), Ended(bundle.Peapod("mounts", "add", bundle.Id, file)));

        Assert.Equal("sleep\n", bundle.Exec(bundle.Id, "cat", "/opt/1/comm").Output);
    }

    [Fact]
    public void Of_mounts_that_cannot_all_be_added_none_stays()
    {
        using var bundle = Sleeper(inUserNamespace: false);
        bundle.RunDetached();
        var file = Path.Combine(bundle.Folder, "mounts.json");
        File.WriteAllText(file, """[{"destination": "/tmp", "type": "tmpfs"}, {"destination": "/opt", "type": "bind", "source": "/no/such", "options": ["bind"]}]""");

        Assert.Equal(
            (1, $"peapod: {file}: mounts[1]: cannot mount \"/no/such\" at \"/opt\": open_tree: No such file or directory\n  the source does not exist on the host\n"),
            Ended(bundle.Peapod("mounts", "add", bundle.Id, file)));

        Assert.Equal("0\n", bundle.Exec(bundle.Id, "sh", "-c", "grep -c ' /tmp ' /proc/self/mountinfo; true").Output);
    }

    [Theory]
    [InlineData("remove", """[{"destination": "/"}]""", "mounts[0].destination: cannot unmount \"/\": umount2: Invalid argument")]
    [InlineData("remove", """[{"destination": "/tmp"}]""", "mounts[0].destination: cannot unmount \"/tmp\": umount2: Invalid argument")]
    [InlineData("remove", """[{"destination": "/none"}]""", "mounts[0].destination: cannot unmount \"/none\": openat2: No such file or directory")]
    [InlineData("add", """{"mounts": []}""", "expected an array of mounts")]
    [InlineData("add", """[{"source": "x"}]""", "mounts[0].destination: is required")]
    [InlineData("add", """[{"destination": "/proc/1", "type": "tmpfs"}]""", "mounts[0].destination: \"/proc/1\" is inside /proc, which only the proc file system may fill")]
    public void Mounts_that_cannot_be_changed_are_told_by_their_field(string act, string mounts, string sentence)
    {
        using var bundle = Sleeper(inUserNamespace: false);
        bundle.RunDetached();
        var file = Path.Combine(bundle.Folder, "mounts.json");
        File.WriteAllText(file, mounts);

        Assert.Equal((1, $"peapod: {file}: {sentence}\n"), Ended(bundle.Peapod("mounts", act, bundle.Id, file)));
    }

    [Fact]
    public void A_user_namespace_without_mappings_has_the_callers_root()
    {
        using var bundle = new Bundle("cat", "/proc/self/uid_map", "/proc/self/gid_map").Namespaces("pid", "network", "ipc", "uts", "mount", "user");
        bundle.Edit(static config => config["mounts"]!.AsArray().Remove(config["mounts"]!.AsArray().Single(static mount => (string)mount!["destination"]! == "/dev/pts")));

        bundle.Mapped().Edit(static config => Assert.True(config["linux"]!.AsObject().Remove("uidMappings") && config["linux"]!.AsObject().Remove("gidMappings")));
        Assert.All(bundle.RunOutput().Trim().Split('\n').Select(static line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)), static map => Assert.True(map is ["0", "0", "1"] or ["1", _, _]));

        bundle.Mapped().Edit(static config => config["linux"]!.AsObject().Remove("gidMappings"));
        Assert.Equal(["0 100000 1000", "0 0 1"], bundle.RunOutput().Trim().Split('\n').Select(static line => string.Join(' ', line.Split(' ', StringSplitOptions.RemoveEmptyEntries))).Take(2));
    }

    [Fact]
    public void Mappings_without_a_user_namespace_are_not_used_and_that_is_told()
    {
        using var bundle = new Bundle("id", "-u").Mapped();

        var run = bundle.Run();

        Assert.Equal((0, "0\n", "peapod: warning: config.json: linux.uidMappings: not used: there is no user namespace in linux.namespaces\n"), (run.ExitCode, run.Output, run.Error));
    }

    private static Bundle Sleeper(bool inUserNamespace)
    {
        var bundle = new Bundle("sleep", "100").Set("root.readonly", "false");
        if (inUserNamespace)
        {
            bundle.Namespaces("pid", "network", "ipc", "uts", "mount", "user").Mapped();
        }

        return bundle;
    }

    private static (int ExitCode, string Error) Ended(CommandResult result) => (result.ExitCode, result.Error);
}
