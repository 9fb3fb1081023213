using System.Text.Json.Nodes;
using Mono.Unix.Native;
using Peapod.HostTests.Harness;

namespace Peapod.HostTests.Oci;

public class ControlTests
{
    [SkippableFact]
    [Covers("linux.resources.hugepageLimits", "linux.resources.unified")]
    public void Limits_are_in_the_cgroup_before_the_process_runs()
    {
        Controllers.Need("hugetlb");
        using var bundle = new Bundle("sleep", "100");

        // Not every processor has pages of a gigabyte.
        var gigabyte = Directory.Exists("/sys/kernel/mm/hugepages/hugepages-1048576kB");
        bundle.Set("linux.resources.hugepageLimits", """[{"pageSize": "2MB", "limit": 4194304}]""")
            .Set("linux.resources.unified", gigabyte ? """{"hugetlb.1GB.max": "1073741824", "cgroup.max.depth": "3"}""" : """{"cgroup.max.depth": "3"}""");

        Assert.Equal(0, bundle.Create().ExitCode);

        Assert.Equal("4194304\n", File.ReadAllText($"/sys/fs/cgroup/{bundle.Id}/hugetlb.2MB.max"));
        Assert.Equal("4194304\n", File.ReadAllText($"/sys/fs/cgroup/{bundle.Id}/hugetlb.2MB.rsvd.max"));
        if (gigabyte)
        {
            Assert.Equal("1073741824\n", File.ReadAllText($"/sys/fs/cgroup/{bundle.Id}/hugetlb.1GB.max"));
        }

        Assert.Equal("3\n", File.ReadAllText($"/sys/fs/cgroup/{bundle.Id}/cgroup.max.depth"));
    }

    [SkippableFact]
    [Trait("also", "vm")]
    [Covers("linux.resources.hugepageLimits")]
    public void A_page_size_that_the_kernel_lacks_is_told_by_its_field()
    {
        Controllers.Need("hugetlb");
        using var bundle = new Bundle("true").Set("linux.resources.hugepageLimits", """[{"pageSize": "7MB", "limit": 1}]""");

        Assert.Equal("peapod: config.json: linux.resources.hugepageLimits[0]: this kernel has no hugetlb.7MB.max\n", bundle.Run().Error);
    }

    [Fact]
    public void A_value_that_the_kernel_refuses_is_told_by_its_field()
    {
        using var bundle = new Bundle("true").Set("linux.resources.unified", """{"cgroup.max.depth": "deep"}""");

        Assert.Equal("peapod: config.json: linux.resources.unified[\"cgroup.max.depth\"]: cannot write \"deep\" to cgroup.max.depth: Invalid argument\n", bundle.Run().Error);
    }

    [Fact]
    [Covers("linux.cgroupsPath")]
    public void Cgroups_made_on_the_way_go_with_the_last_container()
    {
        using var first = new Bundle("sleep", "100").Set("linux.cgroupsPath", "\"/peapod-test-way/pods/one\"");
        using var second = new Bundle("sleep", "100").Set("linux.cgroupsPath", "\"/peapod-test-way/pods/two\"");
        first.RunDetached();
        second.RunDetached();

        Assert.Equal(0, first.Peapod("delete", "--force", first.Id).ExitCode);
        Assert.False(Directory.Exists("/sys/fs/cgroup/peapod-test-way/pods/one"));
        Assert.True(Directory.Exists("/sys/fs/cgroup/peapod-test-way/pods/two"));
        Assert.Equal(0, second.Peapod("delete", "--force", second.Id).ExitCode);
        Assert.False(Directory.Exists("/sys/fs/cgroup/peapod-test-way"));
    }

    [Fact]
    public void A_cgroup_that_was_there_before_stays()
    {
        const string parent = "/sys/fs/cgroup/peapod-test-kept";
        Directory.CreateDirectory(parent);
        try
        {
            using var bundle = new Bundle("true").Set("linux.cgroupsPath", "\"/peapod-test-kept/inner/one\"");
            Assert.Equal(0, bundle.Run().ExitCode);
            Assert.Empty(Directory.GetDirectories(parent));
        }
        finally
        {
            Directory.Delete(parent);
        }
    }

    [Fact]
    public void A_failed_create_leaves_no_cgroup_on_the_way()
    {
        using var bundle = new Bundle("true").Set("linux.cgroupsPath", "\"/peapod-test-failed/inner/one\"").Set("linux.resources.unified", """{"no.such": "1"}""");

        Assert.Equal(1, bundle.Create().ExitCode);

        Assert.False(Directory.Exists("/sys/fs/cgroup/peapod-test-failed"));
    }

    [Theory]
    [InlineData("/a/../../etc", "\"/a/../../etc\" must not hold \"..\"")]
    [InlineData("//", "must not be the root of the hierarchy")]
    [Covers("linux.cgroupsPath")]
    public void A_cgroups_path_that_leads_elsewhere_is_refused(string path, string sentence)
    {
        using var bundle = new Bundle("true").Set("linux.cgroupsPath", $"\"{path}\"");

        Assert.Equal($"peapod: config.json: linux.cgroupsPath: {sentence}\n", bundle.Run().Error);
    }

    [Fact]
    public void A_cgroup_with_processes_is_refused()
    {
        using var first = new Bundle("sleep", "100");
        first.RunDetached();
        using var second = new Bundle("true").Set("linux.cgroupsPath", $"\"/{first.Id}\"");

        Assert.Equal($"peapod: config.json: linux.cgroupsPath: container's cgroup is not empty: \"/sys/fs/cgroup/{first.Id}\"\n", second.Run().Error);
        Assert.Equal("running", first.Status);
    }

    [Fact]
    [Covers("pause", "resume")]
    public void A_paused_container_stands_still_until_it_is_resumed()
    {
        using var bundle = new Bundle("sh", "-c", "while :; do echo x >>/dev/shm/ticks; sleep 0.01; done");
        var ticks = $"/proc/{bundle.RunDetached()}/root/dev/shm/ticks";
        for (var tries = 0; tries < 100 && !File.Exists(ticks); tries++)
        {
            Thread.Sleep(20);
        }

        Assert.Equal(0, bundle.Peapod("pause", bundle.Id).ExitCode);
        var paused = new FileInfo(ticks).Length;
        Thread.Sleep(200);
        Assert.Equal(paused, new FileInfo(ticks).Length);
        Assert.Equal($"peapod: container \"{bundle.Id}\" cannot be paused: it is paused\n", bundle.Peapod("pause", bundle.Id).Error);
        Assert.Equal(0, bundle.Peapod("resume", bundle.Id).ExitCode);
        Thread.Sleep(200);
        Assert.NotEqual(paused, new FileInfo(ticks).Length);
        Assert.Equal($"peapod: container \"{bundle.Id}\" cannot be resumed: it is running, not paused\n", bundle.Peapod("resume", bundle.Id).Error);
    }

    [Fact]
    [Covers("create", "start", "pause", "resume")]
    public void A_created_container_that_is_paused_can_be_resumed_and_started()
    {
        using var bundle = new Bundle("sleep", "100");
        Assert.Equal(0, bundle.Create().ExitCode);

        Assert.Equal(0, bundle.Peapod("pause", bundle.Id).ExitCode);
        Assert.Equal("paused", bundle.Status);
        Assert.Equal($"peapod: container \"{bundle.Id}\" cannot be started: it is paused, not created\n", bundle.Peapod("start", bundle.Id).Error);
        Assert.Equal(0, bundle.Peapod("resume", bundle.Id).ExitCode);
        Assert.Equal("created", bundle.Status);
        Assert.Equal(0, bundle.Peapod("start", bundle.Id).ExitCode);
        Assert.Equal("running", bundle.Status);
    }

    [Fact]
    [Covers("delete --force")]
    public void A_paused_container_is_deleted_by_force_alone()
    {
        using var bundle = new Bundle("sleep", "100");
        var pid = bundle.RunDetached();
        Assert.Equal(0, bundle.Peapod("pause", bundle.Id).ExitCode);

        Assert.Equal($"peapod: container \"{bundle.Id}\" cannot be deleted: it is paused, not stopped\n  stop it first, or use --force\n", bundle.Peapod("delete", bundle.Id).Error);
        Assert.Equal(0, bundle.Peapod("delete", "--force", bundle.Id).ExitCode);
        Assert.False(Directory.Exists($"/sys/fs/cgroup/{bundle.Id}"));
        AssertEnded(pid);
    }

    [Theory]
    [InlineData("TERM", 15)]
    [InlineData("SIGUSR1", 10)]
    [InlineData("2", 2)]
    [InlineData("sigquit", 3)]
    [InlineData("SIGRTMIN+3", 37)]
    [InlineData("RTMAX-2", 62)]
    [InlineData("40", 40)]
    [Covers("kill")]
    public void Kill_takes_names_and_numbers(string signal, int number)
    {
        using var bundle = new Bundle("sh", "-c", $"trap 'exit' {number}; touch /dev/shm/ready; while :; do sleep 0.02; done");
        var root = $"/proc/{bundle.RunDetached()}/root/dev/shm";
        for (var tries = 0; tries < 100 && !File.Exists($"{root}/ready"); tries++)
        {
            Thread.Sleep(20);
        }

        Assert.Equal(0, bundle.Peapod("kill", bundle.Id, signal).ExitCode);
        bundle.WaitFor("stopped");
        foreach (var unknown in new[] { "NOPE", "65", "-1", "SIG", "SIGSIGTERM", "RTMIN+31" })
        {
            Assert.Equal((1, $"peapod: signal \"{unknown}\" is unknown\n"), (bundle.Peapod("kill", bundle.Id, "--", unknown).ExitCode, bundle.Peapod("kill", bundle.Id, "--", unknown).Error));
        }
    }

    [Fact]
    [Covers("kill --all")]
    public void Kill_all_reaches_every_process_of_the_container()
    {
        using var bundle = new Bundle("sh", "-c", "trap '' TERM; sleep 71 & sleep 72 & touch /dev/shm/ready; while :; do sleep 73; done");
        var ready = $"/proc/{bundle.RunDetached()}/root/dev/shm/ready";
        for (var tries = 0; tries < 100 && !File.Exists(ready); tries++)
        {
            Thread.Sleep(20);
        }

        Assert.Equal(0, bundle.Peapod("kill", "--all", bundle.Id, "USR1").ExitCode);

        for (var tries = 0; tries < 100 && Sleepers() is not []; tries++)
        {
            Thread.Sleep(20);
        }

        Assert.Empty(Sleepers());

        string[] Sleepers() => [.. Commands(bundle).Where(static command => command is "sleep\071\0" or "sleep\072\0")];
    }

    [Fact]
    public void Killing_a_container_without_a_pid_namespace_kills_all_of_it()
    {
        using var bundle = new Bundle("sh", "-c", "sleep 71 & sleep 72 & touch /dev/shm/ready; wait").Namespaces("mount", "uts", "ipc", "network", "cgroup");
        var ready = $"/proc/{bundle.RunDetached()}/root/dev/shm/ready";
        for (var tries = 0; tries < 100 && !File.Exists(ready); tries++)
        {
            Thread.Sleep(20);
        }

        Assert.Equal(0, bundle.Peapod("kill", bundle.Id, "KILL").ExitCode);

        for (var tries = 0; tries < 100 && Commands(bundle) is not []; tries++)
        {
            Thread.Sleep(20);
        }

        Assert.Empty(Commands(bundle));
    }

    [Fact]
    [Covers("kill", "kill --all")]
    public void What_a_stopped_container_left_running_can_be_killed()
    {
        using var bundle = new Bundle("sh", "-c", "sleep 71 & exit").Namespaces("mount", "uts", "ipc", "network", "cgroup");
        bundle.RunDetached();
        bundle.WaitFor("stopped");

        Assert.Equal((1, $"peapod: container not running: \"{bundle.Id}\" has no process to signal\n"), (bundle.Peapod("kill", bundle.Id, "TERM").ExitCode, bundle.Peapod("kill", bundle.Id).Error));
        PodBed.Until(() => Commands(bundle) is ["sleep\071\0"], "the child of the shell has executed");
        Assert.Equal((0, ""), (bundle.Peapod("kill", bundle.Id, "KILL").ExitCode, bundle.Peapod("kill", "--all", bundle.Id, "KILL").Error));
        PodBed.Until(() => Commands(bundle) is [], "what it left is gone");
        Assert.Equal(1, bundle.Peapod("kill", bundle.Id, "KILL").ExitCode);
    }

    [Theory]
    [InlineData("KILL")]
    [InlineData("TERM")]
    [Covers("kill --all")]
    public void Kill_all_of_a_stopped_container_is_no_error(string signal)
    {
        using var bundle = new Bundle("true");
        bundle.RunDetached();
        bundle.WaitFor("stopped");

        Assert.Equal((0, ""), (bundle.Peapod("kill", "-a", bundle.Id, signal).ExitCode, bundle.Peapod("kill", "--all", bundle.Id, signal).Error));
        Assert.Equal(1, bundle.Peapod("kill", bundle.Id, signal).ExitCode);
    }

    [Fact]
    public void Deleting_a_stopped_container_ends_what_it_left_running()
    {
        using var bundle = new Bundle("sh", "-c", "sleep 71 & exit").Namespaces("mount", "uts", "ipc", "network", "cgroup");
        bundle.RunDetached();
        bundle.WaitFor("stopped");
        PodBed.Until(() => Commands(bundle) is ["sleep\071\0"], "the child of the shell has executed");

        Assert.Equal(0, bundle.Peapod("delete", bundle.Id).ExitCode);

        Assert.False(Directory.Exists($"/sys/fs/cgroup/{bundle.Id}"));
    }

    [Fact]
    [Covers("run", "delete --force")]
    public void A_container_outlives_its_killed_run_and_can_be_deleted()
    {
        using var bundle = new Bundle("sleep", "100");
        using var run = System.Diagnostics.Process.Start(PeapodCommand.Executable, ["--root", bundle.Root, "run", "--bundle", bundle.Folder, bundle.Id]);
        for (var tries = 0; tries < 100 && bundle.Peapod("state", bundle.Id).ExitCode != 0; tries++)
        {
            Thread.Sleep(20);
        }

        bundle.WaitFor("running");
        Assert.Equal(0, Syscall.kill(run.Id, Signum.SIGKILL));
        Assert.True(run.WaitForExit(10_000));

        Assert.Equal("running", bundle.Status);
        Assert.Equal(0, bundle.Peapod("delete", "-f", bundle.Id).ExitCode);
        Assert.Equal($"peapod: container \"{bundle.Id}\" does not exist\n", bundle.Peapod("state", bundle.Id).Error);
    }

    [Theory]
    [InlineData("pid network ipc uts mount cgroup")]
    [InlineData("pid network ipc uts mount cgroup user")]
    public void A_create_that_is_killed_at_any_moment_leaves_nothing_that_delete_does_not_remove(string namespaces)
    {
        using var bundle = new Bundle("sleep", "100");
        bundle.Namespaces(namespaces.Split(' '));
        if (namespaces.Contains("user", StringComparison.Ordinal))
        {
            bundle.Set("linux.uidMappings", """[{"containerID": 0, "hostID": 0, "size": 65536}]""").Set("linux.gidMappings", """[{"containerID": 0, "hostID": 0, "size": 65536}]""");
        }

        var finished = 0;
        for (var step = 0; step < 40; step++)
        {
            using var create = System.Diagnostics.Process.Start(PeapodCommand.Executable, ["--root", bundle.Root, "create", "--bundle", bundle.Folder, bundle.Id]);
            Thread.Sleep(TimeSpan.FromMicroseconds(step * 250));
            create.Kill();
            Assert.True(create.WaitForExit(10_000));
            finished += create.ExitCode == 0 ? 1 : 0;

            var deleted = bundle.Peapod("delete", "--force", bundle.Id);
            Assert.Equal((0, ""), (deleted.ExitCode, deleted.Error));
            Assert.False(Directory.Exists($"/sys/fs/cgroup/{bundle.Id}"), $"step {step}");
            Assert.False(Directory.Exists($"{bundle.Root}/{bundle.Id}"), $"step {step}");
        }

        Assert.InRange(finished, 0, 39);
    }

    [Fact]
    public void Commands_that_race_for_one_name_tell_what_they_met_and_leave_nothing()
    {
        using var bundle = new Bundle("sleep", "100");
        string[][] commands =
        [
            ["create", "--bundle", bundle.Folder, bundle.Id], ["create", "--bundle", bundle.Folder, bundle.Id], ["delete", "--force", bundle.Id],
            ["delete", bundle.Id], ["start", bundle.Id], ["list", "--quiet"], ["list", "--format", "json"], ["state", bundle.Id],
        ];
        var told = new System.Collections.Concurrent.ConcurrentBag<string>();
        for (var round = 0; round < 40; round++)
        {
            Parallel.ForEach(commands, new ParallelOptions { MaxDegreeOfParallelism = commands.Length }, command => told.Add(bundle.Peapod(command).Error));
            var deleted = bundle.Peapod("delete", "--force", bundle.Id);
            Assert.Equal((0, ""), (deleted.ExitCode, deleted.Error));
            Assert.False(Directory.Exists($"/sys/fs/cgroup/{bundle.Id}"), $"round {round}");
            Assert.False(Directory.Exists($"{bundle.Root}/{bundle.Id}"), $"round {round}");
        }

        string[] known =
        [
            "", $"peapod: container id \"{bundle.Id}\": is already in use\n", $"peapod: container \"{bundle.Id}\" does not exist\n",
            $"peapod: container \"{bundle.Id}\" cannot be deleted: it is running, not stopped\n  stop it first, or use --force\n",
            $"peapod: container \"{bundle.Id}\" cannot be started: it is stopped, not created\n",

            // delete --force kills before it waits for the lock, so also what is only being made.
            "peapod: the container's init was killed by signal 9 before it was ready\n  the memory limit may be too small, or something on the host killed it\n",
        ];
        var unknown = string.Concat(told.Except(known));
        Assert.True(unknown.Length == 0, unknown);
    }

    [Theory]
    [InlineData("TERM", "stopped")]
    [InlineData("INT", "stopped")]
    [InlineData("HUP", "stopped")]
    [InlineData("KILL", "stopped")]
    [InlineData("USR1", "created")]
    [InlineData("WINCH", "created")]
    [Covers("kill")]
    public void What_would_end_runcs_waiting_process_ends_a_created_container(string signal, string status)
    {
        using var bundle = new Bundle("sleep", "100");
        Assert.Equal(0, bundle.Create().ExitCode);

        Assert.Equal(0, bundle.Peapod("kill", bundle.Id, signal).ExitCode);

        bundle.WaitFor(status);
        Thread.Sleep(status == "created" ? 100 : 0);
        Assert.Equal(status, bundle.Status);
    }

    [Fact]
    [Covers("delete")]
    public void Several_containers_are_deleted_whatever_becomes_of_one()
    {
        using var bundle = new Bundle("sleep", "100");
        string[] ids = [$"{bundle.Id}-a", $"{bundle.Id}-b"];
        foreach (var id in ids)
        {
            Assert.Equal(0, bundle.Peapod("run", "--detach", "--bundle", bundle.Folder, id).ExitCode);
        }

        var refused = bundle.Peapod("delete", ids[0], "nobody", ids[1]);

        Assert.Equal(1, refused.ExitCode);
        Assert.Equal(
            $"peapod: container \"{ids[0]}\" cannot be deleted: it is running, not stopped\n  stop it first, or use --force\n"
            + "peapod: container \"nobody\" does not exist\n"
            + $"peapod: container \"{ids[1]}\" cannot be deleted: it is running, not stopped\n  stop it first, or use --force\n",
            refused.Error);
        Assert.Equal((0, ""), (bundle.Peapod("delete", "--force", ids[0], "nobody", ids[1]) is var done ? done.ExitCode : 0, done.Error));
        Assert.Equal("", bundle.Peapod("list", "--quiet").Output);
    }

    [Fact]
    [Covers("list")]
    public void A_root_that_was_named_and_is_not_there_is_an_error()
    {
        var listed = PeapodCommand.Start(PeapodCommand.Executable, "--root", "/nowhere/at/all", "list");

        Assert.Equal((1, "peapod: --root: open /nowhere/at/all: no such file or directory\n"), (listed.ExitCode, listed.Error));
    }

    [Theory]
    [InlineData(10)]
    [InlineData(12)]
    [InlineData(14)]
    [InlineData(18)]
    [InlineData(20)]
    [InlineData(30)]
    [InlineData(35)]
    [InlineData(64)]
    [Covers("run")]
    public void Whatever_signal_is_sent_to_run_the_container_gets(int signal)
    {
        using var bundle = new Bundle("sh", "-c", $"trap 'exit 42' {signal}; touch /dev/shm/ready; while :; do sleep 0.02; done");
        using var run = System.Diagnostics.Process.Start(PeapodCommand.Executable, ["--root", bundle.Root, "run", "--bundle", bundle.Folder, bundle.Id]);
        PodBed.Until(() => bundle.Peapod("state", bundle.Id) is { ExitCode: 0, Output: var state } && (int)JsonNode.Parse(state)!["pid"]! is var pid && pid > 0 && File.Exists($"/proc/{pid}/root/dev/shm/ready"), "it runs");

        Assert.Equal(0, PeapodCommand.Start("kill", "-s", $"{signal}", $"{run.Id}").ExitCode);

        Assert.True(run.WaitForExit(10_000));
        Assert.Equal(42, run.ExitCode);
    }

    [Fact]
    public void Signals_to_run_reach_the_container()
    {
        using var bundle = new Bundle("sh", "-c", "trap 'exit 42' TERM; touch /dev/shm/ready; while :; do sleep 0.02; done");
        using var run = System.Diagnostics.Process.Start(PeapodCommand.Executable, ["--root", bundle.Root, "run", "--bundle", bundle.Folder, bundle.Id]);
        for (var tries = 0; tries < 100 && bundle.Peapod("state", bundle.Id).ExitCode != 0; tries++)
        {
            Thread.Sleep(20);
        }

        bundle.WaitFor("running");
        var ready = $"/proc/{(int)bundle.State()["pid"]!}/root/dev/shm/ready";
        for (var tries = 0; tries < 100 && !File.Exists(ready); tries++)
        {
            Thread.Sleep(20);
        }

        Assert.Equal(0, Syscall.kill(run.Id, Signum.SIGTERM));
        Assert.True(run.WaitForExit(10_000));
        Assert.Equal(42, run.ExitCode);
    }

    [Fact]
    [Covers("state", "annotations")]
    public void State_is_the_runtime_specs_document()
    {
        using var bundle = new Bundle("sleep", "100").Set("annotations", """{"org.example.key": "value"}""");
        var pid = bundle.RunDetached();

        var state = bundle.State().AsObject();

        var created = DateTimeOffset.Parse((string)state["created"]!);
        Assert.InRange(created, DateTimeOffset.UtcNow.AddMinutes(-1), DateTimeOffset.UtcNow);
        state.Remove("created");
        Assert.Equal(
            $$"""{"ociVersion":"1.3.0","id":"{{bundle.Id}}","pid":{{pid}},"status":"running","bundle":"{{bundle.Folder}}","rootfs":"{{bundle.Folder}}/rootfs","annotations":{"org.example.key":"value"},"owner":""}""",
            state.ToJsonString());
    }

    [Fact]
    [Covers("list --format")]
    public void List_as_json_has_the_states_of_all()
    {
        using var bundle = new Bundle("sleep", "100");
        Directory.CreateDirectory(bundle.Root);
        Assert.Equal("null\n", bundle.Peapod("list", "--format", "json").Output);
        var pid = bundle.RunDetached();

        var item = JsonNode.Parse(bundle.Peapod("list", "-f", "json").Output)!.AsArray().Single()!;

        Assert.Equal((bundle.Id, pid, "running", bundle.Folder, "root"), ((string)item["id"]!, (int)item["pid"]!, (string)item["status"]!, (string)item["bundle"]!, (string)item["owner"]!));
        Assert.Equal($"{bundle.Id}\n", bundle.Peapod("list", "-q").Output);
    }

    [SkippableFact]
    [Covers("state", "list")]
    public void State_and_list_have_the_fields_that_runc_gives()
    {
        var runc = Peer.Current("runc");
        Peer.Need(runc);
        using var bundle = new Bundle("sleep", "100").Set("annotations", """{"org.example.key": "value"}""");
        bundle.RunDetached();
        var root = Path.Combine(bundle.Folder, "runc");
        Assert.Equal(0, PeapodCommand.Start(runc, "--root", root, "run", "--detach", "--bundle", bundle.Folder, "other").ExitCode);
        try
        {
            Assert.Equal(
                Fields(JsonNode.Parse(PeapodCommand.Start(runc, "--root", root, "state", "other").Output)!),
                Fields(bundle.State()));
            Assert.Equal(
                Fields(JsonNode.Parse(PeapodCommand.Start(runc, "--root", root, "list", "--format", "json").Output)![0]!),
                Fields(JsonNode.Parse(bundle.Peapod("list", "--format", "json").Output)![0]!));
        }
        finally
        {
            Assert.Equal(0, PeapodCommand.Start(runc, "--root", root, "delete", "--force", "other").ExitCode);
        }

        static string[] Fields(JsonNode node) =>
            [.. node.AsObject().Select(static field => field.Key is "id" or "pid" or "created" or "ociVersion" ? field.Key : $"{field.Key}={field.Value}")];
    }

    [Fact]
    [Covers("delete --force")]
    public void Delete_by_force_of_what_is_not_there_is_no_error()
    {
        using var bundle = new Bundle("true");

        Assert.Equal(0, bundle.Peapod("delete", "--force", bundle.Id).ExitCode);
        Assert.Equal($"peapod: container \"{bundle.Id}\" does not exist\n", bundle.Peapod("delete", bundle.Id).Error);
    }

    [Fact]
    [Covers("create --pid-file")]
    public void A_pid_file_that_cannot_be_written_fails_the_create()
    {
        using var bundle = new Bundle("true");

        var result = bundle.Peapod("create", "--bundle", bundle.Folder, "--pid-file", "/no/such/pid", bundle.Id);

        Assert.Equal("peapod: --pid-file: cannot write \"/no/such/pid\": No such file or directory\n", result.Error);
        Assert.Equal($"peapod: container \"{bundle.Id}\" does not exist\n", bundle.Peapod("state", bundle.Id).Error);
    }

    /// <summary>It is gone, or its new parent has not looked yet.</summary>
    private static void AssertEnded(int pid) =>
        Assert.True(!File.Exists($"/proc/{pid}/status") || File.ReadAllText($"/proc/{pid}/status").Contains("\nState:\tZ", StringComparison.Ordinal));

    private static string[] Commands(Bundle bundle) =>
        [.. File.ReadAllLines($"/sys/fs/cgroup/{bundle.Id}/cgroup.procs").Select(static pid => CommandOf(pid)).OfType<string>()];

    /// <summary>Null when it has ended meanwhile.</summary>
    private static string? CommandOf(string pid)
    {
        try
        {
            return File.ReadAllText($"/proc/{pid}/cmdline");
        }
        catch (IOException)
        {
            return null;
        }
    }
}
