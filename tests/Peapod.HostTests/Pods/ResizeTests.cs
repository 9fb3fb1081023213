using Peapod.HostTests.Harness;

namespace Peapod.HostTests.Pods;

/// <summary>`pod update`: what it takes and refuses. That the limits hold is looked at where there are controllers.</summary>
public sealed class ResizeTests : IDisposable
{
    private readonly PodBed bed = new();

    public void Dispose() => bed.Dispose();

    [Fact]
    public void Without_resources_a_pod_has_a_class_that_resources_would_change()
    {
        bed.Done("run", "--image", "localhost/busybox", "web", "--", "sleep", "100");

        var refused = bed.Pod("update", "web", "--requests=cpu=10m");

        Assert.Equal((1, "peapod: The Pod \"web\" is invalid: status.qosClass (Pod QOS Class may not change as a result of resizing): Forbidden\n"), (refused.ExitCode, refused.Error));
    }

    [Fact]
    public void Bad_input_is_named()
    {
        bed.Done("run", "--image", "localhost/busybox", "web", "--", "sleep", "100");

        Assert.Equal("peapod: --limits or --requests: what shall be changed is missing\n", bed.Pod("update", "web").Error);
        Assert.Equal("peapod: --limits \"disk=1\": expected cpu=AMOUNT or memory=AMOUNT\n", bed.Pod("update", "web", "--limits", "disk=1").Error);
        Assert.Equal("peapod: container x is not valid for pod web; it has: [web]\n", bed.Pod("update", "web", "-c", "x", "--limits", "cpu=1").Error);
        Assert.Equal("peapod: pods \"nobody\" not found\n", bed.Pod("update", "nobody", "--limits", "cpu=1").Error);
    }
}
