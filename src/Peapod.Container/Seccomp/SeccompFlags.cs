using System.Runtime.InteropServices;
using Peapod.Kernel;
using Peapod.Kernel.Interop;
using Peapod.Oci;

namespace Peapod.Container.Seccomp;

/// <summary>SECCOMP_FILTER_FLAG_* of seccomp(2).</summary>
internal static class SeccompFlags
{
    internal const uint NewListener = 1 << 3;

    private const uint Tsync = 1 << 0;
    private const uint Log = 1 << 1;
    private const uint SpecAllow = 1 << 2;
    private const uint WaitKillable = 1 << 5;

    /// <summary>What a profile's filter is installed with. TSYNC changes nothing, for init has one thread; and what is about a listener counts only where there is one.</summary>
    internal static ulong Of(LinuxSeccomp seccomp, bool notifies)
    {
        var flags = notifies ? NewListener : 0;
        foreach (var flag in seccomp.Flags ?? ["SECCOMP_FILTER_FLAG_SPEC_ALLOW"])
        {
            flags |= Bit(flag) switch
            {
                Tsync => 0,
                WaitKillable => notifies ? WaitKillable : 0,
                var other => other,
            };
        }

        return flags;
    }

    /// <summary>Those that the kernel at hand takes: it looks at them before it looks at the filter, which is missing here.</summary>
    internal static unsafe List<string> OfKernel()
    {
        const uint SECCOMP_SET_MODE_FILTER = 1;
        var taken = new List<string>();
        foreach (var name in SeccompNames.Flags)
        {
            var bit = Bit(name);
            if (Libc.seccomp(SECCOMP_SET_MODE_FILTER, bit == WaitKillable ? bit | NewListener : bit, null) < 0 && Marshal.GetLastPInvokeError() == (int)Errno.EFAULT)
            {
                taken.Add(name);
            }
        }

        return taken;
    }

    private static uint Bit(string name) => name switch
    {
        "SECCOMP_FILTER_FLAG_TSYNC" => Tsync,
        "SECCOMP_FILTER_FLAG_LOG" => Log,
        "SECCOMP_FILTER_FLAG_SPEC_ALLOW" => SpecAllow,
        "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV" => WaitKillable,
        _ => throw new ArgumentOutOfRangeException(nameof(name), name, null),
    };
}
