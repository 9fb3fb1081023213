using System.Diagnostics;
using Peapod.HostTests.Harness;

namespace Peapod.HostTests.Pods;

/// <summary>When a supervisor dies another one is there within a second, without a command, and nothing is lost.</summary>
public sealed class PodKeeperTests : IDisposable
{
    private readonly PodBed bed = new();

    public void Dispose() => bed.Dispose();

    private void Run(string name, string spec)
    {
        var result = bed.RunSpec(name, spec);
        Assert.Equal(("", 0), (result.Error, result.ExitCode));
    }

    /// <summary>Kills the supervisor and waits for the next.</summary>
    /// <returns>Milliseconds until that was there.</returns>
    private long KillSupervisor(string pod)
    {
        var before = bed.Supervisor(pod);
        var clock = Stopwatch.StartNew();
        PodBed.Kill(before);
        PodBed.Until(() => TryRead($"{bed.RunOf(pod)}/supervisor.lock") is { Length: > 0 } text && int.Parse(text) != before && PodBed.IsAlive(int.Parse(text)), "another supervisor is there");
        return clock.ElapsedMilliseconds;
    }

    private static string? TryRead(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (IOException)
        {
            return null;
        }
    }

    private string StatusFile(string pod) => TryRead($"{bed.RunOf(pod)}/status.json") ?? "";

    private int Keeper(string pod) => int.Parse(File.ReadAllLines($"/sys/fs/cgroup/peapod/supervisors/{bed.OwnerOf(pod)}/cgroup.procs").Single(pid => int.Parse(pid) != bed.Supervisor(pod)));

    /// <summary>Whether a process has the master side of a terminal open.</summary>
    private static bool HoldsTerminal(int pid) => Directory.GetFiles($"/proc/{pid}/fd").Any(static file => new FileInfo(file).LinkTarget?.EndsWith("ptmx", StringComparison.Ordinal) == true);

    [Fact]
    public void A_container_that_ends_while_its_pod_has_no_supervisor_ends_with_its_own_exit_code_and_starts_again()
    {
        Run("orphan", """
              terminationGracePeriodSeconds: 1
              containers:
              - {name: c, image: localhost/busybox, command: [sh, -c, "echo last words; sleep 1; exit 9"]}
              - {name: d, image: localhost/busybox, command: [sleep, "100"]}
            """);
        var keeper = Keeper("orphan");
        var supervisor = bed.Supervisor("orphan");
        Assert.Equal(0, PeapodCommand.Start("kill", "-STOP", $"{keeper}").ExitCode);
        PodBed.Kill(supervisor);
        PodBed.Until(() => !PodBed.IsAlive(bed.Pid("orphan", "c")), "the container has ended");

        Assert.Equal(0, PeapodCommand.Start("kill", "-CONT", $"{keeper}").ExitCode);

        PodBed.Until(() => StatusFile("orphan").Contains("\"exitCode\": 9", StringComparison.Ordinal), () => StatusFile("orphan"));
        PodBed.Until(() => StatusFile("orphan").Contains("\"restartCount\": 1", StringComparison.Ordinal), () => StatusFile("orphan"));
        Assert.DoesNotContain("ContainerStatusUnknown", StatusFile("orphan"), StringComparison.Ordinal);
        Assert.Equal("last words\n", bed.Done("logs", "-p", "-c", "c", "orphan"));
    }

    [Fact]
    public void Another_supervisor_is_there_within_a_second()
    {
        Run("soon", "  terminationGracePeriodSeconds: 0\n  containers: [{name: c, image: localhost/busybox, command: [sleep, '100']}]");
        Thread.Sleep(1100);

        Assert.InRange(KillSupervisor("soon"), 0, 1000);

        Assert.Equal(0, bed.Restarts("soon"));
    }

    [Fact]
    public void Twenty_kills_under_load_lose_no_line_no_exit_code_and_no_run()
    {
        Run("load", """
              terminationGracePeriodSeconds: 1
              volumes: [{name: v, emptyDir: {}}]
              containers:
              - {name: lines, image: localhost/busybox, command: [sh, -c, "i=0; while ! test -e /v/end; do i=$((i+1)); echo $i; done; echo $i > /v/last; echo done; sleep 100"], volumeMounts: [{name: v, mountPath: /v}]}
              - {name: code, image: localhost/busybox, command: [sh, -c, "test -e /v/end && exec sleep 100; echo x >> /v/runs; sleep 0.3; exit 42"], volumeMounts: [{name: v, mountPath: /v}]}
            """);
        var folder = $"{bed.DataOf("load")}/volumes/v";
        var codes = new HashSet<string>();
        for (var round = 0; round < 20; round++)
        {
            Thread.Sleep(17 * (round % 7));
            KillSupervisor("load");
            Collect();
        }

        File.WriteAllText($"{folder}/end", "");
        PodBed.Until(() => File.Exists($"{folder}/last"), "it counts no further");
        PodBed.Until(() => bed.Done("logs", "-c", "lines", "load").EndsWith("done\n", StringComparison.Ordinal), "all is logged", 30);
        var lines = bed.Done("logs", "-c", "lines", "load").Split('\n', StringSplitOptions.RemoveEmptyEntries)[..^1].Select(int.Parse).Distinct().ToList();
        var last = int.Parse(File.ReadAllText($"{folder}/last"));

        // The log is rotated: what it still has is without a gap, up to the last line.
        Assert.Equal(last, lines[^1]);
        Assert.Equal(Enumerable.Range(lines[0], lines.Count), lines);
        Collect();
        Assert.Equal("42", string.Join(" ", codes));
        Assert.Equal(0, bed.Restarts("load"));

        void Collect()
        {
            foreach (System.Text.RegularExpressions.Match match in System.Text.RegularExpressions.Regex.Matches(StatusFile("load"), "\"exitCode\": (\\d+)"))
            {
                codes.Add(match.Groups[1].Value);
            }
        }
    }

    [Fact]
    [Field("spec.containers[].tty")]
    public void A_terminal_outlives_the_supervisor_that_had_it()
    {
        Run("screen", """
              terminationGracePeriodSeconds: 0
              containers:
              - {name: c, image: localhost/busybox, tty: true, stdin: true, command: [sh, -c, "trap 'echo hung up' HUP; while read line; do echo got $line; done; exit 3"]}
            """);
        var pid = bed.Pid("screen", "c");

        KillSupervisor("screen");

        Assert.Equal((pid, 0), (bed.Pid("screen", "c"), bed.Restarts("screen")));
        Assert.StartsWith("""{"gives":"terminal"}""", PodBed.Request(bed.RunOf("screen"), """{"do":"attach","container":"c"}"""), StringComparison.Ordinal);
        Assert.DoesNotContain("hung up", bed.Done("logs", "screen"), StringComparison.Ordinal);
    }

    [Fact]
    [Field("spec.containers[].stdin")]
    public void A_standard_input_outlives_the_supervisor_that_had_it()
    {
        Run("input", "  terminationGracePeriodSeconds: 0\n  containers: [{name: c, image: localhost/busybox, stdin: true, command: [sh, -c, 'while read l; do echo got $l; done; echo end; sleep 100']}]");
        using var attached = bed.Begin("attach", "-i", "input");
        attached.StandardInput.WriteLine("one");
        attached.StandardInput.Flush();
        PodBed.Until(() => bed.Done("logs", "input") == "got one\n", "it is heard");

        KillSupervisor("input");
        attached.StandardInput.WriteLine("two");
        attached.StandardInput.Flush();
        PodBed.Until(() => bed.Done("logs", "input") == "got one\ngot two\n", "it is heard again");
        attached.Kill();
        Assert.StartsWith("""{"gives":"input"}""", PodBed.Request(bed.RunOf("input"), """{"do":"attach","container":"c"}"""), StringComparison.Ordinal);
        Assert.Equal("got one\ngot two\n", bed.Done("logs", "input"));
    }

    [Fact]
    public void A_keeper_that_is_killed_is_replaced_and_the_new_one_starts_a_supervisor_too()
    {
        Run("kept", "  terminationGracePeriodSeconds: 0\n  containers: [{name: c, image: localhost/busybox, tty: true, command: [sleep, '100']}]");
        var supervisor = bed.Supervisor("kept");
        var keeper = Keeper("kept");

        PodBed.Kill(keeper);
        PodBed.Until(() => File.ReadAllLines($"/sys/fs/cgroup/peapod/supervisors/{bed.OwnerOf("kept")}/cgroup.procs").Length == 2, "another keeper is there");
        PodBed.Until(() => HoldsTerminal(Keeper("kept")), "it has been given what the last one kept");

        Assert.Equal(supervisor, bed.Supervisor("kept"));
        KillSupervisor("kept");
        Assert.Equal(0, bed.Restarts("kept"));
        Assert.StartsWith("""{"gives":"terminal"}""", PodBed.Request(bed.RunOf("kept"), """{"do":"attach","container":"c"}"""), StringComparison.Ordinal);
    }

    [Fact]
    public void A_keeper_takes_little_memory()
    {
        Run("small", "  terminationGracePeriodSeconds: 0\n  containers: [{name: c, image: localhost/busybox, command: [sleep, '100']}]");

        var pss = File.ReadAllLines($"/proc/{Keeper("small")}/smaps_rollup").Single(static line => line.StartsWith("Pss:", StringComparison.Ordinal));

        Assert.InRange(int.Parse(pss.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1]), 1, 64);
    }

    [Theory]
    [InlineData("stop", "pod \"liar\" stopped\n", "Failed")]
    [InlineData("restart", "pod/liar restarted\n", "Running")]
    public void A_wish_is_carried_out_and_waited_for_when_the_supervisor_dies_meanwhile(string command, string told, string phase)
    {
        Run("liar", """
              terminationGracePeriodSeconds: 4
              containers:
              - {name: c, image: localhost/busybox, command: [sh, -c, 'trap "echo term" TERM; while :; do sleep 0.2; done']}
            """);
        using var wish = bed.Begin(command, "liar");
        PodBed.Until(() => bed.Done("logs", "liar") == "term\n", "the wish is under way");

        KillSupervisor("liar");

        Assert.True(wish.WaitForExit(20_000));
        Assert.Equal((0, told), (wish.ExitCode, wish.StandardOutput.ReadToEnd()));
        Assert.DoesNotContain("peapod:", wish.StandardError.ReadToEnd(), StringComparison.Ordinal);
        Assert.Equal(phase, (string)bed.Status("liar")["phase"]!);
        Assert.Equal(command == "restart" ? 1 : 0, bed.Restarts("liar"));
    }

    [Fact]
    public void A_delete_goes_on_when_its_command_is_interrupted_and_its_supervisor_is_killed()
    {
        Run("half", "  terminationGracePeriodSeconds: 6\n  containers: [{name: c, image: localhost/busybox, command: [sleep, '1000']}]");
        using (var delete = bed.Begin("delete", "half"))
        {
            PodBed.Until(() => StatusFile("half").Contains("Terminating", StringComparison.Ordinal), "it is under way");
            Assert.Equal(0, PeapodCommand.Start("kill", "-INT", $"{delete.Id}").ExitCode);
            delete.WaitForExit();
        }

        KillSupervisor("half");

        PodBed.Until(() => !Directory.Exists(bed.RunOf("half")) && !Directory.Exists(bed.DataOf("half")), "it is gone", 20);
        bed.AssertNothingLeft();
    }

    [Fact]
    public void A_supervisor_that_is_stopped_and_goes_on_has_missed_nothing()
    {
        Run("paused", "  terminationGracePeriodSeconds: 0\n  containers: [{name: c, image: localhost/busybox, command: [sh, -c, 'sleep 0.5; exit 6']}]");
        var supervisor = bed.Supervisor("paused");
        Assert.Equal(0, PeapodCommand.Start("kill", "-STOP", $"{supervisor}").ExitCode);
        Thread.Sleep(1500);
        Assert.Equal(0, PeapodCommand.Start("kill", "-CONT", $"{supervisor}").ExitCode);

        PodBed.Until(() => bed.ExitCode("paused") == 6, "its end is known");
        Assert.Equal(supervisor, bed.Supervisor("paused"));
    }
}
