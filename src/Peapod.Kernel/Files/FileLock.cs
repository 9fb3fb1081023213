using System.Text;
using Peapod.Kernel.Interop;
using Tmds.Linux;

namespace Peapod.Kernel.Files;

/// <summary>
/// A lock on a file by its open file description (F_OFD_SETLK, fcntl_locking(2)), exclusive unless said otherwise, held until disposed or
/// until the process ends, however it ends. Not flock(2), of which nobody can ask whether it is held without taking it.
/// </summary>
public sealed unsafe class FileLock : IDisposable
{
    /// <summary>Milliseconds after which one who holds a lock is told instead of waited for: a hung command does not hang others.</summary>
    public const int Patience = 60_000;

    /// <summary>Microseconds between two attempts.</summary>
    private const int LongestPause = 5000;

    private readonly SafeFd file;

    private FileLock(SafeFd file) => this.file = file;

    /// <summary>The locked file, open for reading and writing.</summary>
    public SafeFd File => file;

    /// <summary>Waits for the lock.</summary>
    /// <exception cref="LockHeldException">Somebody held it all the time.</exception>
    public static FileLock Acquire(string path, uint mode = 0x180, int patience = Patience) => Wait(Open(path, mode), path, Libc.F_WRLCK, patience);

    /// <summary>Makes the file, which is locked before anybody sees it.</summary>
    public static FileLock Create(string path, uint mode = 0x180)
    {
        var hidden = $"{path}.new";
        var made = TryAcquire(hidden, mode) ?? throw new KernelException("fcntl", hidden, Errno.EAGAIN);
        try
        {
            KernelException.Check(Libc.renameat(Libc.AT_FDCWD, hidden, Libc.AT_FDCWD, path), "rename", hidden);
            return made;
        }
        catch
        {
            made.Dispose();
            throw;
        }
    }

    /// <summary>Waits for the lock on a file that must be there; it may have been removed by then.</summary>
    /// <inheritdoc cref="Acquire"/>
    public static FileLock AcquireExisting(string path, int patience = Patience) => Wait(FileSystem.Open(path, Libc.O_RDWR | Libc.O_NOFOLLOW), path, Libc.F_WRLCK, patience);

    /// <summary>Waits for the lock on a directory, which can have flock(2)'s only.</summary>
    /// <inheritdoc cref="Acquire"/>
    public static FileLock AcquireDirectory(string path, int patience = Patience) =>
        Wait(FileSystem.Open(path, Libc.O_RDONLY | Libc.O_DIRECTORY), path, static file => Libc.flock(file.Number, Libc.LOCK_EX | Libc.LOCK_NB) == 0, patience);

    /// <summary>Waits until nobody holds the exclusive lock; any number of holders may share this one.</summary>
    /// <inheritdoc cref="Acquire"/>
    public static FileLock AcquireShared(string path, uint mode = 0x180) => Wait(Open(path, mode), path, Libc.F_RDLCK, Patience);

    /// <summary>Waits for the lock on one byte of a file, which need not have it: as many locks as there are numbers, and one file.</summary>
    /// <inheritdoc cref="Acquire"/>
    public static FileLock AcquireByte(string path, long at, uint mode = 0x180, int patience = Patience) =>
        Wait(Open(path, mode), path, file => Control(file, Libc.F_OFD_SETLK, Libc.F_WRLCK, out _, at, length: 1), patience);

    /// <summary>The lock, or null when somebody holds it.</summary>
    public static FileLock? TryAcquire(string path, uint mode = 0x180)
    {
        var file = Open(path, mode);
        if (Control(file, Libc.F_OFD_SETLK, Libc.F_WRLCK, out _))
        {
            return new FileLock(file);
        }

        var error = KernelException.Last("fcntl", path);
        file.Dispose();
        return error.Error is Errno.EAGAIN or Errno.EACCES ? null : throw error;
    }

    /// <summary>Whether somebody holds the lock. Leaves it alone, and makes no file.</summary>
    public static bool IsHeld(string path)
    {
        var fd = Libc.open(path, Libc.O_RDWR | Libc.O_CLOEXEC | Libc.O_NOFOLLOW, 0);
        if (fd < 0)
        {
            var error = KernelException.Last("open", path);
            return error.Error is Errno.ENOENT or Errno.ENOTDIR ? false : throw error;
        }

        using var file = new SafeFd(fd);
        return Control(file, Libc.F_OFD_GETLK, Libc.F_WRLCK, out var found) ? found != Libc.F_UNLCK : throw KernelException.Last("fcntl", path);
    }

    /// <summary>Makes <paramref name="text"/> the file's content: word from the one who holds the lock.</summary>
    public void Write(string text)
    {
        KernelException.Check(Libc.ftruncate(file.Number, 0), "ftruncate", null);
        FileSystem.Write(file, Encoding.UTF8.GetBytes(text), "lock");
    }

    public void Dispose() => file.Dispose();

    private static FileLock Wait(SafeFd file, string path, short type, int patience) =>
        Wait(file, path, held => Control(held, Libc.F_OFD_SETLK, type, out _), patience);

    /// <summary>Asks again and again, ever less often: no call waits for a lock and a time at once.</summary>
    private static FileLock Wait(SafeFd file, string path, Predicate<SafeFd> take, int patience)
    {
        var end = Environment.TickCount64 + patience;
        for (var pause = 100; !take(file); pause = Math.Min(pause * 3 / 2, LongestPause))
        {
            var error = KernelException.Last("lock", path);
            if (error.Error is not (Errno.EAGAIN or Errno.EINTR) || Environment.TickCount64 >= end)
            {
                error = error.Error == Errno.EAGAIN ? new LockHeldException(path, LockHolder.Describe(path, FileSystem.Stat(file).Inode), patience) : error;
                file.Dispose();
                throw error;
            }

            Thread.Sleep(TimeSpan.FromMicroseconds(pause));
        }

        return new FileLock(file);
    }

    private static SafeFd Open(string path, uint mode) => FileSystem.Open(path, Libc.O_RDWR | Libc.O_CREAT | Libc.O_NOFOLLOW, mode);

    private static bool Control(SafeFd file, int command, short type, out short found, long start = 0, long length = 0)
    {
        var data = new flock { l_type = type, l_start = start, l_len = length };
        var done = Libc.fcntl(file.Number, command, &data) == 0;
        found = data.l_type;
        return done;
    }
}
