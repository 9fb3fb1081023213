using System.Diagnostics;
using Peapod.HostTests.Harness;

namespace Peapod.HostTests.Pods;

public sealed class WaitTests : IDisposable
{
    private readonly PodBed bed = new();

    public void Dispose() => bed.Dispose();

    [Fact]
    public void Until_a_condition_holds_or_the_pod_is_gone()
    {
        bed.Done("run", "--image", "localhost/busybox", "web", "--", "sleep", "100");

        Assert.Equal("pod/web condition met\n", bed.Done("wait", "--for=condition=Ready", "pod/web"));
        Assert.Equal("pod/web condition met\n", bed.Done("wait", "--for=jsonpath={.status.phase}=Running", "web", "--timeout=0"));
        using var gone = bed.Begin("wait", "--for=delete", "web");
        Thread.Sleep(100);
        Assert.False(gone.HasExited);
        bed.Done("delete", "web", "--force");
        Assert.True(gone.WaitForExit(10_000));
        Assert.Equal((0, "pod/web deleted\n"), (gone.ExitCode, gone.StandardOutput.ReadToEnd()));
    }

    [Fact]
    public void Until_the_pod_is_there()
    {
        using var there = bed.Begin("wait", "--for=create", "web", "--timeout=20s");
        Thread.Sleep(100);
        bed.Done("run", "--image", "localhost/busybox", "web", "--", "sleep", "100");

        Assert.True(there.WaitForExit(10_000));
        Assert.Equal((0, "pod/web condition met\n"), (there.ExitCode, there.StandardOutput.ReadToEnd()));
    }

    [Fact]
    public void What_does_not_come_is_given_up_in_time()
    {
        bed.Done("run", "--image", "localhost/busybox", "web", "--", "sleep", "100");
        var clock = Stopwatch.StartNew();

        var result = bed.Pod("wait", "--for=condition=Ready=False", "web", "--timeout=300ms");

        Assert.Equal((1, "error: timed out waiting for the condition on pods/web\n"), (result.ExitCode, result.Error));
        Assert.InRange(clock.ElapsedMilliseconds, 300, 5000);
        Assert.Equal((1, "peapod: pods \"nobody\" not found\n"), (bed.Pod("wait", "--for=condition=Ready", "nobody").ExitCode, bed.Pod("wait", "--for=condition=Ready", "nobody").Error));
        Assert.Equal("error: no matching resources found\n", bed.Pod("wait", "--for=condition=Ready", "-l", "app=none").Error);
        Assert.Equal("peapod: --timeout \"soon\": not a duration\n  expected such as 30s, 2m or 1h30m\n", bed.Pod("wait", "--for=condition=Ready", "web", "--timeout=soon").Error);
    }
}
