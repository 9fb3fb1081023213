using System.Runtime.InteropServices;
using Peapod.Kernel.Interop;

namespace Peapod.Kernel.Files;

/// <summary>A flock(2) on a file, exclusive unless said otherwise, held until disposed or until the process ends, however it ends.</summary>
public sealed class FileLock : IDisposable
{
    private readonly SafeFd file;

    private FileLock(SafeFd file) => this.file = file;

    /// <summary>The locked file, open for reading and writing.</summary>
    public SafeFd File => file;

    /// <summary>Waits for the lock.</summary>
    public static FileLock Acquire(string path, uint mode = 0x180) => Acquire(path, Libc.O_RDWR | Libc.O_CREAT, Libc.LOCK_EX, mode);

    /// <summary>Waits for the lock on a file or directory that must be there; it may have been removed by then.</summary>
    public static FileLock AcquireExisting(string path) => Acquire(path, Libc.O_RDONLY, Libc.LOCK_EX, 0);

    /// <summary>Waits until nobody holds the exclusive lock; any number of holders may share this one.</summary>
    public static FileLock AcquireShared(string path, uint mode = 0x180) => Acquire(path, Libc.O_RDWR | Libc.O_CREAT, Libc.LOCK_SH, mode);

    private static FileLock Acquire(string path, int flags, int operation, uint mode)
    {
        var file = FileSystem.Open(path, flags | Libc.O_NOFOLLOW, mode);
        while (Libc.flock(file.Number, operation) != 0)
        {
            if (Marshal.GetLastPInvokeError() != (int)Errno.EINTR)
            {
                var error = KernelException.Last("flock", path);
                file.Dispose();
                throw error;
            }
        }

        return new FileLock(file);
    }

    /// <summary>The lock, or null when another process holds it.</summary>
    public static FileLock? TryAcquire(string path, uint mode = 0x180)
    {
        var file = FileSystem.Open(path, Libc.O_RDWR | Libc.O_CREAT | Libc.O_NOFOLLOW, mode);
        if (Libc.flock(file.Number, Libc.LOCK_EX | Libc.LOCK_NB) == 0)
        {
            return new FileLock(file);
        }

        var error = KernelException.Last("flock", path);
        file.Dispose();
        return error.Error == Errno.EAGAIN ? null : throw error;
    }

    public void Dispose() => file.Dispose();
}
