using Peapod.HostTests.Harness;

namespace Peapod.HostTests.Security;

/// <summary>What is written into procfs goes through one that is attached nowhere, never through the container's /proc.</summary>
public sealed class ProcWriteTests
{
    [Fact]
    public void A_kernel_parameter_is_not_written_through_what_covers_proc()
    {
        using var bundle = new Bundle("sh", "-c", "cat /proc/sys/kernel/domainname");
        var canary = Path.Combine(bundle.Folder, "canary");
        File.WriteAllText(canary, "untouched");
        bundle.Set("linux.sysctl", """{"kernel.domainname": "written"}""");
        bundle.Set("hooks", $$"""{"createContainer": [{"path": "/bin/sh", "args": ["sh", "-c", "mount --bind {{canary}} proc/sys/kernel/domainname"]}]}""");

        bundle.Run();

        Assert.Equal("untouched", File.ReadAllText(canary));
    }

    [Theory]
    [InlineData("kernel.domainname/../../../sysrq-trigger")]
    [InlineData("../sysrq-trigger")]
    [InlineData("net/../../sysrq-trigger")]
    public void A_kernel_parameters_name_leads_nowhere_else(string name)
    {
        using var bundle = new Bundle("true");
        bundle.Set("linux.sysctl", $$"""{"{{name}}": "h"}""");

        var result = bundle.Run();

        Assert.Equal(1, result.ExitCode);
        Assert.StartsWith("peapod: config.json: linux.sysctl[", result.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/proc/self/attr", "tmpfs")]
    [InlineData("/proc/self/attr/exec", "bind")]
    [InlineData("/proc/thread-self", "tmpfs")]
    [InlineData("/proc/sys/kernel", "bind")]
    [InlineData("/proc/../proc/self", "bind")]
    public void Nothing_is_mounted_over_a_part_of_proc(string destination, string type)
    {
        using var bundle = new Bundle("true");
        bundle.Mount("/tmp", destination, type, type == "bind" ? "bind" : "nosuid");

        var result = bundle.Run();

        Assert.Contains("is inside /proc, which only the proc file system may fill", result.Error, StringComparison.Ordinal);
        Assert.Equal(1, result.ExitCode);
    }
}
