using System.Diagnostics;
using System.Text.Json.Nodes;
using Peapod.HostTests.Harness;

namespace Peapod.HostTests.Pods;

/// <summary>Init containers, sidecars, restarts, deadlines and ends.</summary>
public sealed class PodLifeTests : IDisposable
{
    private readonly PodBed bed = new();

    public void Dispose() => bed.Dispose();

    private void Run(string name, string spec)
    {
        var result = bed.RunSpec(name, spec);
        Assert.Equal(("", 0), (result.Error, result.ExitCode));
    }

    private string Phase(string pod) => (string)bed.Status(pod)["phase"]!;

    private void UntilPhase(string pod, string phase) => PodBed.Until(() => Phase(pod) == phase, phase);

    private JsonNode Init(string pod, int index = 0) => bed.Status(pod)["initContainerStatuses"]![index]!;

    private string Condition(string pod, string type) => (string)bed.Status(pod)["conditions"]!.AsArray().Single(condition => (string)condition!["type"]! == type)!["status"]!;

    private IEnumerable<string> Events(string pod) => File.ReadAllLines($"{bed.RunOf(pod)}/events.jsonl").Select(static line => (string)JsonNode.Parse(line)!["reason"]!);

    [Fact]
    [Field("spec.initContainers")]
    public void Init_containers_run_in_order_each_to_its_end_before_the_containers()
    {
        Run("ordered", """
              restartPolicy: Never
              volumes: [{name: v, emptyDir: {}}]
              initContainers:
              - {name: one, image: localhost/busybox, command: [sh, -c, "sleep 1; echo one >> /v/log"], volumeMounts: [{name: v, mountPath: /v}]}
              - {name: two, image: localhost/busybox, command: [sh, -c, "echo two >> /v/log"], volumeMounts: [{name: v, mountPath: /v}]}
              containers:
              - {name: c, image: localhost/busybox, command: [cat, /v/log], volumeMounts: [{name: v, mountPath: /v}]}
            """);
        Assert.Equal(("Pending", "PodInitializing", "False"), (Phase("ordered"), (string?)bed.Container("ordered")["state"]!["waiting"]?["reason"], Condition("ordered", "Initialized")));

        UntilPhase("ordered", "Succeeded");

        Assert.Equal("one\ntwo\n", bed.Done("logs", "ordered"));
        Assert.Equal("Completed", (string?)Init("ordered", 1)["state"]!["terminated"]!["reason"]);
        Assert.True((bool)Init("ordered")["ready"]!);
        Assert.Equal("True", Condition("ordered", "Initialized"));
        Assert.Equal(["Scheduled", "Pulled", "Created", "Started", "Pulled", "Created", "Started", "Pulled", "Created", "Started"], Events("ordered"));
    }

    [Fact]
    [Field("spec.initContainers")]
    public void A_failed_init_container_ends_a_pod_that_never_restarts()
    {
        Run("failed", """
              restartPolicy: Never
              initContainers: [{name: i, image: localhost/busybox, command: [sh, -c, "exit 3"]}]
              containers: [{name: c, image: localhost/busybox, command: [sleep, "100"]}]
            """);

        UntilPhase("failed", "Failed");

        Assert.Equal(3, (int)Init("failed")["state"]!["terminated"]!["exitCode"]!);
        Assert.NotNull(bed.Container("failed")["state"]!["waiting"]);
    }

    [Fact]
    [Field("spec.initContainers")]
    public void A_failed_init_container_is_tried_again_otherwise()
    {
        Run("again", """
              volumes: [{name: v, emptyDir: {}}]
              initContainers: [{name: i, image: localhost/busybox, command: [sh, -c, "test -e /v/mark || { touch /v/mark; exit 1; }"], volumeMounts: [{name: v, mountPath: /v}]}]
              containers: [{name: c, image: localhost/busybox, command: [sleep, "100"]}]
            """);

        UntilPhase("again", "Running");

        Assert.Equal((1, 0), ((int)Init("again")["restartCount"]!, bed.Restarts("again")));
    }

    [Fact]
    [Field("spec.initContainers[].restartPolicy", "spec.initContainers[].startupProbe")]
    public void A_sidecar_starts_first_is_waited_for_and_is_stopped_last()
    {
        Run("side", """
              restartPolicy: Never
              terminationGracePeriodSeconds: 5
              volumes: [{name: v, emptyDir: {}}]
              initContainers:
              - name: s
                image: localhost/busybox
                restartPolicy: Always
                command: [sh, -c, "trap 'echo stopped >> /v/log; exit' TERM; sleep 0.3; echo up >> /v/log; touch /v/up; while true; do sleep 0.02; done"]
                startupProbe: {exec: {command: [test, -e, /v/up]}, periodSeconds: 1, failureThreshold: 30}
                volumeMounts: [{name: v, mountPath: /v}]
              containers:
              - {name: c, image: localhost/busybox, command: [sh, -c, "echo main >> /v/log; sleep 0.2; echo done >> /v/log"], volumeMounts: [{name: v, mountPath: /v}]}
            """);

        UntilPhase("side", "Succeeded");

        Assert.Equal("up\nmain\ndone\nstopped\n", File.ReadAllText($"{bed.DataOf("side")}/volumes/v/log"));
    }

    [Fact]
    [Field("spec.initContainers[].restartPolicy")]
    public void A_sidecar_that_ends_is_started_again_while_the_containers_go_on()
    {
        Run("side", """
              restartPolicy: Never
              terminationGracePeriodSeconds: 0
              initContainers: [{name: s, image: localhost/busybox, restartPolicy: Always, command: [sleep, "0.2"]}]
              containers: [{name: c, image: localhost/busybox, command: [sleep, "100"]}]
            """);

        PodBed.Until(() => (int)Init("side")["restartCount"]! == 1, "the sidecar is started again");

        Assert.Equal(0, bed.Restarts("side"));
        Assert.Equal("Running", Phase("side"));
    }

    [Fact]
    [Field("spec.containers[].restartPolicy")]
    public void A_containers_own_restart_policy_goes_before_the_pods()
    {
        Run("own", """
              terminationGracePeriodSeconds: 0
              containers:
              - {name: once, image: localhost/busybox, restartPolicy: Never, command: ["false"]}
              - {name: ever, image: localhost/busybox, command: ["false"]}
            """);

        PodBed.Until(() => bed.Restarts("own", 1) == 1, "the other one is started again");

        Assert.Equal((0, "Error"), (bed.Restarts("own"), (string?)bed.Container("own")["state"]!["terminated"]?["reason"]));
    }

    [Fact]
    [Field("spec.activeDeadlineSeconds")]
    public void A_pod_that_is_active_too_long_fails()
    {
        Run("late", """
              activeDeadlineSeconds: 1
              terminationGracePeriodSeconds: 0
              containers: [{name: c, image: localhost/busybox, command: [sleep, "100"]}]
            """);

        UntilPhase("late", "Failed");

        Assert.Equal(("DeadlineExceeded", "Pod was active on the node longer than the specified deadline"), ((string)bed.Status("late")["reason"]!, (string)bed.Status("late")["message"]!));
    }

    [Theory]
    [InlineData("exec sleep 1000")]
    [InlineData("exec >&- 2>&-; exec sleep 1000")]
    [InlineData("exec 2>&-; exec sleep 1000")]
    [InlineData("exit 1")]
    public void A_supervisor_rests_while_nothing_happens_whatever_a_container_has_closed(string script)
    {
        Run("idle", $$"""
              terminationGracePeriodSeconds: 0
              containers: [{name: c, image: localhost/busybox, command: [sh, -c, "{{script}}"]}]
            """);
        Thread.Sleep(1000);

        var before = Ticks();
        Thread.Sleep(2000);
        Assert.InRange(Ticks() - before, 0, 40);

        // proc_pid_stat(5): utime and stime, in hundredths of a second.
        int Ticks() => File.ReadAllText($"/proc/{bed.Supervisor("idle")}/stat").Split(") ")[1].Split(' ')[11..13].Sum(int.Parse);
    }

    [Fact]
    [Field("spec.containers[].terminationMessagePath", "spec.containers[].terminationMessagePolicy")]
    public void The_last_words_are_read_from_the_file_or_from_the_end_of_the_log()
    {
        Run("words", """
              restartPolicy: Never
              containers:
              - {name: file, image: localhost/busybox, command: [sh, -c, "printf bye > /dev/termination-log"]}
              - {name: path, image: localhost/busybox, terminationMessagePath: /tmp/deep/words, command: [sh, -c, "head -c 5000 /dev/zero | tr '\\0' x > /tmp/deep/words"]}
              - {name: log, image: localhost/busybox, terminationMessagePolicy: FallbackToLogsOnError, command: [sh, -c, "seq 100; exit 1"]}
              - {name: good, image: localhost/busybox, terminationMessagePolicy: FallbackToLogsOnError, command: [sh, -c, "echo no"]}
            """);
        UntilPhase("words", "Failed");

        string? Words(int index) => (string?)bed.Ended("words", index)!["message"];
        Assert.Equal("bye", Words(0));

        // 12 KiB a pod, divided among its four containers.
        Assert.Equal(new string('x', 3072), Words(1));
        Assert.Equal(string.Concat(Enumerable.Range(21, 80).Select(static number => $"{number}\n")), Words(2));
        Assert.Null(Words(3));
    }

    [Fact]
    public void An_image_command_that_is_gone_at_a_restart_is_a_start_error()
    {
        Run("gone", """
              terminationGracePeriodSeconds: 0
              volumes: [{name: v, emptyDir: {}}]
              initContainers: [{name: i, image: localhost/busybox, command: [cp, /bin/busybox, /v/sh], volumeMounts: [{name: v, mountPath: /v}]}]
              containers: [{name: c, image: localhost/busybox, command: [/v/sh, -c, "rm /v/sh"], volumeMounts: [{name: v, mountPath: /v}]}]
            """);

        PodBed.Until(() => (string?)bed.Ended("gone")?["reason"] == "StartError", "it cannot start again");

        Assert.Equal(128, bed.ExitCode("gone"));
        PodBed.Until(() => (string?)bed.Container("gone")["state"]!["waiting"]?["reason"] == "CrashLoopBackOff", "it is in back-off");
        Assert.Contains("back-off 10s restarting failed container=c pod=gone_default(", (string)bed.Container("gone")["state"]!["waiting"]!["message"]!);
    }

    [Fact]
    public void A_pod_of_the_same_name_has_another_uid()
    {
        Run("same", """  containers: [{name: c, image: localhost/busybox, command: [sleep, "100"]}]""");
        var first = (string)bed.Inspect("same")["metadata"]!["uid"]!;
        bed.Done("rm", "-f", "same");
        Run("same", """  containers: [{name: c, image: localhost/busybox, command: [sleep, "100"]}]""");

        Assert.NotEqual(first, (string)bed.Inspect("same")["metadata"]!["uid"]!);
    }

    [Fact]
    public void After_a_reboot_a_pod_of_the_same_name_starts_afresh()
    {
        Run("boot", """
              volumes: [{name: v, emptyDir: {}}]
              containers: [{name: c, image: localhost/busybox, command: [sh, -c, "ls /v; touch /v/mark; sleep 100"], volumeMounts: [{name: v, mountPath: /v}]}]
            """);
        bed.Done("stop", "-t", "0", "boot");
        Directory.Delete(bed.RunOf("boot"), recursive: true);

        Assert.Equal(0, bed.Pod("run", "-f", $"{bed.Folder}/boot.yaml").ExitCode);

        Assert.Equal("Running", Phase("boot"));
        Assert.Equal("", bed.Done("logs", "boot"));
    }

    [Fact]
    public void A_pod_whose_supervisor_dies_while_it_initializes_goes_on_with_a_new_one()
    {
        Run("mid", """
              restartPolicy: Never
              initContainers:
              - {name: one, image: localhost/busybox, command: [sh, -c, "while ! test -e /tmp/go; do sleep 0.02; done; sleep 0.1"]}
              - {name: two, image: localhost/busybox, command: ["true"]}
              containers: [{name: c, image: localhost/busybox, command: ["true"]}]
            """);
        PodBed.Kill(bed.Supervisor("mid"));

        Assert.Equal(("Pending", 0), (Phase("mid"), (int)Init("mid")["restartCount"]!));
        bed.Done("ps");
        Assert.Equal(0, PeapodCommand.Run("--root", $"{bed.RunOf("mid")}/containers", "exec", "one", "touch", "/tmp/go").ExitCode);

        UntilPhase("mid", "Succeeded");
    }

    [Fact]
    public void A_supervisor_with_nothing_to_do_has_little_of_its_code_mapped_and_goes_on_from_there()
    {
        Run("idle", """
              terminationGracePeriodSeconds: 0
              containers: [{name: c, image: localhost/busybox, command: [sleep, "100"]}]
            """);
        var supervisor = bed.Supervisor("idle");

        PodBed.Until(() => Code() < 2048, "its code is unmapped", 10);

        bed.Done("restart", "idle");
        Assert.Equal(supervisor, bed.Supervisor("idle"));
        PodBed.Until(() => Code() < 2048, "its code is unmapped again", 10);

        // In KiB.
        int Code() => File.ReadAllText($"/proc/{supervisor}/smaps").Split("\nVmFlags:").Where(static mapping => mapping.Contains(" r-xp ", StringComparison.Ordinal) && mapping.Contains("/peapod-pod", StringComparison.Ordinal))
            .Sum(static mapping => int.Parse(mapping.Split("\nRss:")[1].TrimStart().Split(' ')[0]));
    }

    [Fact]
    public void Hundreds_of_restarts_leave_neither_descriptors_nor_memory_behind()
    {
        Run("often", """
              terminationGracePeriodSeconds: 0
              containers: [{name: c, image: localhost/busybox, command: [sleep, "100"]}]
            """);
        var supervisor = bed.Supervisor("often");
        Restart(50);
        var (descriptors, memory) = (Descriptors(), Memory());

        var clock = Stopwatch.StartNew();
        var times = int.Parse(Environment.GetEnvironmentVariable("PEAPOD_RESTARTS") ?? "300");
        Restart(times);

        Assert.Equal(50 + times, bed.Restarts("often"));
        Assert.InRange(Descriptors(), descriptors - 2, descriptors + 2);
        Assert.InRange(Memory(), 0, memory + 2048);

        // A supervisor that keeps what it does not use has twice as much.
        Assert.InRange(Memory(), 0, 3072);
        Assert.InRange(clock.Elapsed.TotalSeconds, 0, 120 + (times / 10));

        void Restart(int count)
        {
            for (var i = 0; i < count; i++)
            {
                var before = bed.Pid("often", "c");
                PodBed.Request(bed.RunOf("often"), """{"do":"restart","container":"c","grace":0}""");
                PodBed.Until(() => PodBed.TryPid(bed.RunOf("often"), "c") is { } now && now != before, "it runs again");
            }
        }

        int Descriptors() => Directory.GetFiles($"/proc/{supervisor}/fd").Length;

        // Private memory in KiB: what is shared is the executable.
        int Memory() => File.ReadLines($"/proc/{supervisor}/smaps_rollup").Where(static line => line.StartsWith("Private_Dirty", StringComparison.Ordinal)).Sum(static line => int.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1]));
    }
}
