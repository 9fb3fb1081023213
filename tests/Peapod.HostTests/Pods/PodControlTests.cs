using System.Text.Json.Nodes;
using Peapod.HostTests.Harness;

namespace Peapod.HostTests.Pods;

/// <summary>What the supervisor does when it is asked, and what its logs and events are like under load.</summary>
public sealed class PodControlTests : IDisposable
{
    private readonly PodBed bed = new();

    public void Dispose() => bed.Dispose();

    private void Run(string name, string spec)
    {
        var result = bed.RunSpec(name, spec);
        Assert.Equal(("", 0), (result.Error, result.ExitCode));
    }

    private string Ask(string pod, string json) => PodBed.Request(bed.RunOf(pod), json);

    private void ChangeManifest(string pod, Action<JsonNode> change)
    {
        var path = $"{bed.RunOf(pod)}/manifest.json";
        var manifest = JsonNode.Parse(File.ReadAllText(path))!;
        change(manifest);
        File.WriteAllText(path, manifest.ToJsonString());
    }

    [Fact]
    public void A_signal_reaches_the_container_that_is_meant()
    {
        Run("sig", """
              containers:
              - {name: a, image: localhost/busybox, command: [sh, -c, "trap 'echo usr1' USR1; echo ready; while true; do sleep 0.02; done"]}
              - {name: b, image: localhost/busybox, command: [sleep, "100"]}
            """);
        PodBed.Until(() => bed.Done("logs", "-c", "a", "sig") == "ready\n", "it is ready");

        Assert.Equal("{}", Ask("sig", """{"do":"kill","container":"a","signal":10}"""));

        PodBed.Until(() => bed.Done("logs", "-c", "a", "sig") == "ready\nusr1\n", "it was told");
        Assert.Equal("""{"error":"container \"x\" is not in pod \"sig\""}""", Ask("sig", """{"do":"kill","container":"x","signal":10}"""));
        Assert.StartsWith("""{"error":"unknown request \"dance""", Ask("sig", """{"do":"dance"}"""));
        Assert.StartsWith("{\"error\":", Ask("sig", "no JSON"));
    }

    [Fact]
    public void A_restart_starts_a_container_again_at_once_whatever_its_policy()
    {
        Run("again", """
              restartPolicy: Never
              containers:
              - {name: a, image: localhost/busybox, command: [sh, -c, "trap 'exit 0' TERM; while true; do sleep 0.02; done"]}
              - {name: b, image: localhost/busybox, command: [sleep, "100"]}
            """);
        for (var run = 1; run <= 3; run++)
        {
            Assert.Equal("{}", Ask("again", """{"do":"restart","container":"a","grace":5}"""));
            var wanted = run;
            PodBed.Until(() => bed.Restarts("again") == wanted && bed.Container("again")["state"]!["running"] is not null, "it runs again");
        }

        Assert.Equal(0, bed.Restarts("again", 1));
    }

    [Fact]
    [Field("spec.ephemeralContainers")]
    public void An_ephemeral_container_that_is_added_starts_and_sees_its_targets_processes()
    {
        Run("look", """
              terminationGracePeriodSeconds: 0
              containers: [{name: c, image: localhost/busybox, command: [sleep, "4711"]}]
            """);
        ChangeManifest("look", static manifest => manifest["spec"]!["ephemeralContainers"] = JsonNode.Parse("""
            [{"name":"debug","image":"localhost/busybox","targetContainerName":"c","command":["sh","-c","ps -o args; exit 5"]}]
            """));

        Assert.Equal("{}", Ask("look", """{"do":"reload"}"""));

        PodBed.Until(() => bed.Status("look")["ephemeralContainerStatuses"]?[0]?["state"]?["terminated"] is not null, "it has ended");
        Assert.Equal((5, 0), ((int)bed.Status("look")["ephemeralContainerStatuses"]![0]!["state"]!["terminated"]!["exitCode"]!, (int)bed.Status("look")["ephemeralContainerStatuses"]![0]!["restartCount"]!));
        Assert.Contains("F sleep 4711\n", File.ReadAllText($"{bed.DataOf("look")}/logs/debug/0.log"));
        Assert.Equal("Running", (string)bed.Status("look")["phase"]!);
    }

    [Fact]
    [Field("spec.containers[].resizePolicy")]
    public void Labels_and_annotations_are_taken_over_on_reload_and_a_restart_policy_of_resources_restarts()
    {
        Run("change", """
              terminationGracePeriodSeconds: 0
              containers: [{name: c, image: localhost/busybox, command: [sleep, "100"], resizePolicy: [{resourceName: memory, restartPolicy: RestartContainer}]}]
            """);
        ChangeManifest("change", static manifest => manifest["metadata"]!["labels"] = JsonNode.Parse("""{"a":"b"}"""));
        Assert.Equal("{}", Ask("change", """{"do":"reload"}"""));
        Assert.Equal("b", (string?)bed.Inspect("change")["metadata"]!["labels"]!["a"]);
        Assert.Equal(0, bed.Restarts("change"));
    }

    [Fact]
    public void Under_load_no_line_is_lost_over_rotations()
    {
        Run("load", """
              restartPolicy: Never
              containers: [{name: c, image: localhost/busybox, command: [sh, -c, "seq 1 400000"]}]
            """);
        PodBed.Until(() => (string)bed.Status("load")["phase"]! == "Succeeded", "it has ended", 60);

        var files = Directory.GetFiles($"{bed.DataOf("load")}/logs/c");
        Assert.InRange(files.Length, 2, 5);
        Assert.All(files, static file => Assert.InRange(new FileInfo(file).Length, 1, 10 << 20));
        Assert.Equal(string.Concat(Enumerable.Range(1, 400_000).Select(static number => $"{number}\n")), bed.Done("logs", "load"));
    }

    [Fact]
    public void A_full_disk_costs_lines_and_neither_the_container_nor_the_supervisor()
    {
        Run("full", """
              restartPolicy: Never
              containers: [{name: c, image: localhost/busybox, command: [sh, -c, "while ! test -e /go; do sleep 0.02; done; seq 1 100000; touch /written; while ! test -e /end; do sleep 0.02; done; echo after"]}]
            """);
        var logs = $"{bed.DataOf("full")}/logs/c";
        Assert.Equal(0, PeapodCommand.Start("mount", "-t", "tmpfs", "-o", "size=64k", "small", logs).ExitCode);
        try
        {
            // The supervisor's file is the one below; a restart opens the one on the small disk.
            PodBed.Request(bed.RunOf("full"), """{"do":"restart","container":"c","grace":0}""");
            PodBed.Until(() => bed.Restarts("full") == 1 && bed.Container("full")["state"]!["running"] is not null, "it runs again");
            bed.Done("exec", "full", "--", "touch", "/go");
            PodBed.Until(() => bed.Pod("exec", "full", "--", "test", "-e", "/written").ExitCode == 0, "all is written");
            Assert.Equal(0, PeapodCommand.Start("mount", "-o", "remount,size=1m", logs).ExitCode);
            bed.Done("exec", "full", "--", "touch", "/end");
            PodBed.Until(() => (string)bed.Status("full")["phase"]! == "Succeeded", "it has ended");

            var lines = File.ReadAllLines($"{logs}/1.log");
            Assert.EndsWith(" stdout F after", lines[^1]);

            // The sentence is short and may fit where lines do not: it can come more than once.
            var losses = lines.Where(static line => line.Contains(" stderr F peapod: ", StringComparison.Ordinal)).ToList();
            Assert.NotEmpty(losses);
            Assert.All(losses, static line => Assert.Matches("stderr F peapod: [1-9][0-9]* lines of this log are lost: No space left on device$", line));
            Assert.Equal(100_000, lines.Count(static line => line.Contains(" stdout F ", StringComparison.Ordinal)) - 1 + losses.Sum(static line => int.Parse(line.Split(' ')[4])));
        }
        finally
        {
            // Its supervisor has the file open for a moment more.
            bed.Pod("stop", "-t", "0", "full");
            PodBed.Until(() => PeapodCommand.Start("umount", logs).ExitCode == 0, "the small disk is free");
        }
    }
}
