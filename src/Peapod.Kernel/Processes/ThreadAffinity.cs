using Peapod.Kernel.Interop;

namespace Peapod.Kernel.Processes;

/// <summary>Keeps this thread, and what it makes meanwhile, on some CPUs until disposed; then it may run where it could before. sched_setaffinity(2).</summary>
public sealed unsafe class ThreadAffinity : IDisposable
{
    private readonly byte[] before;

    private ThreadAffinity(byte[] before) => this.before = before;

    /// <param name="cpus">One bit each, in whole 64-bit words.</param>
    /// <exception cref="KernelException">None of them can be run on.</exception>
    public static ThreadAffinity Set(ReadOnlySpan<byte> cpus)
    {
        // As long as any kernel's set, which refuses a shorter one.
        var before = new byte[1024];
        fixed (byte* pointer = before)
        {
            KernelException.Check(Libc.sched_getaffinity(0, (nuint)before.Length, pointer), "sched_getaffinity");
        }

        fixed (byte* pointer = cpus)
        {
            KernelException.Check(Libc.sched_setaffinity(0, (nuint)cpus.Length, pointer), "sched_setaffinity");
        }

        return new ThreadAffinity(before);
    }

    /// <summary>A CPU may have gone offline meanwhile: then the kernel has seen to it that the thread can run.</summary>
    public void Dispose()
    {
        fixed (byte* pointer = before)
        {
            _ = Libc.sched_setaffinity(0, (nuint)before.Length, pointer);
        }
    }
}
