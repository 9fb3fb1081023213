using Peapod.Kernel.Interop;

namespace Peapod.Kernel.Processes;

/// <summary>A process, held by descriptor so that its number can never be mistaken for another's. pidfd_open(2).</summary>
public sealed unsafe class PidFd : SafeFd
{
    /// <summary>Milliseconds in which a parent that is not us, process 1 mostly, reaps what has ended.</summary>
    private const int ReapTimeout = 1000;

    public PidFd(int fd)
        : base(fd)
    {
    }

    /// <summary>The process of that number, or null when there is none.</summary>
    public static PidFd? TryOpen(int pid)
    {
        var fd = Libc.pidfd_open(pid, 0);
        if (fd >= 0)
        {
            return new PidFd(fd);
        }

        var error = KernelException.Last("pidfd_open", $"{pid}");
        return error.Error is Errno.ESRCH or Errno.EINVAL ? null : throw error;
    }

    /// <summary>pidfd_send_signal(2); false when the process is gone.</summary>
    public bool Signal(int signal)
    {
        if (Libc.pidfd_send_signal(Number, signal, null, 0) == 0)
        {
            return true;
        }

        var error = KernelException.Last("pidfd_send_signal");
        return error.Error == Errno.ESRCH ? false : throw error;
    }

    /// <summary>Waits until the process has ended (it need not be a child), at most that long; -1 waits for ever.</summary>
    /// <returns>Whether it has ended.</returns>
    public bool WaitForExit(int timeoutMilliseconds)
    {
        var deadline = timeoutMilliseconds < 0 ? long.MaxValue : Environment.TickCount64 + timeoutMilliseconds;
        while (true)
        {
            var entry = new PollFd { Fd = Number, Events = Libc.POLLIN };
            var left = timeoutMilliseconds < 0 ? -1 : (int)Math.Max(0, deadline - Environment.TickCount64);
            var ready = Libc.poll(&entry, 1, left);
            if (ready > 0)
            {
                return true;
            }

            if (ready == 0)
            {
                return false;
            }

            var error = KernelException.Last("poll");
            if (error.Error != Errno.EINTR)
            {
                throw error;
            }
        }
    }

    /// <summary>Reaps this child: waits for its end and returns how it ended. waitid(2), P_PIDFD.</summary>
    public ExitStatus Wait() => TryWait(0)!.Value;

    /// <summary>Kills this process, reaps it if it is a child of ours, and closes the descriptor.</summary>
    public void KillAndReap()
    {
        using (this)
        {
            Signal(Signals.SIGKILL);
            try
            {
                Wait();
            }
            catch (KernelException e) when (e.Error == Errno.ECHILD)
            {
                // Its parent reaps it.
            }
        }
    }

    /// <summary>Waits for this child's end and leaves it to be reaped.</summary>
    public ExitStatus WaitWithoutReaping() => TryWait(Libc.WNOWAIT)!.Value;

    /// <summary>Waits until this child, which we trace, is stopped; it may end instead.</summary>
    public void WaitForStop() => TryWait(Libc.WSTOPPED | Libc.WNOWAIT);

    /// <summary>How this child has ended, which is left to be reaped; null while it runs.</summary>
    public ExitStatus? TryPeek() => TryWait(Libc.WNOHANG | Libc.WNOWAIT);

    /// <summary>Reaps this child if it has ended; null while it runs.</summary>
    public ExitStatus? TryWait() => TryWait(Libc.WNOHANG);

    /// <summary>How a process that is no child of ours, and has ended, did so; null when the kernel cannot tell. PIDFD_GET_INFO with PIDFD_INFO_EXIT, Linux 6.15.</summary>
    public ExitStatus? TryReadExit()
    {
        const nuint PIDFD_GET_INFO = 0xc040ff0b;
        const ulong PIDFD_INFO_EXIT = 8;

        // struct pidfd_info: u64 mask, u64 cgroup, eleven ids, then the wait status.
        var info = stackalloc ulong[8];
        for (var reaped = false; ; reaped = true)
        {
            info[0] = PIDFD_INFO_EXIT;
            if (Libc.ioctl(Number, PIDFD_GET_INFO, info) != 0)
            {
                return null;
            }

            if ((info[0] & PIDFD_INFO_EXIT) != 0)
            {
                return ExitStatus.FromWait(((int*)info)[15]);
            }

            if (reaped)
            {
                return null;
            }

            // It is told once the parent has reaped the process, and that by POLLHUP.
            var entry = new PollFd { Fd = Number };
            Libc.poll(&entry, 1, ReapTimeout);
        }
    }

    private ExitStatus? TryWait(int options)
    {
        while (true)
        {
            SigInfo info = default;
            if (Libc.waitid(Libc.P_PIDFD, Number, &info, Libc.WEXITED | Libc.__WALL | options) == 0)
            {
                return info.Pid == 0 ? null : ExitStatus.From(info);
            }

            var error = KernelException.Last("waitid");
            if (error.Error != Errno.EINTR)
            {
                throw error;
            }
        }
    }
}
