using Peapod.Oci;
using Peapod.Workload;

namespace Peapod.UnitTests.Pod;

public sealed class LoopControlsTests
{
    private const ulong LoopClearFd = 0x4c01, TerminalSize = 0x5413, BlockSize = 0x80081272;

    [Fact]
    public void With_the_default_profile_all_ioctls_but_the_loop_devices_are_allowed()
    {
        var profile = LoopControls.Deny(DefaultSeccompProfile.For([]));
        Assert.False(Allows(profile, LoopClearFd));
        Assert.False(Allows(profile, 0xffffffff_00004c01));
        Assert.True(Allows(profile, TerminalSize));
        Assert.True(Allows(profile, BlockSize));
        Assert.True(Allows(profile, 0));
    }

    [Fact]
    public void Without_a_profile_they_are_all_that_is_denied()
    {
        var profile = LoopControls.Deny(null);
        Assert.False(Allows(profile, LoopClearFd));
        Assert.True(Allows(profile, TerminalSize));
        Assert.Single(profile.Syscalls);
    }

    [Fact]
    public void A_profile_that_only_logs_lets_them_pass_no_more_than_others_do()
    {
        foreach (var profile in (LinuxSeccomp[])[new() { DefaultAction = "SCMP_ACT_LOG" }, new() { DefaultAction = "SCMP_ACT_ERRNO", Syscalls = [new() { Names = ["ioctl"], Action = "SCMP_ACT_LOG" }] }])
        {
            var denied = LoopControls.Deny(profile);
            Assert.False(Allows(denied, LoopClearFd));
            Assert.True(Allows(denied, TerminalSize));
        }
    }

    /// <summary>As the kernel would decide: of rules with another action than the default one that matches.</summary>
    private static bool Allows(LinuxSeccomp profile, ulong request)
    {
        foreach (var rule in profile.Syscalls)
        {
            if (rule.Names.Contains("ioctl") && rule.Args.All(arg => arg is { Index: 1, Op: "SCMP_CMP_MASKED_EQ" } && (request & arg.Value) == arg.ValueTwo))
            {
                return rule.Action is "SCMP_ACT_ALLOW" or "SCMP_ACT_LOG";
            }
        }

        return profile.DefaultAction is "SCMP_ACT_ALLOW" or "SCMP_ACT_LOG";
    }
}
