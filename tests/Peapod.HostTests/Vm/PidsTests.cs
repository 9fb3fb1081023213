using Peapod.HostTests.Harness;

namespace Peapod.HostTests.Vm;

[Trait("tier", "vm")]
public class PidsTests
{
    public PidsTests() => Guest.Needed();

    [SkippableFact]
    public void A_fork_bomb_stops_at_the_limit()
    {
        // Process 1 becomes one that waits and forks no more, so that the container outlives the bomb.
        using var bundle = new Bundle("sh", "-c", "bomb() { bomb | bomb & }; bomb 2>/dev/null; exec sleep 1000")
            .Set("linux.resources.pids", """{"limit": 20}""");
        bundle.RunDetached();

        PodBed.Until(() => Guest.Counter($"{bundle.Id}/pids.events", "max") > 0, "the limit was met", 60);

        Assert.Equal("20", Guest.Cgroup($"{bundle.Id}/pids.max"));
        Assert.Equal("20", Guest.Cgroup($"{bundle.Id}/pids.peak"));
        Assert.Equal("running", bundle.Status);
    }
}
