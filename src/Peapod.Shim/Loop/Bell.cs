using Peapod.Kernel;
using Peapod.Kernel.Interop;

namespace Peapod.Shim.Loop;

/// <summary>Wakes the supervisor's loop from another thread. eventfd(2).</summary>
internal sealed unsafe class Bell : IDisposable
{
    private readonly SafeFd file = SafeFd.Check(Libc.eventfd(0, Libc.EFD_CLOEXEC | Libc.EFD_NONBLOCK), "eventfd");

    internal void Ring()
    {
        var one = 1UL;
        _ = Libc.write(file.Number, &one, sizeof(ulong));
    }

    /// <summary>What rang until now is about to be looked at.</summary>
    internal void Silence()
    {
        ulong count;
        _ = Libc.read(file.Number, &count, sizeof(ulong));
    }

    internal void AddTo(List<PollFd> entries) => entries.Add(new() { Fd = file.Number, Events = Libc.POLLIN });

    public void Dispose() => file.Dispose();
}
