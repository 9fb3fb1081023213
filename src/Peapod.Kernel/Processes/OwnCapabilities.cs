using Peapod.Kernel.Interop;

namespace Peapod.Kernel.Processes;

/// <summary>What the calling process may do; capabilities(7).</summary>
public static class OwnCapabilities
{
    /// <summary>The permitted set, a bit for each capability.</summary>
    /// <exception cref="KernelException">capget(2) failed.</exception>
    public static unsafe ulong Permitted()
    {
        var header = new CapabilityHeader { Version = CapabilityHeader.Version3 };
        var sets = stackalloc CapabilitySets[2];
        return Libc.capget(&header, sets) == 0 ? sets[0].Permitted | ((ulong)sets[1].Permitted << 32) : throw KernelException.Last("capget");
    }
}
