using Peapod.Oci;
using Peapod.Pod.Containers;

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

    /// <summary>As the kernel would decide: of rules with another action than the default one that matches.</summary>
    private static bool Allows(LinuxSeccomp profile, ulong request)
    {
        foreach (var rule in profile.Syscalls)
        {
            if (rule.Names.Contains("ioctl") && rule.Args.All(arg => arg is { Index: 1, Op: "SCMP_CMP_MASKED_EQ" } && (request & arg.Value) == arg.ValueTwo))
            {
                return rule.Action == "SCMP_ACT_ALLOW";
            }
        }

        return profile.DefaultAction == "SCMP_ACT_ALLOW";
    }
}
