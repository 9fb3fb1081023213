using Peapod.Oci;

namespace Peapod.UnitTests.Oci;

public sealed class TableTests
{
    [Fact]
    public void Every_capability_has_one_number_and_one_name()
    {
        for (int number = 0; number <= Capabilities.Last; number++)
        {
            Assert.Equal(number, Capabilities.Number(Capabilities.Name(number)));
        }
        Assert.Null(Capabilities.Name(-1));
        Assert.Null(Capabilities.Name(Capabilities.Last + 1));
    }

    // Witnesses from linux/capability.h.
    [Theory]
    [InlineData("CAP_CHOWN", 0)]
    [InlineData("CAP_KILL", 5)]
    [InlineData("CAP_NET_BIND_SERVICE", 10)]
    [InlineData("CAP_SYS_ADMIN", 21)]
    [InlineData("CAP_AUDIT_WRITE", 29)]
    [InlineData("CAP_SYSLOG", 34)]
    [InlineData("CAP_BPF", 39)]
    [InlineData("CAP_CHECKPOINT_RESTORE", 40)]
    [InlineData("CAP_ALL", -1)]
    [InlineData("kill", -1)]
    [InlineData("", -1)]
    public void Capabilities_have_the_numbers_of_the_kernel(string name, int number) => Assert.Equal(number, Capabilities.Number(name));

    [Fact]
    public void Every_resource_limit_has_one_number_and_one_name()
    {
        for (int number = 0; number < Rlimits.Count; number++)
        {
            Assert.Equal(number, Rlimits.Number(Rlimits.Name(number)));
        }
        Assert.Null(Rlimits.Name(Rlimits.Count));
    }

    // Witnesses from asm-generic/resource.h.
    [Theory]
    [InlineData("RLIMIT_CPU", 0)]
    [InlineData("RLIMIT_CORE", 4)]
    [InlineData("RLIMIT_NPROC", 6)]
    [InlineData("RLIMIT_NOFILE", 7)]
    [InlineData("RLIMIT_MEMLOCK", 8)]
    [InlineData("RLIMIT_AS", 9)]
    [InlineData("RLIMIT_RTTIME", 15)]
    [InlineData("NOFILE", -1)]
    public void Resource_limits_have_the_numbers_of_the_kernel(string name, int number) => Assert.Equal(number, Rlimits.Number(name));

    [Fact]
    public void Looking_up_names_allocates_nothing()
    {
        Capabilities.Number("CAP_KILL");
        Rlimits.Number("RLIMIT_AS");
        long before = GC.GetAllocatedBytesForCurrentThread();

        int sum = Capabilities.Number("CAP_BPF") + Rlimits.Number("RLIMIT_NOFILE") + Capabilities.Name(3)!.Length;

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
        Assert.Equal(39 + 7 + "CAP_FOWNER".Length, sum);
    }

    [Theory]
    [InlineData("net.ipv4.ip_forward", "net/ipv4/ip_forward")]
    [InlineData("net/ipv4/ip_forward", "net/ipv4/ip_forward")]
    [InlineData("net.ipv4.conf.eth0/100.forwarding", "net/ipv4/conf/eth0.100/forwarding")]
    [InlineData("net/ipv4/conf/eth0.100/forwarding", "net/ipv4/conf/eth0.100/forwarding")]
    [InlineData("kernel", "kernel")]
    [InlineData("net/../kernel", null)]
    [InlineData("net.//.kernel", null)]
    [InlineData("/net", null)]
    [InlineData("net.", null)]
    [InlineData(".", null)]
    public void Keys_of_kernel_parameters_become_paths(string key, string? path) => Assert.Equal(path, Sysctl.Path(key));
}
