using System.Text.Json.Nodes;
using Peapod.HostTests.Harness;

namespace Peapod.HostTests.Pods;

/// <summary>Pods of a host that goes down: what is on disk is there afterwards, and nothing else.</summary>
public sealed class PodRebootTests : IDisposable
{
    private readonly PodBed bed = new();

    public void Dispose() => bed.Dispose();

    /// <summary>
    /// Runs a script on a host of its own, whose processes, mounts, networks and folders in memory are gone when it ends, as by a power failure:
    /// PID 1 of a PID namespace is the shell.
    /// </summary>
    private string UntilPowerFails(string script)
    {
        var result = PeapodCommand.Start(
            "unshare", "--mount", "--net", "--ipc", "--pid", "--fork", "--kill-child", "--mount-proc", "--propagation", "private", "bash", "-euc", $$"""
            mkdir -p {{bed.RunRoot}} /run/peapod-host
            mount -t tmpfs tmpfs {{bed.RunRoot}}
            mount -t tmpfs tmpfs /run/peapod-host
            ip link set lo up
            pod() { {{PeapodCommand.Executable}} pod --run-root {{bed.RunRoot}} --data-root {{bed.DataRoot}} "$@"; }
            # What a supervisor writes beside its loop.
            kept() { for _ in {1..200}; do grep -q "$2" {{bed.DataRoot}}/pods/*"_$1"*/record/status.json 2>/dev/null && return; sleep 0.02; done; echo "no $2 in the record of $1" >&2; return 1; }
            {{script}}
            """);
        Assert.True(result.ExitCode == 0, result.Error + result.Output);
        PodBed.Until(static () => !AnyProcess(), "the processes of that host are gone");
        RemoveCgroups();
        return result.Output;
    }

    private static bool AnyProcess() => Directory.Exists("/sys/fs/cgroup/peapod")
        && Directory.GetFiles("/sys/fs/cgroup/peapod", "cgroup.procs", SearchOption.AllDirectories).Any(static file => File.ReadAllText(file).Length > 0);

    private static void RemoveCgroups() => PeapodCommand.Start("find", "/sys/fs/cgroup/peapod", "-depth", "-type", "d", "-exec", "rmdir", "{}", ";");

    private string Write(string name, string policy, string command) => bed.Write($"{name}.yaml", PodBed.Manifest(name, $$$"""
          restartPolicy: {{{policy}}}
          terminationGracePeriodSeconds: 0
          containers:
          - {name: c, image: localhost/busybox, command: [sh, -c, {{{command}}}], volumeMounts: [{name: disk, mountPath: /disk}, {name: memory, mountPath: /memory}]}
          volumes: [{name: disk, emptyDir: {}}, {name: memory, emptyDir: {medium: Memory}}]
        """));

    private JsonNode Kept(string pod) => JsonNode.Parse(File.ReadAllText($"{bed.DataOf(pod)}/record/status.json"))!;

    [Fact]
    public void A_pod_that_a_reboot_ended_is_shown_and_starts_again_with_its_uid_volumes_logs_and_counts()
    {
        var manifest = Write("web", "Always", "\"echo run >>/disk/runs; echo run >>/memory/runs; echo begun; [ $(wc -l </disk/runs) = 1 ] && exit 3; exec sleep 1000\"");
        var uid = UntilPowerFails($"""
            pod run -f {manifest} >/dev/null
            pod wait --for=jsonpath='{"{.status.containerStatuses[0].restartCount}"}'=1 web >/dev/null
            pod wait --for=condition=Ready web >/dev/null
            kept web '"restartCount": 1'
            pod inspect web -o jsonpath='{"{.metadata.uid}"}'
            """);

        Assert.Matches("^NAME +READY +STATUS +RESTARTS +AGE\nweb +0/1 +Rebooted +1 ", bed.Done("ps"));
        Assert.Contains("begun", bed.Done("logs", "web"));
        Assert.Contains("Rebooted", bed.Done("describe", "web"));
        Assert.Equal("", bed.Done("gc", "--stopped"));

        Assert.Equal("pod/web started\n", bed.Done("start", "--all"));
        Assert.Equal("pod/web is already running\n", bed.Done("start", "web"));
        Assert.Equal("", bed.Done("start", "--all"));

        var pod = bed.Inspect("web");
        Assert.Equal(uid, (string)pod["metadata"]!["uid"]!);
        Assert.Equal(2, bed.Restarts("web"));
        Assert.Equal("Rebooted", (string)bed.Container("web")["lastState"]!["terminated"]!["reason"]!);
        Assert.Equal("3\n", bed.Done("exec", "web", "--", "sh", "-c", "wc -l </disk/runs"));
        Assert.Equal("1\n", bed.Done("exec", "web", "--", "sh", "-c", "wc -l </memory/runs"));
        Assert.Equal("begun\n", bed.Done("logs", "-p", "web"));

        bed.Done("rm", "-f", "web");
        bed.AssertNothingLeft();
    }

    [Fact]
    public void RestartPolicy_decides_what_a_boot_starts()
    {
        var always = Write("always", "Always", "\"exec sleep 1000\"");
        var failure = Write("onfailure", "OnFailure", "\"exec sleep 1000\"");
        var never = Write("never", "Never", "\"exec sleep 1000\"");
        var done = Write("done", "OnFailure", "\"exit 0\"");
        var stopped = Write("stopped", "Always", "\"exec sleep 1000\"");
        UntilPowerFails($"""
            pod run -f {always} -f {failure} -f {never} -f {done} -f {stopped} >/dev/null
            pod wait --for=jsonpath='{"{.status.phase}"}'=Succeeded done >/dev/null
            pod stop stopped >/dev/null
            for pod in always onfailure never; do kept $pod Running; done
            """);

        Assert.Equal(["pod/always started", "pod/onfailure started"], bed.Done("start", "--all").Split('\n', StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal));
        Assert.Equal("Succeeded", (string)bed.Status("done")["phase"]!);
        Assert.Equal("Failed", (string)bed.Status("never")["phase"]!);
        Assert.Equal("Error", (string)bed.Container("stopped")["state"]!["terminated"]!["reason"]!);

        // Whoever asks for one by its name gets it.
        Assert.Equal("pod/never started\npod/done started\n".Split('\n').Order(StringComparer.Ordinal), bed.Done("start", "never", "done").Split('\n').Order(StringComparer.Ordinal));
        Assert.Equal("Running", (string)bed.Status("never")["phase"]!);
    }

    [Fact]
    public void What_an_orderly_shutdown_stopped_starts_with_the_host()
    {
        var job = Write("job", "OnFailure", "\"trap 'exit 0' TERM; touch /disk/ready; while true; do sleep 0.1; done\"");
        var stopped = Write("stopped", "Always", "\"exec sleep 1000\"");
        UntilPowerFails($"""
            pod run -f {job} -f {stopped} >/dev/null
            pod stop stopped >/dev/null
            for _ in {"{1..200}"}; do pod exec job -- test -e /disk/ready && break; sleep 0.02; done
            pod stop -t 10 --all --until-boot >/dev/null
            """);

        Assert.Equal("Succeeded", (string)bed.Status("job")["phase"]!);
        Assert.Equal("pod/job started\n", bed.Done("start", "--all"));
        Assert.Equal(1, bed.Restarts("job"));
        bed.Done("stop", "-t", "0", "job");
        Assert.Equal("", bed.Done("start", "--all"));
    }

    [Fact]
    public void A_deletion_that_the_power_failure_cut_short_is_done_and_a_stop_is_not_undone()
    {
        var slow = PodBed.Manifest("slow", "  containers: [{name: c, image: localhost/busybox, command: [sh, -c, \"trap '' TERM; echo deaf; sleep 1000\"]}]");
        var gone = bed.Write("gone.yaml", slow.Replace("slow", "gone", StringComparison.Ordinal));
        var stopped = bed.Write("stopping.yaml", slow.Replace("slow", "stopping", StringComparison.Ordinal));
        UntilPowerFails($"""
            pod run -f {gone} -f {stopped} >/dev/null
            for pod in gone stopping; do for _ in {"{1..200}"}; do pod logs $pod | grep -q deaf && break; sleep 0.02; done; done
            pod delete gone >/dev/null & pod stop stopping >/dev/null &
            for pod in gone stopping; do kept $pod Terminating; done
            """);

        Assert.Equal("", bed.Done("start", "--all"));
        Assert.Equal("stopping\n", bed.Done("ps", "-q"));
        Assert.Equal("Failed", (string)Kept("stopping")["phase"]!);
    }

    [Fact]
    public void Applying_the_manifest_starts_a_pod_that_a_reboot_ended()
    {
        var manifest = Write("web", "Always", "\"exec sleep 1000\"");
        UntilPowerFails($"pod run -f {manifest} >/dev/null; kept web Running");

        Assert.Equal("pod/web started\n", bed.Done("apply", "-f", manifest));
        Assert.Equal("pod/web unchanged\n", bed.Done("apply", "-f", manifest));
    }

    [Fact]
    public void A_record_that_is_damaged_costs_its_own_pod_only()
    {
        var one = Write("one", "Always", "\"exec sleep 1000\"");
        var two = Write("two", "Always", "\"exec sleep 1000\"");
        UntilPowerFails($"pod run -f {one} -f {two} >/dev/null; kept one Running; kept two Running");
        File.WriteAllText($"{bed.DataOf("one")}/record/status.json", "{");

        var started = bed.Pod("start", "--all");

        Assert.Equal("pod/two started\n", started.Output);
        Assert.Contains("status.json is damaged", started.Error);
        Assert.Equal(1, started.ExitCode);
        bed.Done("rm", "-f", "one");
    }

    [Fact]
    public void A_stopped_pod_starts_again_and_twenty_at_once_start_it_once()
    {
        bed.RunSpec("web", "  terminationGracePeriodSeconds: 0\n  containers: [{name: c, image: localhost/busybox, command: [sleep, '1000']}]");
        bed.Done("stop", "web");

        var starts = Enumerable.Range(0, 20).AsParallel().WithDegreeOfParallelism(20).Select(_ => bed.Pod("start", "web")).ToList();

        Assert.All(starts, static start => Assert.True(start.ExitCode == 0, start.Error));
        Assert.Single(starts, static start => start.Output == "pod/web started\n");
        Assert.Equal(1, bed.Restarts("web"));
    }

    [SkippableFact]
    public void The_unit_for_all_pods_is_one_that_systemd_takes()
    {
        var unit = bed.Done("generate", "systemd", "--all");

        var command = $"{PeapodCommand.Executable} pod --run-root {bed.RunRoot} --data-root {bed.DataRoot}";
        Assert.Contains($"\nExecStart={command} start --all\nExecStop={command} stop --all --until-boot\n", unit);
        Skip.IfNot(File.Exists("/usr/bin/systemd-analyze"), "systemd-analyze is not installed here");
        var result = PeapodCommand.Start("systemd-analyze", "verify", bed.Write("peapod-pods.service", unit));
        Assert.True(result.ExitCode == 0, result.Error);
    }
}
