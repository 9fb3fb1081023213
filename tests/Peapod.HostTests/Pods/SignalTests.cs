using Peapod.HostTests.Harness;

namespace Peapod.HostTests.Pods;

/// <summary>`pod kill`, `pod restart`, `pod events`.</summary>
public sealed class SignalTests : IDisposable
{
    private readonly PodBed bed = new();

    public void Dispose() => bed.Dispose();

    private void Run() => Assert.Equal(0, bed.RunSpec("two", """
          terminationGracePeriodSeconds: 1
          containers:
          - {name: a, image: localhost/busybox, command: [sh, -c, "trap 'echo heard' USR1; echo ready; while true; do sleep 0.02; done"]}
          - {name: b, image: localhost/busybox, command: [sleep, "100"]}
        """).ExitCode);

    [Fact]
    public void A_signal_reaches_the_container_that_is_meant()
    {
        Run();
        PodBed.Until(() => bed.Pod("logs", "-c", "a", "two").Output == "ready\n", "it is ready");

        Assert.Equal("pod/two killed\n", bed.Done("kill", "-s", "SIGUSR1", "-c", "a", "two"));

        PodBed.Until(() => bed.Pod("logs", "-c", "a", "two").Output == "ready\nheard\n", "it has heard");
        Assert.Equal((0, 0), (bed.Restarts("two", 0), bed.Restarts("two", 1)));
    }

    [Fact]
    public void What_is_killed_is_started_again_as_the_policy_says()
    {
        Run();

        bed.Done("kill", "-c", "b", "two");

        PodBed.Until(() => bed.Restarts("two", 1) == 1 && bed.Container("two", 1)["state"]!["running"] is not null, "it runs again");
        Assert.Equal(137, bed.ExitCode("two", 1));
        Assert.Matches("^two   2/2   Running   1 \\([0-9]+s ago\\)   [0-9]+s\n$", bed.Done("ps", "--no-headers"));
    }

    [Fact]
    public void A_restart_is_for_one_container_or_all()
    {
        Run();
        var (a, b) = (bed.Pid("two", "a"), bed.Pid("two", "b"));

        Assert.Equal("pod/two restarted\n", bed.Done("restart", "-c", "b", "-t", "0", "two"));
        Assert.Equal((1, 0), (bed.Restarts("two", 1), bed.Restarts("two", 0)));
        Assert.Equal(a, bed.Pid("two", "a"));
        Assert.NotEqual(b, bed.Pid("two", "b"));

        bed.Done("restart", "-t", "0", "two");
        Assert.Equal((1, 2), (bed.Restarts("two", 0), bed.Restarts("two", 1)));
        Assert.Equal("peapod: --time -1: expected from 0 to 2147483647 seconds\n", bed.Pod("restart", "-t", "-1", "two").Error);
        Assert.Equal("peapod: --time -1: expected from 0 to 2147483647 seconds\n", bed.Pod("stop", "-t", "-1", "two").Error);
    }

    [Fact]
    public void Bad_input_is_named()
    {
        Run();

        Assert.Equal("peapod: --signal \"NONE\": not a signal\n  expected such as TERM, SIGHUP or 9\n", bed.Pod("kill", "-s", "NONE", "two").Error);
        Assert.Equal("peapod: container x is not valid for pod two; it has: [a b]\n", bed.Pod("kill", "-c", "x", "two").Error);
        Assert.Equal("peapod: pods \"nobody\" not found\n", bed.Pod("restart", "nobody").Error);
        bed.Done("stop", "-t", "0", "two");
        Assert.Equal("peapod: pod \"two\" is not running\n", bed.Pod("kill", "two").Error);
    }

    [Fact]
    public void Events_are_listed_and_can_be_watched()
    {
        Assert.Equal("No events found in default namespace.\n", bed.Pod("events").Error);
        Run();

        var rows = bed.Done("events").TrimEnd('\n').Split('\n');
        Assert.Matches("^LAST SEEN +TYPE +REASON +OBJECT +MESSAGE$", rows[0]);
        Assert.Contains(rows, static row => System.Text.RegularExpressions.Regex.IsMatch(row, "^[0-9]+s +Normal +Started +Pod/two +Started container b$"));
        Assert.Equal("No events found in default namespace.\n", bed.Pod("events", "--types", "Warning").Error);
        Assert.Contains("Started", bed.Done("events", "-o", "jsonpath={.items[*].reason}"));

        using var watch = bed.Begin("events", "-w", "--no-headers", "two");
        var line = watch.StandardOutput.ReadLine();
        bed.Done("kill", "-c", "b", "two");
        PodBed.Until(() => bed.Restarts("two", 1) == 1, "it runs again");
        for (var i = 0; i < 40 && !line!.Contains("(x2 over"); i++)
        {
            line = watch.StandardOutput.ReadLine();
        }

        Assert.Matches("^[0-9]+s \\(x2 over [0-9]+s\\) +Normal ", line);
        watch.Kill();
    }
}
