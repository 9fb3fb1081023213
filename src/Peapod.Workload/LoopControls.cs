using Peapod.Oci;

namespace Peapod.Workload;

/// <summary>
/// Keeps loop(4)'s own ioctls from a container that has a loop device. Who may open the device may also, without any capability, take its
/// file from it and wait for what is attached to it next: another pod's volume.
/// </summary>
internal static class LoopControls
{
    private const string Allow = "SCMP_ACT_ALLOW", Log = "SCMP_ACT_LOG", Errno = "SCMP_ACT_ERRNO";
    private const string Call = "ioctl";
    private const uint EPERM = 1;

    /// <summary>The requests are LOOP_SET_FD (0x4C00) to LOOP_SET_BLOCK_SIZE and LOOP_CONFIGURE (0x4C0A): this byte tells them from others.</summary>
    private const ulong Kind = 0x4c00;
    private const ulong KindMask = 0xff00;

    /// <param name="profile">The container's filter, or null.</param>
    internal static LinuxSeccomp Deny(LinuxSeccomp? profile)
    {
        profile ??= new LinuxSeccomp { DefaultAction = Allow };
        var rules = new List<LinuxSyscall>();
        foreach (var rule in profile.Syscalls)
        {
            if (!LetsPass(rule.Action) || rule.Args.Count > 0 || !rule.Names.Contains(Call))
            {
                rules.Add(rule);
                continue;
            }

            rules.Add(rule with { Names = [.. rule.Names.Where(static name => name != Call)] });
            AddAllOthers(rules, rule.Action);
        }

        if (LetsPass(profile.DefaultAction))
        {
            rules.Add(new() { Names = [Call], Action = Errno, ErrnoRet = EPERM, Args = [Masked(KindMask, Kind)] });
        }

        return profile with { Syscalls = rules };
    }

    /// <summary>An audit profile's action lets the call pass, too.</summary>
    private static bool LetsPass(string? action) => action is Allow or Log;

    /// <summary>A filter can ask for equality under a mask, not for the opposite: so bit by bit, whatever differs in one of them.</summary>
    private static void AddAllOthers(List<LinuxSyscall> rules, string action)
    {
        for (var bit = 0x100UL; bit <= 0x8000; bit <<= 1)
        {
            rules.Add(new() { Names = [Call], Action = action, Args = [Masked(bit, ~Kind & bit)] });
        }
    }

    private static LinuxSeccompArg Masked(ulong mask, ulong value) => new() { Index = 1, Value = mask, ValueTwo = value, Op = "SCMP_CMP_MASKED_EQ" };
}
