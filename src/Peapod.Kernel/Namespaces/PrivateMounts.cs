using Peapod.Kernel.Files;
using Peapod.Kernel.Interop;

namespace Peapod.Kernel.Namespaces;

/// <summary>
/// Puts this thread into a mount namespace of its own until disposed. What is mounted in it shows nowhere else, and goes with the last process
/// that lives there, however that ends. unshare(2), mount_namespaces(7).
/// </summary>
public sealed unsafe class PrivateMounts : IDisposable
{
    private readonly SafeFd original;
    private readonly SafeFd directory;

    private PrivateMounts(SafeFd original, SafeFd directory)
    {
        this.original = original;
        this.directory = directory;
    }

    public static PrivateMounts Enter()
    {
        var original = FileSystem.Open("/proc/thread-self/ns/mnt", Libc.O_RDONLY);
        var entered = new PrivateMounts(original, FileSystem.OpenDirectory("."));
        if (Libc.unshare((int)Libc.CLONE_NEWNS) != 0)
        {
            var error = KernelException.Last("unshare", "mount namespace");
            original.Dispose();
            entered.directory.Dispose();
            throw error;
        }

        try
        {
            var slave = new MountAttr { Propagation = Libc.MS_SLAVE };
            KernelException.Check(Libc.mount_setattr(Libc.AT_FDCWD, "/", Libc.AT_RECURSIVE, slave, (nuint)sizeof(MountAttr)), "mount_setattr", "/");
            return entered;
        }
        catch
        {
            entered.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        // The working directory becomes the root with a setns(2).
        var back = Libc.setns(original.Number, (int)Libc.CLONE_NEWNS) == 0 && Libc.fchdir(directory.Number) == 0;
        original.Dispose();
        directory.Dispose();
        if (!back)
        {
            // A thread left in a foreign namespace must not run on.
            Environment.FailFast(KernelException.Last("setns").Message);
        }
    }
}
