using Peapod.HostTests.Harness;

namespace Peapod.HostTests.Vm;

/// <summary>What only a machine of one's own can be put through: fork bombs, and clocks that jump.</summary>
[Trait("tier", "vm")]
public class PodRobustnessTests
{
    public PodRobustnessTests() => Guest.Needed();

    [SkippableFact]
    public void A_fork_bomb_stops_at_the_pods_limit_and_disturbs_no_other_pod()
    {
        using var bed = new PodBed();
        bed.Done("run", "--image", "localhost/busybox", "calm", "--", "sleep", "1000");
        var manifest = bed.Write("bomb.yaml", PodBed.Manifest("bomb", """
              terminationGracePeriodSeconds: 0
              containers:
              - {name: bomb, image: localhost/busybox, command: [sh, -c, "bomb() { bomb | bomb & }; while ! test -e /go; do sleep 0.1; done; bomb 2>/dev/null; exec sleep 1000"]}
              - {name: neighbour, image: localhost/busybox, command: [sleep, "1000"]}
            """));
        bed.Done("run", "-f", manifest, "--pod-pids-limit", "40");
        Assert.Equal("40", Guest.Cgroup($"peapod/besteffort/{bed.OwnerOf("bomb")}/pids.max"));

        bed.Done("exec", "-c", "bomb", "bomb", "--", "touch", "/go");
        PodBed.Until(() => Guest.Counter($"peapod/besteffort/{bed.OwnerOf("bomb")}/pids.events", "max") > 0, "the limit was met", 60);

        Assert.Equal("40", Guest.Cgroup($"peapod/besteffort/{bed.OwnerOf("bomb")}/pids.peak"));
        Assert.Equal("ok\n", bed.Done("exec", "calm", "--", "echo", "ok"));
        Assert.Equal((0, 0), (bed.Restarts("bomb"), bed.Restarts("bomb", 1)));
        bed.Done("rm", "-f", "bomb");
        Assert.False(Directory.Exists($"/sys/fs/cgroup/peapod/besteffort/{bed.OwnerOf("bomb")}"));
        Assert.Equal(
            "peapod: --pod-pids-limit 0: must be greater than 0\n",
            bed.Pod("run", "--pod-pids-limit", "0", "--image", "localhost/busybox", "none").Error);
    }

    [SkippableFact]
    public void A_clock_that_jumps_ahead_and_back_restarts_fails_and_loses_nothing()
    {
        using var bed = new PodBed();
        var result = bed.RunSpec("clock", """
              terminationGracePeriodSeconds: 0
              activeDeadlineSeconds: 600
              containers:
              - name: c
                image: localhost/busybox
                command: [sh, -c, "i=0; while true; do i=$((i+1)); echo $i; sleep 0.1; done"]
                livenessProbe: {exec: {command: ["true"]}, periodSeconds: 1, failureThreshold: 1, timeoutSeconds: 10}
                readinessProbe: {exec: {command: [test, "!", -e, /unready]}, periodSeconds: 1, failureThreshold: 1, timeoutSeconds: 10}
              - {name: crashes, image: localhost/busybox, command: [sh, -c, "sleep 1; exit 3"]}
            """);
        Assert.True(result.ExitCode == 0, result.Error);
        PodBed.Until(() => (bool)bed.Container("clock")["ready"]!, "it is ready", 60);

        var step = 0L;
        try
        {
            // The deadline is ten minutes: a clock that is asked the time of day would have it pass, or never.
            Step(7200);
            GoesOn();
            Assert.Matches("^clock .* 12[0-9]m", bed.Done("ps").Split('\n')[1]);
            Step(-14400);
            GoesOn();
            Assert.Matches("^clock .* <invalid>", bed.Done("ps").Split('\n')[1]);
        }
        finally
        {
            Step(-step);
        }

        GoesOn();
        PodBed.Until(() => bed.Restarts("clock", 1) >= 2 || (string?)bed.Container("clock", 1)["state"]!["waiting"]?["reason"] == "CrashLoopBackOff", "the other one was restarted", 60);
        var lines = bed.Done("logs", "-c", "c", "clock").Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(int.Parse).ToList();
        Assert.Equal(Enumerable.Range(1, lines.Count), lines);
        Assert.Equal(0, bed.Restarts("clock"));
        Assert.Equal("Running", (string)bed.Status("clock")["phase"]!);

        void Step(long seconds)
        {
            Assert.Equal(0, PeapodCommand.Start("date", "-s", $"@{DateTimeOffset.UtcNow.ToUnixTimeSeconds() + seconds}").ExitCode);
            step += seconds;
        }

        void GoesOn()
        {
            // Probes go on in their rhythm: what the readiness probe looks at is seen, each way.
            bed.Done("exec", "-c", "c", "clock", "--", "touch", "/unready");
            PodBed.Until(() => !(bool)bed.Container("clock")["ready"]!, "it is not ready", 30);
            bed.Done("exec", "-c", "c", "clock", "--", "rm", "/unready");
            PodBed.Until(() => (bool)bed.Container("clock")["ready"]!, "it is ready again", 30);
            Assert.Equal("Running", (string)bed.Status("clock")["phase"]!);

            // A line that comes between the counting and the printing is printed, too, as by kubectl.
            Assert.Matches("^([0-9]+\n)+$", bed.Done("logs", "--tail", "1", "-c", "c", "clock"));
        }
    }
}
