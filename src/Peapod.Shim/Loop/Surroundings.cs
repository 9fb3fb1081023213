using System.Globalization;
using Peapod.Kernel;
using Peapod.Kernel.Files;
using Peapod.Kernel.Interop;
using Peapod.Oci;

namespace Peapod.Shim.Loop;

/// <summary>
/// What a process inherits from whoever started it, set to the same values for every supervisor: a pod must not depend on the shell that it was
/// started from, and its containers inherit from its supervisor what their manifest does not say.
/// </summary>
internal static unsafe class Surroundings
{
    private const ulong Unlimited = ulong.MaxValue;

    /// <summary>As the kubelet and container runtimes have it: the kernel takes others first.</summary>
    private const string OomScore = "-999";

    internal static void Reset()
    {
        Libc.setsid();
        Libc.chdir("/");
        Libc.umask(0x12); // 022

        // systemd's defaults for services, which are what containers of other runtimes have.
        Limit("RLIMIT_NOFILE", 1024, Math.Min(524_288, MostFiles()));
        Limit("RLIMIT_STACK", 8 << 20, Unlimited);
        Limit("RLIMIT_MEMLOCK", 8 << 20, 8 << 20);
        Limit("RLIMIT_CORE", 0, Unlimited);
        foreach (var resource in (ReadOnlySpan<string>)["RLIMIT_CPU", "RLIMIT_FSIZE", "RLIMIT_DATA", "RLIMIT_AS", "RLIMIT_NPROC"])
        {
            Limit(resource, Unlimited, Unlimited);
        }

        ResetScheduling();
        try
        {
            FileSystem.WriteExisting("/proc/self/oom_score_adj", OomScore);
        }
        catch (KernelException e) when (e.Error is Errno.EACCES or Errno.EPERM)
        {
            // Without CAP_SYS_RESOURCE it stays what it was, as do limits that would be raised.
        }
    }

    /// <summary>The kernel refuses a higher limit: proc(5), /proc/sys/fs/nr_open.</summary>
    private static ulong MostFiles() => ulong.TryParse(FileSystem.TryReadText("/proc/sys/fs/nr_open"), CultureInfo.InvariantCulture, out var most) ? most : ulong.MaxValue;

    private static void Limit(string name, ulong soft, ulong hard)
    {
        var resource = Rlimits.Number(name);
        var limit = new RLimit { Current = soft, Maximum = hard };
        if (Libc.prlimit64(0, resource, &limit, null) == 0)
        {
            return;
        }

        // Without CAP_SYS_RESOURCE the hard limit stays, and the soft one goes as far as that lets it.
        RLimit now;
        if (Libc.prlimit64(0, resource, null, &now) == 0)
        {
            limit = now with { Current = Math.Min(soft, now.Maximum) };
            _ = Libc.prlimit64(0, resource, &limit, null);
        }
    }

    /// <summary>The default policy, nice 0, all CPUs. sched_setattr(2) with a struct sched_attr of its first version.</summary>
    private static void ResetScheduling()
    {
        var attributes = stackalloc ulong[6];
        new Span<ulong>(attributes, 6).Clear();
        *(uint*)attributes = 48;
        _ = Libc.sched_setattr(0, attributes, 0);

        const int mostCpus = 8192;
        var cpus = stackalloc byte[mostCpus / 8];
        new Span<byte>(cpus, mostCpus / 8).Fill(0xff);
        _ = Libc.sched_setaffinity(0, mostCpus / 8, cpus);
    }
}
