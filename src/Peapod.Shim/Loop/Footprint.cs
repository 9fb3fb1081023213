using Peapod.Kernel.Interop;
using Peapod.Kernel.Processes;

namespace Peapod.Shim.Loop;

/// <summary>
/// Keeps a process that waits most of the time small. The collector by itself lets the heap grow by what the processor's cache holds, many
/// megabytes on some hosts, and keeps it: there may be hundreds of supervisors on one.
/// </summary>
internal struct Footprint
{
    /// <summary>Milliseconds without anything to do after which it is time to <see cref="Rest"/>. More than the least period of a probe.</summary>
    internal const int Quiet = 2000;

    /// <summary>Bytes that may be allocated before memory is given back.</summary>
    private const long Most = 512 << 10;

    /// <summary>As <see cref="Most"/>, when there is nothing to do.</summary>
    private const long MostAtRest = 32 << 10;

    private long allocated;

    /// <summary>Gives back what is not used any more, when there may be enough of it. Some hundred microseconds: to be called before waiting.</summary>
    internal void Trim() => Collect(Most);

    private void Collect(long most)
    {
        var now = GC.GetTotalAllocatedBytes();
        if (now - allocated >= most)
        {
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
            allocated = now;
        }
    }

    /// <summary>
    /// Gives back what waiting does not need and the collector does not keep: libseccomp takes a megabyte for the first pod's filter, and what
    /// makes a pod is most of the code.
    /// </summary>
    internal void Rest()
    {
        Collect(MostAtRest);
        _ = Libc.malloc_trim(0);
        OwnCode.Unmap();
    }
}
