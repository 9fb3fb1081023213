using Peapod.HostTests.Harness;

namespace Peapod.HostTests.Pods;

/// <summary>`pod top` and `pod stats`. Memory needs its controller, which many a test host has not: the figures are looked at in the guest.</summary>
public sealed class TopTests : IDisposable
{
    private const string Cores = "[0-9]+m";
    private const string Memory = "([0-9]+Mi|<unknown>)";
    private readonly PodBed bed = new();

    public void Dispose() => bed.Dispose();

    private void Run() => Assert.Equal(0, bed.RunSpec("busy", """
          terminationGracePeriodSeconds: 0
          containers:
          - {name: spins, image: localhost/busybox, command: [sh, -c, "while true; do :; done"]}
          - {name: idles, image: localhost/busybox, command: [sleep, "100"]}
        """).ExitCode);

    [Fact]
    public void Top_tells_processor_time_in_thousandths_of_a_core()
    {
        Run();

        Assert.Matches($"^NAME   CPU\\(cores\\)   MEMORY\\(bytes\\)\nbusy   {Cores} +{Memory}\n$", bed.Done("top"));
        var rows = bed.Done("top", "--containers", "--no-headers", "--sort-by", "cpu").TrimEnd('\n').Split('\n');
        Assert.Matches($"^busy   spins   {Cores} +{Memory}$", rows[0]);
        Assert.Matches($"^busy   idles   0m +{Memory}$", rows[1]);
        Assert.InRange(int.Parse(rows[0].Split(' ', StringSplitOptions.RemoveEmptyEntries)[2].TrimEnd('m')), 10, 1100);
    }

    [Fact]
    public void Stats_tells_of_each_container_once_or_again_and_again()
    {
        Run();

        var rows = bed.Done("stats", "--no-stream").TrimEnd('\n').Split('\n');
        Assert.Matches("^POD    NAME    CPU %  +MEM USAGE / LIMIT +MEM % +NET IO +BLOCK IO +PIDS$", rows[0]);
        Assert.Matches("^busy   spins   [0-9.]+% +(--|[0-9.]+[kMG]?B) / (--|[0-9.]+[kMGT]?B) +(--|[0-9.]+%) +[0-9.]+k?B / [0-9.]+k?B +(--|[0-9.]+[kM]?B) / (--|[0-9.]+[kM]?B) +(--|[0-9]+)$", rows[1]);
        using var live = bed.Begin("stats", "--interval", "1", "busy");
        for (var i = 0; i < 6; i++)
        {
            Assert.StartsWith(i % 3 == 0 ? "POD " : "busy ", live.StandardOutput.ReadLine());
        }

        live.Kill();
    }

    [Fact]
    public void Nothing_that_runs_is_said_so()
    {
        Assert.Equal("No resources found in default namespace.\n", bed.Pod("top").Error);
        Assert.Equal("peapod: pods \"nobody\" not found\n", bed.Pod("top", "nobody").Error);
        Assert.Equal("peapod: --interval 0: expected from 1 to 86400 seconds\n", bed.Pod("stats", "--interval", "0").Error);
    }
}
