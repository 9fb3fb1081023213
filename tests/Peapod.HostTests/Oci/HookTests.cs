using System.Text.Json.Nodes;
using Peapod.HostTests.Harness;

namespace Peapod.HostTests.Oci;

public class HookTests
{
    private static readonly string[] Kinds = ["prestart", "createRuntime", "createContainer", "startContainer", "poststart", "poststop"];

    [Covers("hooks")]
    [Fact]
    public void The_hooks_run_in_the_specs_order_with_the_containers_state()
    {
        using var bundle = Recording("sh", "-c", "echo process >>/log/seen; sleep 100");
        Assert.Equal(0, bundle.Create().ExitCode);
        Assert.Equal(["prestart creating", "createRuntime creating", "createContainer creating"], Seen(bundle));
        var pid = (int)bundle.State()["pid"]!;

        Assert.Equal("", bundle.Peapod("start", bundle.Id).Error);
        Assert.Equal(["startContainer created", "poststart running"], Seen(bundle)[3..].Where(static line => line != "process"));
        Assert.Equal("", bundle.Peapod("delete", "--force", bundle.Id).Error);
        Assert.Equal("poststop stopped", Seen(bundle)[^1]);

        foreach (var (kind, number) in new[] { ("prestart", (int?)pid), ("createRuntime", pid), ("createContainer", 1), ("startContainer", 1), ("poststart", pid), ("poststop", null) })
        {
            var state = JsonNode.Parse(File.ReadAllText(bundle.PathInRootfs($"log/{kind}")))!;
            Assert.Equal((kind, bundle.Id, bundle.Folder, number), (kind, (string)state["id"]!, (string)state["bundle"]!, (int?)state["pid"]));
            Assert.Equal("value", (string)state["annotations"]!["key"]!);
        }
    }

    [Fact]
    public void Start_container_hooks_come_before_the_process_and_poststart_after()
    {
        using var bundle = Recording("sh", "-c", "echo process >>/log/seen");

        Assert.Equal("", bundle.RunOutput());

        var seen = Seen(bundle);
        Assert.Equal(["prestart creating", "createRuntime creating", "createContainer creating", "startContainer created"], seen[..4]);
        Assert.Equal(["poststart running", "process"], seen[4..6].Order());
        Assert.Equal(["poststop stopped"], seen[6..]);
    }

    [Fact]
    public void Each_hook_runs_in_the_namespaces_that_the_spec_says()
    {
        using var bundle = new Bundle("sleep", "100");
        var log = bundle.PathInRootfs("log");
        Directory.CreateDirectory(log);
        foreach (var kind in Kinds)
        {
            var folder = kind == "startContainer" ? "/log" : log;
            bundle.Set($"hooks.{kind}", Hook($"readlink /proc/self/ns/uts >{folder}/{kind}; ls -d {bundle.Folder}/config.json >>{folder}/{kind} 2>/dev/null; true"));
        }

        bundle.Set("root.readonly", "false");
        var pid = bundle.RunDetached();
        var inside = new FileInfo($"/proc/{pid}/ns/uts").LinkTarget;
        var outside = new FileInfo("/proc/self/ns/uts").LinkTarget;
        Assert.Equal(0, bundle.Peapod("delete", "--force", bundle.Id).ExitCode);

        foreach (var kind in Kinds)
        {
            var inContainer = kind is "createContainer" or "startContainer";
            var sees = kind == "startContainer" ? "" : $"{bundle.Folder}/config.json\n";
            Assert.Equal((kind, $"{(inContainer ? inside : outside)}\n{sees}"), (kind, File.ReadAllText($"{log}/{kind}")));
        }
    }

    [Fact]
    public void A_mount_by_a_create_container_hook_is_the_containers_alone()
    {
        using var bundle = new Bundle("cat", "/mnt/file");
        Directory.CreateDirectory(bundle.PathInRootfs("mnt"));
        var source = Directory.CreateDirectory(Path.Combine(bundle.Folder, "source")).FullName;
        File.WriteAllText($"{source}/file", "from the host\n");
        bundle.Set("hooks.createContainer", Hook($"mount --bind {source} {bundle.PathInRootfs("mnt")}"));

        Assert.Equal("from the host\n", bundle.RunOutput());
    }

    [Theory]
    [InlineData("prestart")]
    [InlineData("createRuntime")]
    [InlineData("createContainer")]
    public void A_failure_before_the_creation_ends_leaves_nothing_and_runs_poststop(string kind)
    {
        using var bundle = new Bundle("sleep", "100");
        bundle.Set($"hooks.{kind}", Hook("echo one >&2; echo two; exit 3"));
        bundle.Set("hooks.poststop", Hook($"cat >{bundle.Folder}/stopped"));

        var result = bundle.Create();

        Assert.Equal($"peapod: config.json: hooks.{kind}[0]: error running {kind} hook #0: \"/bin/sh\" ended with exit status 3\n  one\n  two\n", result.Error);
        Assert.Equal(1, result.ExitCode);
        Assert.Equal("stopped", (string)JsonNode.Parse(File.ReadAllText($"{bundle.Folder}/stopped"))!["status"]!);
        Assert.Equal($"peapod: container \"{bundle.Id}\" does not exist\n", bundle.Peapod("state", bundle.Id).Error);
    }

    [Fact]
    public void A_start_container_hook_that_fails_ends_the_container_and_runs_poststop()
    {
        using var bundle = new Bundle("touch", "/ran").Set("root.readonly", "false");
        bundle.Set("hooks.startContainer", $"[{Hook("true")[1..^1]}, {Hook("kill -9 $$")[1..^1]}, {Hook("touch /ran")[1..^1]}]");
        bundle.Set("hooks.poststop", Hook($"cat >{bundle.Folder}/stopped"));
        Assert.Equal(0, bundle.Create().ExitCode);
        Assert.False(File.Exists($"{bundle.Folder}/stopped"));

        var result = bundle.Peapod("start", bundle.Id);

        Assert.Equal("peapod: config.json: hooks.startContainer[1]: error running startContainer hook #1: \"/bin/sh\" was killed by signal 9\n", result.Error);
        Assert.Equal(1, result.ExitCode);
        Assert.False(File.Exists(bundle.PathInRootfs("ran")));
        Assert.True(File.Exists($"{bundle.Folder}/stopped"));
        Assert.Equal($"peapod: container \"{bundle.Id}\" does not exist\n", bundle.Peapod("state", bundle.Id).Error);
    }

    [Covers("hooks")]
    [Theory]
    [InlineData("createRuntime")]
    [InlineData("createContainer")]
    [InlineData("startContainer")]
    public void A_hook_that_takes_too_long_is_killed(string kind)
    {
        using var bundle = new Bundle("true");
        bundle.Set($"hooks.{kind}", """[{"path": "/bin/sleep", "args": ["sleep", "100"], "timeout": 1}]""");

        Assert.Equal($"peapod: config.json: hooks.{kind}[0]: error running {kind} hook #0: \"/bin/sleep\" did not end within 1 second\n", bundle.Run().Error);
    }

    [Theory]
    [InlineData("createRuntime")]
    [InlineData("createContainer")]
    [InlineData("startContainer")]
    public void A_hook_that_is_missing_is_told_by_its_field(string kind)
    {
        using var bundle = new Bundle("true");
        bundle.Set($"hooks.{kind}", """[{"path": "/nowhere/hook"}]""");

        Assert.Equal($"peapod: config.json: hooks.{kind}[0]: error running {kind} hook #0: cannot run the hook \"/nowhere/hook\": execve: No such file or directory\n", bundle.Run().Error);
    }

    [Fact]
    public void A_failure_of_a_poststop_hook_is_a_warning_and_the_next_hook_runs()
    {
        using var bundle = new Bundle("true");
        bundle.Set("hooks.poststop", $"[{Hook("exit 3")[1..^1]}, {Hook($"touch {bundle.Folder}/ran")[1..^1]}]");

        var result = bundle.Run();

        Assert.Equal("peapod: warning: config.json: hooks.poststop[0]: error running poststop hook #0: \"/bin/sh\" ended with exit status 3\n", result.Error);
        Assert.Equal(0, result.ExitCode);
        Assert.True(File.Exists($"{bundle.Folder}/ran"));
    }

    /// <summary>runtime.md, "Lifecycle", step 9, as of version 1.3.</summary>
    [Theory]
    [InlineData("start")]
    [InlineData("run")]
    [InlineData("run --detach")]
    public void A_failure_of_a_poststart_hook_is_the_end_of_the_container(string command)
    {
        using var bundle = new Bundle("sleep", "100");
        bundle.Set("hooks.poststart", $"[{Hook("exit 3")[1..^1]}, {Hook($"touch {bundle.Folder}/ran")[1..^1]}]").Set("hooks.poststop", Hook($"touch {bundle.Folder}/stopped"));
        if (command == "start")
        {
            Assert.Equal(0, bundle.Create().ExitCode);
        }

        var result = command == "start" ? bundle.Peapod("start", bundle.Id) : bundle.Peapod([.. command.Split(' '), "--bundle", bundle.Folder, bundle.Id]);

        Assert.Equal((1, "peapod: config.json: hooks.poststart[0]: error running poststart hook #0: \"/bin/sh\" ended with exit status 3\n"), (result.ExitCode, result.Error));
        Assert.False(File.Exists($"{bundle.Folder}/ran"));
        Assert.True(File.Exists($"{bundle.Folder}/stopped"));
        Assert.Contains("does not exist", bundle.Peapod("state", bundle.Id).Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists($"/sys/fs/cgroup/{bundle.Id}"));
    }

    [Fact]
    public void A_hook_has_its_arguments_and_environment()
    {
        using var bundle = new Bundle("true");
        bundle.Set("hooks.createRuntime", $$"""[{"path": "/bin/sh", "args": ["name", "-c", "echo $0 $1 $KEY ${HOME-none} >{{bundle.Folder}}/seen", "zero", "one"], "env": ["KEY=value"]}]""");

        Assert.Equal("", bundle.RunOutput());

        Assert.Equal("zero one value none\n", File.ReadAllText($"{bundle.Folder}/seen"));
    }

    [Fact]
    public void A_start_container_hook_without_an_environment_has_the_processs()
    {
        using var bundle = new Bundle("/bin/true").Set("root.readonly", "false").Set("process.env", """["KEY=old", "KEY=value"]""");
        bundle.Set("hooks.startContainer", """[{"path": "/bin/sh", "args": ["sh", "-c", "echo $KEY $HOME >/tmp/seen"]}]""");
        Directory.CreateDirectory(bundle.PathInRootfs("tmp"));

        Assert.Equal("", bundle.RunOutput());

        Assert.Equal("value /root\n", File.ReadAllText(bundle.PathInRootfs("tmp/seen")));
    }

    [Fact]
    public void Hooks_begin_in_the_bundle_or_in_the_rootfs_with_default_signals()
    {
        using var bundle = new Bundle("true").Set("root.readonly", "false");
        foreach (var kind in Kinds)
        {
            var folder = kind == "startContainer" ? "/log" : bundle.PathInRootfs("log");
            bundle.Set($"hooks.{kind}", Hook($"pwd >{folder}/{kind}; exec grep -E 'SigBlk|SigIgn' /proc/self/status >>{folder}/{kind}"));
        }

        Directory.CreateDirectory(bundle.PathInRootfs("log"));
        var result = PeapodCommand.Start("sh", "-c", "trap '' HUP PIPE; cd /; exec \"$@\"", "sh", PeapodCommand.Executable, "--root", bundle.Root, "run", "--bundle", bundle.Folder, bundle.Id);
        Assert.Equal((0, ""), (result.ExitCode, result.Error));

        foreach (var kind in Kinds)
        {
            var place = kind == "startContainer" ? "/" : kind == "createContainer" ? bundle.PathInRootfs("") : bundle.Folder;
            Assert.Equal((kind, $"{place.TrimEnd('/')}\nSigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n"), (kind, File.ReadAllText(bundle.PathInRootfs($"log/{kind}")).Replace("/\nSig", "\nSig")));
        }
    }

    private static string Hook(string script) => new JsonArray(new JsonObject
    {
        ["path"] = "/bin/sh",
        ["args"] = new JsonArray("sh", "-c", script),
        ["env"] = new JsonArray("PATH=/usr/sbin:/usr/bin:/sbin:/bin"),
    }).ToJsonString();

    /// <summary>Each hook adds its name and the state's status to a file in the rootfs, and keeps the state beside it.</summary>
    private static Bundle Recording(params string[] args)
    {
        var bundle = new Bundle(args).Set("root.readonly", "false").Set("annotations", """{"key": "value"}""");
        Directory.CreateDirectory(bundle.PathInRootfs("log"));
        foreach (var kind in Kinds)
        {
            var folder = kind == "startContainer" ? "/log" : bundle.PathInRootfs("log");
            bundle.Set($"hooks.{kind}", Hook($"cat >{folder}/{kind}; echo {kind} $(sed 's/.*\"status\":\"\\([a-z]*\\)\".*/\\1/' {folder}/{kind}) >>{folder}/seen"));
        }

        return bundle;
    }

    private static string[] Seen(Bundle bundle) => File.ReadAllLines(bundle.PathInRootfs("log/seen"));
}
