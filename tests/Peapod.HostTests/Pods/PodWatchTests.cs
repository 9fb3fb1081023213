using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using Peapod.HostTests.Harness;

namespace Peapod.HostTests.Pods;

/// <summary>Nothing that a container, a peer or the host does ends a pod's supervisor, or keeps it waiting.</summary>
public sealed class PodWatchTests : IDisposable
{
    private readonly PodBed bed = new();

    public void Dispose() => bed.Dispose();

    private void Run(string name, string spec)
    {
        var result = bed.RunSpec(name, spec);
        Assert.Equal(("", 0), (result.Error, result.ExitCode));
    }

    private IEnumerable<string> Events(string pod) => File.ReadAllLines($"{bed.RunOf(pod)}/events.jsonl").Select(static line => (string)JsonNode.Parse(line)!["message"]!);

    private void UntilEvent(string pod, string message, int seconds = 10) =>
        PodBed.Until(() => Events(pod).Any(told => told.Contains(message, StringComparison.Ordinal)), () => $"{message}: {string.Join("; ", Events(pod))}", seconds);

    [Fact]
    [Field("spec.containers[].readinessProbe.exec")]
    public void A_container_that_stops_its_own_probes_before_they_execute_holds_up_nobody()
    {
        Run("stopper", """
              activeDeadlineSeconds: 7
              terminationGracePeriodSeconds: 1
              containers:
              - name: stops
                image: localhost/busybox
                command: [sh, -c, "n=2; while :; do if kill -STOP $n 2>/dev/null; then echo stopped $n; n=$((n+1)); fi; done"]
                readinessProbe: {exec: {command: ["true"]}, periodSeconds: 1, timeoutSeconds: 1}
              - name: other
                image: localhost/busybox
                command: [sh, -c, "while :; do echo tick; sleep 0.1; done"]
                readinessProbe: {exec: {command: ["true"]}, periodSeconds: 1, timeoutSeconds: 5}
            """);
        UntilEvent("stopper", "Readiness probe failed: command timed out: \"true\" timed out after 1s");
        PodBed.Until(() => (bool)bed.Container("stopper", 1)["ready"]!, "the other is ready");
        var before = bed.Done("logs", "-c", "other", "stopper").Length;
        PodBed.Until(() => bed.Done("logs", "-c", "other", "stopper").Length > before, "its log goes on");

        PodBed.Until(() => (string)bed.Status("stopper")["phase"]! == "Failed", "the deadline ends the pod", 20);

        Assert.Equal("DeadlineExceeded", (string)bed.Status("stopper")["reason"]!);
    }

    [Fact]
    public void A_stream_that_another_container_writes_to_without_end_does_not_keep_the_supervisor()
    {
        Run("drain", """
              restartPolicy: Never
              shareProcessNamespace: true
              terminationGracePeriodSeconds: 1
              containers:
              - {name: a, image: localhost/busybox, command: [sleep, "2.125"]}
              - name: b
                image: localhost/busybox
                command: [sh, -c, "while :; do for p in /proc/[0-9]*; do if grep -q 2.125 $p/cmdline 2>/dev/null && [ -p $p/fd/1 ]; then exec yes > $p/fd/1; fi; done; done"]
            """);

        PodBed.Until(() => bed.Container("drain")["state"]!["terminated"] is not null, "it has ended", 15);

        Assert.Equal(0, bed.ExitCode("drain"));
        var clock = Stopwatch.StartNew();
        bed.Done("stop", "-t", "1", "drain");
        Assert.InRange(clock.Elapsed.TotalSeconds, 0, 10);
        Assert.StartsWith("y\ny\n", bed.Done("logs", "-c", "a", "drain"), StringComparison.Ordinal);
    }

    [Fact]
    public void A_probe_that_writes_without_end_does_not_keep_the_supervisor()
    {
        Run("wordy", """
              terminationGracePeriodSeconds: 0
              containers:
              - {name: c, image: localhost/busybox, command: [sleep, "100"], readinessProbe: {exec: {command: ["yes"]}, periodSeconds: 1, timeoutSeconds: 1}}
            """);

        UntilEvent("wordy", "Readiness probe failed: command timed out: \"yes\" timed out after 1s");
        bed.Done("stop", "-t", "0", "wordy");
    }

    [Fact]
    public void A_start_in_a_frozen_cgroup_holds_up_no_stop()
    {
        Run("frozen", """
              containers:
              - {name: a, image: localhost/busybox, command: [sleep, "100"]}
              - {name: b, image: localhost/busybox, command: [sleep, "100"]}
            """);
        var freeze = $"/sys/fs/cgroup/peapod/besteffort/{bed.OwnerOf("frozen")}/cgroup.freeze";
        var pid = bed.Pid("frozen", "b");
        File.WriteAllText(freeze, "1");
        PodBed.Kill(pid);

        // The new one is frozen before it executes anything.
        PodBed.Until(() => PodBed.TryPid(bed.RunOf("frozen"), "b") != pid, "it is being started");
        Thread.Sleep(500);
        var clock = Stopwatch.StartNew();
        Assert.Equal("{}", PodBed.Request(bed.RunOf("frozen"), """{"do":"reload"}"""));
        Assert.InRange(clock.Elapsed.TotalSeconds, 0, 5);

        bed.Done("stop", "-t", "1", "frozen");

        Assert.InRange(clock.Elapsed.TotalSeconds, 0, 20);
    }

    [Fact]
    public void A_runtime_that_hangs_holds_up_no_logs_and_no_stop()
    {
        var runtime = bed.Write("hangs", "#!/bin/sh\nexec sleep 1000\n");
        File.SetUnixFileMode(runtime, (UnixFileMode)0x1ed);
        bed.Write("runtimes.json", $$"""{ "hangs": { "path": "{{runtime}}" } }""");
        bed.Done("run", "-f", bed.Write("class.yaml", "{apiVersion: node.k8s.io/v1, kind: RuntimeClass, metadata: {name: hangs}, handler: hangs}"));
        var manifest = bed.Write("slow.yaml", PodBed.Manifest("slow", "  runtimeClassName: hangs\n  containers: [{name: c, image: localhost/busybox, command: [sleep, '100']}]"));
        using var run = bed.Begin("run", "--runtimes-config", $"{bed.Folder}/runtimes.json", "-f", manifest);
        PodBed.Until(() => PeapodCommand.Start("pgrep", "-f", "^sleep 1000$").ExitCode == 0, "the runtime hangs");

        var clock = Stopwatch.StartNew();
        Assert.Equal("{}", PodBed.Request(bed.RunOf("slow"), """{"do":"reload"}"""));
        Assert.InRange(clock.Elapsed.TotalSeconds, 0, 5);
        Assert.Equal("{}", PodBed.Request(bed.RunOf("slow"), """{"do":"stop","grace":0}"""));

        Assert.True(run.WaitForExit(20_000));
        Assert.Equal((1, "peapod: pod \"slow\" was stopped before it ran\n"), (run.ExitCode, run.StandardError.ReadToEnd()));
        Assert.NotEqual(0, PeapodCommand.Start("pgrep", "-f", "^sleep 1000$").ExitCode);
    }

    [Theory]
    [InlineData("HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:99999/\r\n\r\n", "dial tcp: address 99999: invalid port")]
    [InlineData("HTTP/1.1 2x0 OK\r\n\r\n", "malformed HTTP response \"HTTP/1.1 2x0 OK\"")]
    [Field("spec.containers[].readinessProbe.httpGet")]
    public void An_answer_to_a_probe_that_makes_no_sense_fails_the_probe_and_the_supervisor_lives_on(string answer, string why)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        _ = Task.Run(async () =>
        {
            while (true)
            {
                using var client = await listener.AcceptTcpClientAsync();
                await client.GetStream().WriteAsync(Encoding.Latin1.GetBytes(answer));
            }
        });
        Run("evil", """
              terminationGracePeriodSeconds: 0
              containers:
              - {name: c, image: localhost/busybox, command: [sleep, "100"], readinessProbe: {httpGet: {host: 127.0.0.1, port: PORT}, periodSeconds: 1}}
            """.Replace("PORT", $"{((IPEndPoint)listener.LocalEndpoint).Port}", StringComparison.Ordinal));
        var supervisor = bed.Supervisor("evil");

        UntilEvent("evil", why);

        Assert.Equal(supervisor, bed.Supervisor("evil"));
        Assert.True(PodBed.IsAlive(supervisor));
    }

    [Fact]
    public void The_supervisor_and_the_containers_have_nothing_of_the_shell_that_the_pod_was_started_from()
    {
        var manifest = bed.Write("own.yaml", PodBed.Manifest("own", """
              terminationGracePeriodSeconds: 0
              containers:
              - {name: c, image: localhost/busybox, command: [sh, -c, "umask; ulimit -n; ulimit -c; cat /etc/resolv.conf > /dev/null && echo read; sleep 100"], securityContext: {runAsUser: 1000}}
            """));
        var cgroup = Directory.CreateDirectory("/sys/fs/cgroup/caller").FullName;
        try
        {
            var run = PeapodCommand.Start(
                "sh", "-c", "echo $$ > \"$0/cgroup.procs\"; umask 077; ulimit -S -n 64; ulimit -S -c 0; exec nice -n 7 taskset 1 \"$@\"", cgroup,
                PeapodCommand.Executable, "pod", "--run-root", bed.RunRoot, "--data-root", bed.DataRoot, "run", "-f", manifest);
            Assert.Equal(("", 0), (run.Error, run.ExitCode));
            var supervisor = bed.Supervisor("own");

            Assert.Empty(File.ReadAllText($"{cgroup}/cgroup.procs"));
            Assert.Contains($"/peapod/supervisors/{bed.OwnerOf("own")}", File.ReadAllText($"/proc/{supervisor}/cgroup"), StringComparison.Ordinal);
            var status = File.ReadAllText($"/proc/{supervisor}/status");
            Assert.Contains("Umask:\t0022\n", status, StringComparison.Ordinal);
            Assert.Matches("Cpus_allowed_list:\t0-", Environment.ProcessorCount > 1 ? status : "Cpus_allowed_list:\t0-");
            Assert.Matches("Max open files +1024 +", File.ReadAllText($"/proc/{supervisor}/limits"));
            var fields = File.ReadAllText($"/proc/{supervisor}/stat").Split(") ")[^1].Split(' ');
            Assert.Equal(("0", $"{supervisor}"), (fields[16], fields[3]));
            const ulong sysResource = 1 << 24;
            var mayLower = (Convert.ToUInt64(status.Split("CapEff:\t")[1].Split('\n')[0], 16) & sysResource) != 0;
            Assert.Equal(mayLower ? "-999\n" : File.ReadAllText("/proc/self/oom_score_adj"), File.ReadAllText($"/proc/{supervisor}/oom_score_adj"));
            PodBed.Until(() => bed.Done("logs", "own") == "0022\n1024\n0\nread\n", () => bed.Done("logs", "own"));
        }
        finally
        {
            Directory.Delete(cgroup);
        }
    }

    [Fact]
    public void A_container_that_never_could_start_is_backed_off_and_holds_up_nobody()
    {
        Run("absent", """
              terminationGracePeriodSeconds: 0
              containers:
              - {name: slow, image: localhost/busybox, command: [sleep, "100"], lifecycle: {postStart: {exec: {command: [sleep, "0.3"]}}}}
              - {name: absent, image: localhost/busybox, command: [nothere]}
            """);
        UntilEvent("absent", "executable file not found in $PATH");

        PodBed.Until(() => (string?)bed.Container("absent", 1)["state"]!["waiting"]?["reason"] == "CrashLoopBackOff", () => bed.Container("absent", 1).ToJsonString());

        Assert.InRange(bed.Restarts("absent", 1), 0, 2);
        PodBed.Until(() => bed.Container("absent")["state"]!["running"] is not null, "the other runs");
    }

    [Fact]
    public void A_full_run_folder_stops_no_pod_and_what_could_not_be_written_is_written_later()
    {
        Directory.CreateDirectory(bed.RunRoot);
        Assert.Equal(0, PeapodCommand.Start("mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", bed.RunRoot).ExitCode);
        try
        {
            Run("full", """
                  terminationGracePeriodSeconds: 1
                  containers:
                  - {name: c, image: localhost/busybox, command: [sh, -c, "while ! test -e /go; do sleep 0.05; done; exit 3"]}
                """);
            var supervisor = bed.Supervisor("full");
            Assert.NotEqual(0, PeapodCommand.Start("dd", "if=/dev/zero", $"of={bed.RunRoot}/filler", "bs=64k").ExitCode);

            bed.Done("exec", "full", "--", "touch", "/go");
            Thread.Sleep(2500);
            Assert.True(PodBed.IsAlive(supervisor));
            Assert.NotNull(bed.Container("full")["state"]!["running"]);

            File.Delete($"{bed.RunRoot}/filler");
            PodBed.Until(() => bed.ExitCode("full") == 3, () => bed.Container("full").ToJsonString());
            PodBed.Until(() => bed.Restarts("full") == 1 && bed.Container("full")["state"]!["running"] is not null, "it runs again", 30);
            Assert.Equal(supervisor, bed.Supervisor("full"));
            bed.Done("rm", "-f", "full");
        }
        finally
        {
            Assert.Equal(0, PeapodCommand.Start("umount", bed.RunRoot).ExitCode);
        }
    }
}
