using Peapod.HostTests.Harness;

namespace Peapod.HostTests.Vm;

[Trait("tier", "vm")]
public class MemoryTests
{
    private const int Mebibyte = 1 << 20;

    public MemoryTests() => Guest.Needed();

    [SkippableFact]
    public void A_memory_limit_is_seen_inside()
    {
        using var bundle = new Bundle("cat", "/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory.low")
            .Set("linux.resources.memory", $$"""{"limit": {{32 * Mebibyte}}, "reservation": {{8 * Mebibyte}}}""");

        Assert.Equal($"{32 * Mebibyte}\n{8 * Mebibyte}\n", bundle.RunOutput());
    }

    [SkippableFact]
    public void Memory_above_the_limit_kills_with_exit_code_137()
    {
        using var bundle = Hungry(megabytes: 64, limit: 16, swap: 16);

        Assert.Equal(137, bundle.Run().ExitCode);
    }

    [SkippableFact]
    public void The_kernel_counts_the_kill_once()
    {
        using var bundle = Hungry(megabytes: 64, limit: 16, swap: 16);

        Assert.Equal(0, bundle.Create().ExitCode);
        Assert.Equal(0, Guest.Counter($"{bundle.Id}/memory.events", "oom_kill"));
        Assert.Equal(0, bundle.Peapod("start", bundle.Id).ExitCode);
        bundle.WaitFor("stopped");

        Assert.Equal(1, Guest.Counter($"{bundle.Id}/memory.events", "oom_kill"));
    }

    [SkippableFact]
    public void Memory_below_the_limit_is_there_to_use()
    {
        using var bundle = Hungry(megabytes: 8, limit: 16, swap: 16);

        Assert.Equal(0, bundle.Run().ExitCode);
    }

    [SkippableFact]
    public void A_container_starts_within_one_mebibyte()
    {
        using var bundle = new Bundle("cat", "/sys/fs/cgroup/memory.max")
            .Set("linux.resources.memory", $$"""{"limit": {{Mebibyte}}, "swap": {{Mebibyte}}}""");

        Assert.Equal($"{Mebibyte}\n", bundle.RunOutput());
    }

    [SkippableFact]
    public void A_swap_limit_counts_from_the_memory_limit_up()
    {
        using var bundle = new Bundle("cat", "/sys/fs/cgroup/memory.swap.max")
            .Set("linux.resources.memory", $$"""{"limit": {{16 * Mebibyte}}, "swap": {{48 * Mebibyte}}}""");

        Assert.Equal($"{32 * Mebibyte}\n", bundle.RunOutput());
    }

    [SkippableFact]
    public void Memory_above_the_limit_goes_to_swap_where_that_is_allowed()
    {
        using var bundle = Hungry(megabytes: 32, limit: 16, swap: 64);

        Assert.Equal(0, bundle.Create().ExitCode);
        Assert.Equal(0, bundle.Peapod("start", bundle.Id).ExitCode);
        bundle.WaitFor("stopped");

        Assert.Equal(0, Guest.Counter($"{bundle.Id}/memory.events", "oom_kill"));
        Assert.InRange(long.Parse(Guest.Cgroup($"{bundle.Id}/memory.swap.peak")), 8 * Mebibyte, 48 * Mebibyte);
    }

    /// <summary>Fills a buffer of that size, not with zeros, which Linux 6.12 takes out of huge pages again; the limits in mebibytes, the swap limit with the memory in it.</summary>
    private static Bundle Hungry(int megabytes, int limit, int swap) => new Bundle("dd", "if=/dev/urandom", "of=/dev/null", $"bs={megabytes}M", "count=1")
        .Set("linux.resources.memory", $$"""{"limit": {{limit * Mebibyte}}, "swap": {{swap * Mebibyte}}}""");
}
