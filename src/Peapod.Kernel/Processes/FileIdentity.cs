using Peapod.Kernel.Interop;

namespace Peapod.Kernel.Processes;

/// <summary>
/// Makes this thread's new files belong to another user until disposed, with all of the thread's capabilities kept. Where a mount maps user ids
/// and root is not among them, root cannot make files otherwise. setfsuid(2).
/// </summary>
public sealed unsafe class FileIdentity : IDisposable
{
    private readonly uint uid;
    private readonly uint gid;

    private FileIdentity(uint uid, uint gid)
    {
        this.uid = uid;
        this.gid = gid;
    }

    public static FileIdentity Assume(uint uid, uint gid)
    {
        // The group first: without capabilities it could not be changed.
        var before = new FileIdentity((uint)Libc.setfsuid(uint.MaxValue), (uint)Libc.setfsgid(uint.MaxValue));
        Set(uid, gid);
        return before;
    }

    public void Dispose() => Set(uid, gid);

    private static void Set(uint uid, uint gid)
    {
        var header = new CapabilityHeader { Version = CapabilityHeader.Version3 };
        var sets = stackalloc CapabilitySets[2];
        KernelException.Check(Libc.capget(&header, sets), "capget");
        Libc.setfsgid(gid);

        // The kernel takes the capabilities over files away from who is not root here any more; they come back from what is permitted.
        Libc.setfsuid(uid);
        KernelException.Check(Libc.capset(&header, sets), "capset");
        if ((uint)Libc.setfsuid(uint.MaxValue) != uid || (uint)Libc.setfsgid(uint.MaxValue) != gid)
        {
            throw new KernelException("setfsuid", $"{uid}:{gid}", Errno.EPERM);
        }
    }
}
