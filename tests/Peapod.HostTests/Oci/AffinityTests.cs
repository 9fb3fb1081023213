using Peapod.HostTests.Harness;

namespace Peapod.HostTests.Oci;

public class AffinityTests
{
    private const string Allowed = "Cpus_allowed_list";

    [SkippableFact]
    [Covers("process.execCPUAffinity.initial", "process.execCPUAffinity.final")]
    public void A_process_of_exec_runs_on_the_final_cpus_and_the_container_where_it_may()
    {
        var cpus = Cpus();
        Skip.If(cpus.Length < 2, "needs two CPUs");
        using var bundle = new Bundle("sleep", "100").Set("process.execCPUAffinity", $$"""{"initial": "{{cpus[0]}}", "final": "{{cpus[1]}}"}""");
        var pid = bundle.RunDetached();

        Assert.Equal(FieldOf(File.ReadAllText("/proc/self/status")), FieldOf(File.ReadAllText($"/proc/{pid}/status")));
        Assert.Equal(cpus[1], FieldOf(bundle.Exec(bundle.Id, "cat", "/proc/self/status").Output));
    }

    [Fact]
    public void Without_final_ones_the_initial_cpus_stay()
    {
        var cpu = Cpus()[^1];
        using var bundle = new Bundle("sleep", "100").Set("process.execCPUAffinity", $$"""{"initial": "{{cpu}}"}""");
        bundle.RunDetached();

        Assert.Equal(cpu, FieldOf(bundle.Exec(bundle.Id, "cat", "/proc/self/status").Output));
    }

    [Theory]
    [InlineData("initial", "8191", "cannot run on the CPUs 8191: sched_setaffinity: Invalid argument\n  none of them is online and allowed to the container")]
    [InlineData("final", "8191", "cannot run on the CPUs 8191: sched_setaffinity: Invalid argument\n  none of them is online and allowed to the container")]
    [InlineData("initial", "3-1", "\"3-1\" goes backwards")]
    [InlineData("final", "1-", "\"1-\" is not a list such as \"0-3,7\"")]
    public void Cpus_that_cannot_be_are_told_by_their_field(string field, string list, string sentence)
    {
        using var bundle = new Bundle("sleep", "100").Set("process.execCPUAffinity", $$"""{"{{field}}": "{{list}}"}""");
        bundle.RunDetached();

        Assert.Equal($"peapod: config.json: process.execCPUAffinity.{field}: {sentence}\n", bundle.Exec(bundle.Id, "true").Error);
    }

    [Fact]
    [Covers("linux.memoryPolicy.mode", "linux.memoryPolicy.nodes", "linux.memoryPolicy.flags")]
    public void The_process_and_those_of_exec_have_the_memory_policy()
    {
        using var bundle = new Bundle("sleep", "100").Set("linux.memoryPolicy", """{"mode": "MPOL_BIND", "nodes": "0", "flags": ["MPOL_F_STATIC_NODES"]}""");
        var pid = bundle.RunDetached();

        Assert.Contains(" bind=static:0 ", File.ReadLines($"/proc/{pid}/numa_maps").First());
        Assert.Contains(" bind=static:0 ", bundle.Exec(bundle.Id, "head", "-n", "1", "/proc/self/numa_maps").Output);
    }

    [Fact]
    public void A_node_that_is_not_there_is_told_by_its_field()
    {
        using var bundle = new Bundle("true").Set("linux.memoryPolicy", """{"mode": "MPOL_BIND", "nodes": "1000"}""");

        Assert.Equal(
            "peapod: config.json: linux.memoryPolicy: cannot set the memory policy MPOL_BIND on the nodes 1000: set_mempolicy: Invalid argument\n"
            + "  a node is not there or has no memory, or the mode does not go with them (set_mempolicy(2))\n",
            bundle.Run().Error);
    }

    private static string FieldOf(string status) => status.Split('\n').Single(static line => line.StartsWith(Allowed, StringComparison.Ordinal)).Split('\t')[1];

    /// <summary>The first and the last CPU that this process may run on.</summary>
    private static string[] Cpus() => [.. FieldOf(File.ReadAllText("/proc/self/status")).Split(',', '-').Distinct()];
}
