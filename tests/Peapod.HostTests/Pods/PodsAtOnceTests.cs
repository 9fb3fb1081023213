using System.Diagnostics;
using Peapod.HostTests.Harness;

namespace Peapod.HostTests.Pods;

/// <summary>Commands for several pods wait for all of them at once.</summary>
public sealed class PodsAtOnceTests : IDisposable
{
    private const int Pods = 5;

    private readonly PodBed bed = new();

    public void Dispose() => bed.Dispose();

    [Theory]
    [InlineData("delete", "pod \"{0}\" deleted\n")]
    [InlineData("stop", "pod \"{0}\" stopped\n")]
    [InlineData("restart", "pod/{0} restarted\n")]
    [InlineData("apply", "pod/{0} replaced\n")]
    public void They_take_as_long_as_the_slowest(string command, string line)
    {
        bed.Done("run", "-f", bed.Write("many.yaml", Manifests(grace: 3, variable: "old")));
        string[] names = [.. Enumerable.Range(0, Pods).Select(static i => $"slow-{i}")];
        var clock = Stopwatch.StartNew();

        var result = command == "apply"
            ? bed.Pod("apply", "--force", "-f", bed.Write("other.yaml", Manifests(grace: 3, variable: "new")))
            : bed.Pod(command, names);

        Assert.Equal((0, ""), (result.ExitCode, string.Join('\n', result.Error.Split('\n').Where(static told => !told.Contains("still waiting", StringComparison.Ordinal)))));
        Assert.Equal(names.Select(name => string.Format(null, line, name)).Order(), result.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(static told => told + "\n").Order());
        Assert.InRange(clock.Elapsed.TotalSeconds, 2.5, 3 * Pods - 2);
    }

    [Fact]
    public void Who_waits_is_told_what_for()
    {
        bed.RunSpec("deaf", "  terminationGracePeriodSeconds: 5\n  containers: [{name: c, image: localhost/busybox, command: [sleep, '1000']}]");
        bed.RunSpec("stubborn", "  terminationGracePeriodSeconds: 5\n  containers: [{name: c, image: localhost/busybox, command: [sh, -c, \"trap '' TERM; sleep 1000; true\"]}]");
        bed.RunSpec("quick", "  containers: [{name: c, image: localhost/busybox, command: [sh, -c, \"trap 'exit 0' TERM; sleep 1000 & wait\"]}]");

        var result = bed.Pod("stop", "deaf", "stubborn", "missing", "quick");

        Assert.Equal(1, result.ExitCode);
        Assert.Equal(
            [
                "peapod: pods \"missing\" not found",
                "pod \"deaf\": still waiting for container \"c\", whose process \"sleep\" is process 1 of its container and has no handler for SIGTERM, so the kernel keeps that from it",
                "pod \"stubborn\": still waiting for container \"c\", whose process \"sh\" ignores SIGTERM",
            ],
            result.Error.TrimEnd('\n').Split('\n'));
        Assert.StartsWith("pod \"quick\" stopped\n", result.Output, StringComparison.Ordinal);
    }

    private static string Manifests(int grace, string variable) => string.Join("---\n", Enumerable.Range(0, Pods).Select(i => PodBed.Manifest($"slow-{i}", $$"""
          terminationGracePeriodSeconds: {{grace}}
          containers:
          - name: c
            image: localhost/busybox
            command: [sleep, "1000"]
            env: [{ name: V, value: {{variable}} }]
        """)));
}
