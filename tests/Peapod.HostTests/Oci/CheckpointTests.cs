using System.Text.Json.Nodes;
using Peapod.HostTests.Harness;
using Peapod.Kernel.Files;

namespace Peapod.HostTests.Oci;

/// <summary>
/// checkpoint and restore, by the host's criu or the one in $PEAPOD_CRIU. Skipped, with criu's words, where it finds the kernel wanting.
/// </summary>
public sealed class CheckpointTests : IDisposable
{
    /// <summary>Counts in its memory; what it writes tells whether it went on or began anew.</summary>
    private const string Counter = "i=0; while true; do i=$((i+1)); echo $i >/tmp/count; sleep 0.05; done";

    private static readonly Lazy<string?> Missing = new(WhatIsMissing);

    private readonly string? path = Environment.GetEnvironmentVariable("PATH");

    public CheckpointTests()
    {
        if (Environment.GetEnvironmentVariable("PEAPOD_CRIU") is { } criu)
        {
            Environment.SetEnvironmentVariable("PATH", $"{Path.GetDirectoryName(criu)}:{path}");
        }
    }

    public void Dispose() => Environment.SetEnvironmentVariable("PATH", path);

    [SkippableFact]
    [Trait("also", "vm")]
    [Covers("checkpoint", "checkpoint --image-path", "checkpoint --work-path", "restore", "restore --image-path", "restore --work-path", "restore --bundle", "restore --detach", "restore --pid-file", "restore --no-pivot")]
    public void A_restored_container_goes_on_where_it_was_and_is_a_container_like_any_other()
    {
        using var bundle = Make(Counter).Edit(static config => config["linux"]!["maskedPaths"] = new JsonArray("/proc/keys", "/proc/acpi", "/proc/scsi"));
        Directory.CreateDirectory(Path.Combine(bundle.Folder, "data"));
        bundle.Mount("data", "/mnt/data", "bind", "bind", "ro").Mount("/etc/hostname", "/etc/name", "bind", "bind");
        var first = Start(bundle);
        var mounts = Mounts(first);
        var count = Count(bundle, atLeast: 5);

        Checkpoint(bundle, "--work-path", Path.Combine(bundle.Folder, "work"));
        Assert.Equal(1, bundle.Peapod("state", bundle.Id).ExitCode);
        Assert.True(File.Exists(Path.Combine(bundle.Folder, "work", "dump.log")));
        var pidFile = Path.Combine(bundle.Folder, "pid");
        Restore(bundle, "--work-path", Path.Combine(bundle.Folder, "work"), "--pid-file", pidFile, "--no-pivot");

        Assert.Equal("running", bundle.Status);
        var second = (int)bundle.State()["pid"]!;
        Assert.Equal($"{second}", File.ReadAllText(pidFile));
        Assert.InRange(Count(bundle, atLeast: count + 1), count + 1, count + 200);
        Assert.Equal(mounts, Mounts(second));
        Assert.Equal("up\n", bundle.Exec(bundle.Id, "sh", "-c", "ip link show lo | grep -q 'LOOPBACK,UP' && echo up").Output);
        Assert.Contains($"/{bundle.Id}", File.ReadAllText($"/proc/{second}/cgroup"), StringComparison.Ordinal);
        Assert.Contains("\"pids\"", bundle.Peapod("events", "--stats", bundle.Id).Output, StringComparison.Ordinal);
        Assert.Equal(0, bundle.Peapod("pause", bundle.Id).ExitCode);
        Assert.Equal("paused", bundle.Status);
        Assert.Equal(0, bundle.Peapod("resume", bundle.Id).ExitCode);
        Assert.Equal(0, bundle.Peapod("kill", bundle.Id, "KILL").ExitCode);
        bundle.WaitFor("stopped");
        Assert.Equal(0, bundle.Peapod("delete", bundle.Id).ExitCode);
    }

    [SkippableFact]
    public void What_was_restored_can_be_checkpointed_and_restored_again()
    {
        using var bundle = Make(Counter);
        Start(bundle);
        var count = Count(bundle, atLeast: 3);
        for (var i = 0; i < 2; i++)
        {
            Checkpoint(bundle);
            Restore(bundle);
            count = Count(bundle, atLeast: count + 1);
        }
    }

    [SkippableFact]
    [Covers("checkpoint --leave-running")]
    public void A_container_can_be_left_running()
    {
        using var bundle = Make(Counter);
        var pid = Start(bundle);

        Checkpoint(bundle, "--leave-running");

        Assert.Equal(("running", pid), (bundle.Status, (int)bundle.State()["pid"]!));
        Assert.Contains("is already in use", bundle.Peapod("restore", "--detach", "--bundle", bundle.Folder, "--image-path", Images(bundle), bundle.Id).Error, StringComparison.Ordinal);
    }

    [SkippableFact]
    [Trait("also", "vm")]
    [Covers("checkpoint --pre-dump", "checkpoint --parent-path", "checkpoint --auto-dedup")]
    public void Memory_can_be_dumped_before_the_rest()
    {
        using var bundle = Make(Counter);
        Start(bundle);
        var before = bundle.Peapod("checkpoint", "--pre-dump", "--image-path", Path.Combine(bundle.Folder, "before"), bundle.Id);
        Skip.If(before.Error.Contains("mem_dirty_track", StringComparison.Ordinal), before.Error);
        Assert.Equal("", before.Error);
        Assert.Equal("running", bundle.Status);
        var count = Count(bundle, atLeast: 3);

        Checkpoint(bundle, "--parent-path", "../before", "--auto-dedup");
        Restore(bundle);

        Assert.InRange(Count(bundle, atLeast: count + 1), count + 1, count + 200);
    }

    [SkippableFact]
    [Covers("restore --console-socket")]
    public void The_terminal_of_a_restored_container_goes_to_the_console_socket()
    {
        using var bundle = Make("stty -echo; while read line; do echo \"got $line\"; done").Set("process.terminal", "true");
        using (var terminal = Terminal.Receive(bundle.Folder, socket => Well(bundle.Peapod("run", "--detach", "--bundle", bundle.Folder, "--console-socket", socket, bundle.Id))))
        {
            terminal.Type("one\n");
            terminal.WaitFor("got one");
            Checkpoint(bundle);
        }

        using (var terminal = Terminal.Receive(bundle.Folder, socket => Restore(bundle, "--console-socket", socket)))
        {
            terminal.Type("two\n");
            terminal.WaitFor("got two");
        }
    }

    [SkippableFact]
    public void Pipes_that_were_the_streams_are_those_of_the_restoring_command()
    {
        using var bundle = Make("while read line; do echo \"got $line\"; done");
        var script = $"mkfifo $0/in; sleep 100 >$0/in & (cat $0/in) | {PeapodCommand.Executable} --root {bundle.Root} run --detach --bundle $0 {bundle.Id} 2>&1 | cat >$0/out";
        Well(Shell(bundle, $"{script} & for i in $(seq 100); do [ -f {bundle.Root}/{bundle.Id}/process ] && break; sleep 0.1; done; sleep 0.3"));

        Checkpoint(bundle);
        var restored = Shell(bundle, $"echo two | {PeapodCommand.Executable} --root {bundle.Root} restore --image-path {Images(bundle)} --bundle $0 {bundle.Id} 2>&1 | cat; pkill -P $$ || true");

        Assert.Equal("got two\n", restored.Output);
    }

    [SkippableFact]
    [Covers("restore --no-subreaper")]
    public void In_the_foreground_the_exit_code_is_the_processs_and_nothing_is_left()
    {
        using var bundle = Make("while [ ! -e /mnt/go ]; do sleep 0.05; done; exit 7");
        Directory.CreateDirectory(bundle.PathInRootfs("mnt"));
        Start(bundle);
        Checkpoint(bundle);
        File.WriteAllText(bundle.PathInRootfs("mnt/go"), "");

        var result = bundle.Peapod("restore", "--no-subreaper", "--bundle", bundle.Folder, "--image-path", Images(bundle), bundle.Id);

        Assert.Equal(("", 7), (result.Error, result.ExitCode));
        Assert.Equal(1, bundle.Peapod("state", bundle.Id).ExitCode);
    }

    [Fact]
    public void What_is_restored_joins_no_pid_namespace_with_others_in_it()
    {
        using var bundle = new Bundle("true").Namespaces("mount", "uts", "pid=/proc/self/ns/pid");

        var result = bundle.Peapod("restore", "--bundle", bundle.Folder, "--image-path", bundle.Folder, bundle.Id);

        Assert.Equal("peapod: config.json: linux.namespaces[2].path: a restored container needs a PID namespace of its own: criu makes its processes there with all capabilities, for others there to trace\n", result.Error);
        Assert.Equal(1, result.ExitCode);
    }

    [SkippableFact]
    public void A_network_namespace_by_path_is_the_one_it_comes_back_to()
    {
        using var holder = System.Diagnostics.Process.Start("unshare", ["--net", "sleep", "100"]);
        try
        {
            Thread.Sleep(300);
            using var bundle = Make(Counter).Namespaces("pid", "ipc", "uts", "mount", "cgroup", $"network=/proc/{holder.Id}/ns/net");
            Start(bundle);

            Checkpoint(bundle);
            Restore(bundle);

            var pid = (int)bundle.State()["pid"]!;
            Assert.Equal(FileSystem.ReadLink($"/proc/{holder.Id}/ns/net"), FileSystem.ReadLink($"/proc/{pid}/ns/net"));
        }
        finally
        {
            holder.Kill();
            holder.WaitForExit();
        }
    }

    [SkippableTheory]
    [Covers("checkpoint --manage-cgroups-mode")]
    [InlineData("soft")]
    [InlineData("full")]
    [InlineData("ignore")]
    public void The_restored_processes_are_in_the_containers_cgroup_in_every_mode(string mode)
    {
        using var bundle = Make(Counter);
        Start(bundle);

        Checkpoint(bundle, "--manage-cgroups-mode", mode);
        Restore(bundle, "--manage-cgroups-mode", mode);

        var pid = (int)bundle.State()["pid"]!;
        Assert.EndsWith($"/{bundle.Id}\n", File.ReadAllText($"/proc/{pid}/cgroup"), StringComparison.Ordinal);
    }

    [SkippableFact]
    [Covers("checkpoint --tcp-established", "checkpoint --tcp-skip-in-flight", "checkpoint --link-remap", "checkpoint --ext-unix-sk", "checkpoint --shell-job", "checkpoint --file-locks", "checkpoint --empty-ns")]
    public void A_file_that_is_locked_and_has_no_name_any_more_comes_back()
    {
        // busybox has no flock: the host's, with its own loader.
        string[] flock = ["/host/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2", "--library-path", "/host/lib/x86_64-linux-gnu", "/host/bin/flock"];
        using var bundle = Make($"set -e; exec 9>/mnt/file; {string.Join(' ', flock)} 9; ln /mnt/file /mnt/other; rm /mnt/file; " + Counter).Mount("/usr", "/host", "bind", "bind", "ro");
        Directory.CreateDirectory(bundle.PathInRootfs("mnt"));
        Start(bundle);
        Count(bundle, atLeast: 2);
        var without = bundle.Peapod("checkpoint", "--image-path", Images(bundle), bundle.Id);
        Assert.StartsWith($"peapod: container \"{bundle.Id}\" cannot be checkpointed: criu", without.Error, StringComparison.Ordinal);
        Assert.Contains("link remap for /mnt/file", without.Error, StringComparison.Ordinal);
        Assert.Equal("running", bundle.Status);

        Checkpoint(bundle, "--file-locks", "--link-remap", "--tcp-established", "--tcp-skip-in-flight", "--ext-unix-sk", "--shell-job", "--empty-ns", "network");
        Restore(bundle, "--file-locks", "--tcp-established", "--ext-unix-sk", "--shell-job", "--empty-ns", "network");

        Assert.Equal(1, bundle.Exec([bundle.Id, .. flock, "-n", "/mnt/other", "true"]).ExitCode);
    }

    [SkippableFact]
    public void The_hooks_before_the_container_is_there_run_at_a_restore()
    {
        using var bundle = Make(Counter);
        var script = Path.Combine(bundle.Folder, "hook");
        File.WriteAllText(script, $"#!/bin/sh\necho \"$1 $(sed 's/.*\"status\":\"\\([a-z]*\\)\".*/\\1/')\" >>{bundle.Folder}/hooks\n");
        File.SetUnixFileMode(script, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        Start(bundle);
        Checkpoint(bundle);
        bundle.Set("hooks", $$"""{"prestart": [{"path": "{{script}}", "args": ["h", "prestart"]}], "createRuntime": [{"path": "{{script}}", "args": ["h", "createRuntime"]}], "poststop": [{"path": "{{script}}", "args": ["h", "poststop"]}]}""");

        Restore(bundle);
        bundle.Peapod("delete", "--force", bundle.Id);

        Assert.Equal("prestart creating\ncreateRuntime creating\npoststop stopped\n", File.ReadAllText(Path.Combine(bundle.Folder, "hooks")));
    }

    [SkippableFact]
    public void A_restore_that_fails_leaves_nothing_and_says_what_criu_says()
    {
        using var bundle = Make(Counter);
        Start(bundle);
        Checkpoint(bundle);
        foreach (var file in Directory.GetFiles(Images(bundle), "mm-*.img"))
        {
            File.Delete(file);
        }

        var result = bundle.Peapod("restore", "--detach", "--bundle", bundle.Folder, "--image-path", Images(bundle), bundle.Id);

        Assert.Equal(1, result.ExitCode);
        Assert.StartsWith($"peapod: container \"{bundle.Id}\" cannot be restored: criu", result.Error, StringComparison.Ordinal);
        Assert.Contains("\n  Error (criu/", result.Error, StringComparison.Ordinal);
        Assert.Contains($"\n  all that criu did is in {Images(bundle)}/restore.log", result.Error, StringComparison.Ordinal);
        Assert.Equal(1, bundle.Peapod("state", bundle.Id).ExitCode);
    }

    [SkippableFact]
    public void Links_among_the_images_are_not_followed()
    {
        using var bundle = Make(Counter);
        Start(bundle);
        Directory.CreateDirectory(Images(bundle));
        var victim = Path.Combine(bundle.Folder, "victim");
        File.WriteAllText(victim, "untouched");
        File.CreateSymbolicLink(Path.Combine(Images(bundle), "dump.log"), victim);
        Checkpoint(bundle);
        File.CreateSymbolicLink(Path.Combine(Images(bundle), "restore.log"), victim);

        var result = bundle.Peapod("restore", "--detach", "--bundle", bundle.Folder, "--image-path", Images(bundle), bundle.Id);

        Assert.Equal($"peapod: --image-path: \"{Images(bundle)}/restore.log\" is a symlink: a checkpoint has files only\n", result.Error);
        Assert.Equal("untouched", File.ReadAllText(victim));
    }

    [SkippableTheory]
    [Covers("checkpoint --lazy-pages", "checkpoint --status-fd", "checkpoint --page-server")]
    [InlineData("--manage-cgroups-mode: \"odd\" is none of soft, full, strict and ignore", "--manage-cgroups-mode", "odd")]
    [InlineData("--empty-ns: namespace \"pid\" is not supported\n  network is the one that is", "--empty-ns", "pid")]
    [InlineData("--parent-path: \"/x\" must be relative: it begins in the folder of the images", "--parent-path", "/x")]
    [InlineData("--page-server: \"here\" is not ADDRESS:PORT", "--page-server", "here")]
    [InlineData("--status-fd: descriptor 77 was not passed to this command", "--lazy-pages", "--status-fd", "77")]
    public void A_flag_that_makes_no_sense_is_told_by_its_name(string sentence, params string[] flags)
    {
        using var bundle = Make(Counter);
        Start(bundle);

        Assert.Equal($"peapod: {sentence}\n", bundle.Peapod(["checkpoint", "--image-path", Images(bundle), .. flags, bundle.Id]).Error);
    }

    [Fact]
    public void A_created_container_has_nothing_to_be_checkpointed()
    {
        using var bundle = new Bundle("true");
        bundle.Create();

        Assert.Equal($"peapod: container \"{bundle.Id}\" cannot be checkpointed: it is created\n", bundle.Peapod("checkpoint", bundle.Id).Error);
    }

    [Fact]
    public void A_host_without_criu_is_told_what_to_install()
    {
        using var bundle = new Bundle("sleep", "100");
        bundle.RunDetached();

        var result = PeapodCommand.Start("env", "PATH=/nowhere", PeapodCommand.Executable, "--root", bundle.Root, "checkpoint", bundle.Id);

        Assert.Equal("peapod: criu: executable file not found in $PATH\n  install criu: apt install criu, dnf install criu, or https://criu.org/Packages\n", result.Error);
    }

    [SkippableFact]
    public void An_image_folder_that_holds_no_checkpoint_is_named()
    {
        Skip.If(Missing.Value is not null, Missing.Value);
        using var bundle = new Bundle("true");
        Directory.CreateDirectory(Images(bundle));

        var result = bundle.Peapod("restore", "--bundle", bundle.Folder, "--image-path", Images(bundle), bundle.Id);

        Assert.Equal($"peapod: --image-path: \"{Images(bundle)}\" has no whole checkpoint: descriptors.json: No such file or directory\n", result.Error);
    }

    [SkippableTheory]
    [InlineData("log-file moved.log", "images/moved.log")]
    [InlineData("# log-file no.log\nlog-file \"{0}/elsewhere.log\"  # here", "elsewhere.log")]
    [InlineData("log-file moved.log\nwork-dir {0}", "moved.log")]
    public void The_errors_are_read_where_the_configuration_of_criu_has_its_log(string configuration, string log)
    {
        using var bundle = Make("while true; do sleep 1; done");
        Start(bundle);
        Checkpoint(bundle);
        var file = Path.Combine(bundle.Folder, "criu.conf");
        File.WriteAllText(file, string.Format(configuration, bundle.Folder) + "\n");
        bundle.Set("annotations", $$"""{"org.criu.config": "{{file}}"}""");
        File.Delete(Directory.GetFiles(Images(bundle), "core-*.img")[0]);

        var result = bundle.Peapod("restore", "--detach", "--bundle", bundle.Folder, "--image-path", Images(bundle), bundle.Id);

        Assert.Contains("\n  Error (criu/", result.Error, StringComparison.Ordinal);
        Assert.Contains($"\n  all that criu did is in {Path.Combine(bundle.Folder, log)}", result.Error, StringComparison.Ordinal);
    }

    private static Bundle Make(string script)
    {
        Skip.If(Missing.Value is not null, Missing.Value);

        // Nor is what the host's /etc/criu says of any concern.
        var bundle = new Bundle("sh", "-c", script).Set("root.readonly", "false").Set("annotations", """{"org.criu.config": ""}""");
        return bundle.Mount("tmpfs", "/tmp", "tmpfs");
    }

    private static string Images(Bundle bundle) => Path.Combine(bundle.Folder, "images");

    /// <summary>With no file of the host's as a stream, which no process in another mount namespace could be given back.</summary>
    private static int Start(Bundle bundle)
    {
        Well(Detached(bundle, "run", "--detach", "--bundle", bundle.Folder, bundle.Id));
        return (int)bundle.State()["pid"]!;
    }

    private static void Checkpoint(Bundle bundle, params string[] flags) => Well(bundle.Peapod(["checkpoint", "--image-path", Images(bundle), .. flags, bundle.Id]));

    private static void Restore(Bundle bundle, params string[] flags) =>
        Well(Detached(bundle, ["restore", "--detach", "--bundle", bundle.Folder, "--image-path", Images(bundle), .. flags, bundle.Id]));

    private static CommandResult Detached(Bundle bundle, params string[] arguments)
    {
        var log = Path.Combine(bundle.Folder, "log");
        var result = PeapodCommand.Start("sh", ["-c", "exec \"$@\" </dev/null >/dev/null 2>&1", "sh", PeapodCommand.Executable, "--root", bundle.Root, "--log", log, .. arguments]);
        return result with { Error = result.ExitCode == 0 ? "" : File.ReadAllText(log) };
    }

    private static CommandResult Shell(Bundle bundle, string script) => PeapodCommand.Start("bash", "-c", script, bundle.Folder);

    private static void Well(CommandResult result)
    {
        Assert.Equal("", result.Error);
        Assert.Equal(0, result.ExitCode);
    }

    private static int Count(Bundle bundle, int atLeast)
    {
        var count = 0;
        for (var tries = 0; tries < 100 && count < atLeast; tries++)
        {
            Thread.Sleep(50);
            _ = int.TryParse(bundle.Exec(bundle.Id, "cat", "/tmp/count").Output.Trim(), out count);
        }

        Assert.True(count >= atLeast, $"the count stands at {count}");
        return count;
    }

    /// <summary>Place, options and type of each mount, as the container's process has them.</summary>
    private static string[] Mounts(int pid) => [.. File.ReadAllLines($"/proc/{pid}/mountinfo").Select(static line =>
    {
        var fields = line.Split(' ');
        return $"{fields[4]} {fields[5]} {fields[Array.IndexOf(fields, "-") + 1]}";
    }).Order(StringComparer.Ordinal)];

    private static string? WhatIsMissing()
    {
        var criu = Environment.GetEnvironmentVariable("PEAPOD_CRIU") ?? "criu";
        try
        {
            var check = PeapodCommand.Start(criu, "check");
            return check.ExitCode == 0 ? null : $"criu check: {check.Error}";
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return "criu is not installed";
        }
    }
}
