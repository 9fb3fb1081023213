using Peapod.HostTests.Harness;

namespace Peapod.HostTests.Vm;

[Trait("tier", "vm")]
public class CpuTests
{
    private const string Spin = "while :; do :; done";

    public CpuTests() => Guest.Needed();

    [SkippableTheory]
    [InlineData("""{"quota": 20000, "period": 50000}""", "cpu.max", "20000 50000")]
    [InlineData("""{"quota": 20000}""", "cpu.max", "20000 100000")]
    [InlineData("""{"quota": -1, "period": 50000}""", "cpu.max", "max 50000")]
    [InlineData("""{"quota": 20000, "burst": 10000}""", "cpu.max.burst", "10000")]
    [InlineData("""{"shares": 1024}""", "cpu.weight", "100")]
    [InlineData("""{"shares": 2}""", "cpu.weight", "1")]
    [InlineData("""{"shares": 262144}""", "cpu.weight", "10000")]
    [InlineData("""{"idle": 1}""", "cpu.idle", "1")]
    [InlineData("""{"cpus": "1"}""", "cpuset.cpus.effective", "1")]
    [InlineData("""{"mems": "0"}""", "cpuset.mems", "0")]
    public void A_cpu_setting_is_in_its_file(string cpu, string file, string expected)
    {
        using var bundle = new Bundle("cat", $"/sys/fs/cgroup/{file}").Set("linux.resources.cpu", cpu);

        Assert.Equal(expected + "\n", bundle.RunOutput());
    }

    [SkippableFact]
    public void A_quota_holds_back_a_process_that_spins()
    {
        using var bundle = new Bundle("sh", "-c", Spin).Set("linux.resources.cpu", """{"quota": 10000, "period": 100000}""");
        bundle.RunDetached();
        PodBed.Until(() => Guest.Counter($"{bundle.Id}/cpu.stat", "nr_throttled") >= 10, "throttled", 60);

        var (periods, used) = (Guest.Counter($"{bundle.Id}/cpu.stat", "nr_periods"), Guest.Counter($"{bundle.Id}/cpu.stat", "usage_usec"));

        // A tenth of each period, and what a late tick lets pass.
        Assert.InRange(used, 0, periods * 30_000);
    }

    [SkippableFact]
    public void A_process_is_kept_on_its_cpus()
    {
        using var bundle = new Bundle("grep", "Cpus_allowed_list", "/proc/self/status").Set("linux.resources.cpu", """{"cpus": "1"}""");

        Assert.Equal("Cpus_allowed_list:\t1\n", bundle.RunOutput());
    }

    [SkippableFact]
    public void A_container_stands_still_between_pause_and_resume()
    {
        using var bundle = new Bundle("sh", "-c", Spin);
        bundle.RunDetached();
        PodBed.Until(() => Used() > 0, "the process runs", 60);

        Assert.Equal(0, bundle.Peapod("pause", bundle.Id).ExitCode);
        Assert.Equal("paused", bundle.Status);
        Assert.Equal(1, Guest.Counter($"{bundle.Id}/cgroup.events", "frozen"));
        var paused = Used();
        Thread.Sleep(500);
        Assert.Equal(paused, Used());

        Assert.Equal(0, bundle.Peapod("resume", bundle.Id).ExitCode);
        Assert.Equal("running", bundle.Status);
        PodBed.Until(() => Used() > paused, "the process runs again", 60);

        long Used() => Guest.Counter($"{bundle.Id}/cpu.stat", "usage_usec");
    }
}
