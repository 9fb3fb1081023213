using Microsoft.Win32.SafeHandles;
using Peapod.Kernel.Interop;

namespace Peapod.Kernel;

/// <summary>An owned file descriptor, closed once. Every descriptor Peapod opens is close-on-exec.</summary>
public class SafeFd : SafeHandleMinusOneIsInvalid
{
    public SafeFd()
        : base(ownsHandle: true)
    {
    }

    /// <summary>Takes ownership of <paramref name="fd"/>.</summary>
    public SafeFd(int fd)
        : base(ownsHandle: true) => SetHandle(fd);

    private SafeFd(int fd, bool owned)
        : base(owned) => SetHandle(fd);

    /// <summary>A descriptor that somebody else closes: a standard stream, AT_FDCWD.</summary>
    public static SafeFd Borrow(int fd) => new(fd, owned: false);

    /// <summary>The number; valid only while this object is alive and not disposed.</summary>
    public int Number => (int)handle;

    /// <summary>Wraps the result of a call that returns a descriptor, or throws with errno.</summary>
    public static SafeFd Check(int result, string operation, string? subject = null) =>
        new(KernelException.Check(result, operation, subject));

    /// <summary>A second descriptor of the same open file, close-on-exec. fcntl(2), F_DUPFD_CLOEXEC, at least 3.</summary>
    public SafeFd Duplicate() => Check(Libc.fcntl(Number, Libc.F_DUPFD_CLOEXEC, 3), "fcntl");

    /// <summary>Gives the descriptor away to a handle as FileStream takes it, which closes it from now on; this object has none any more.</summary>
    public SafeFileHandle Detach()
    {
        var detached = new SafeFileHandle(handle, ownsHandle: true);
        SetHandleAsInvalid();
        return detached;
    }

    protected override bool ReleaseHandle() => Libc.close((int)handle) == 0;
}
