namespace Peapod.Kernel.Processes;

/// <summary>A process number with the moment its process began, which together name one process for as long as the host is up.</summary>
/// <param name="Pid">Number in this PID namespace.</param>
/// <param name="StartTime">Clock ticks after boot; field 22 of /proc/PID/stat (proc(5)).</param>
public readonly record struct ProcessIdentity(int Pid, ulong StartTime)
{
    /// <summary>The identity of a process that is there; null when it is gone.</summary>
    public static ProcessIdentity? TryOf(int pid) => ProcessStat.TryRead(pid) is { } stat ? new(pid, stat.StartTime) : null;

    /// <summary>Opens the process if it is still this one and has not ended; null otherwise.</summary>
    public PidFd? TryOpen()
    {
        // The descriptor first: what it refers to cannot change while the start time is compared.
        var pidfd = Pid > 0 ? PidFd.TryOpen(Pid) : null;
        if (pidfd is not null && ProcessStat.TryRead(Pid) is { State: not ('Z' or 'X') } stat && stat.StartTime == StartTime)
        {
            return pidfd;
        }

        pidfd?.Dispose();
        return null;
    }
}
