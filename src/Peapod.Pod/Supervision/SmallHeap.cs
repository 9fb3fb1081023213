using Peapod.Kernel.Interop;

namespace Peapod.Pod.Supervision;

/// <summary>
/// Keeps a process that waits most of the time small. The collector by itself lets the heap grow by what the processor's cache holds, many
/// megabytes on some hosts, and keeps it: there may be hundreds of supervisors on one.
/// </summary>
internal struct SmallHeap
{
    /// <summary>Bytes that may be allocated before memory is given back.</summary>
    private const long Most = 512 << 10;

    private long allocated;

    /// <summary>Gives back what is not used any more, when there may be enough of it. Some hundred microseconds: to be called before waiting.</summary>
    internal void Trim()
    {
        var now = GC.GetAllocatedBytesForCurrentThread();
        if (now - allocated >= Most)
        {
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);

            // libseccomp takes a megabyte for the first pod's filter.
            _ = Libc.malloc_trim(0);
            allocated = now;
        }
    }
}
