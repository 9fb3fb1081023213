using Peapod.Kernel.Files;
using Peapod.Kernel.Interop;

namespace Peapod.Kernel.Processes;

/// <summary>A process number with the moment its process began, which together name one process for as long as the host is up.</summary>
/// <param name="Pid">Number in this PID namespace.</param>
/// <param name="StartTime">Clock ticks after boot; field 22 of /proc/PID/stat (proc(5)).</param>
public readonly record struct ProcessIdentity(int Pid, ulong StartTime)
{
    /// <summary>The identity of a process that is there; null when it is gone.</summary>
    public static ProcessIdentity? TryOf(int pid) => TryReadStat(pid, out _, out var startTime) ? new(pid, startTime) : null;

    /// <summary>Opens the process if it is still this one and has not ended; null otherwise.</summary>
    public PidFd? TryOpen()
    {
        // The descriptor first: what it refers to cannot change while the start time is compared.
        var pidfd = Pid > 0 ? PidFd.TryOpen(Pid) : null;
        if (pidfd is not null && TryReadStat(Pid, out var state, out var startTime) && startTime == StartTime && state is not ('Z' or 'X'))
        {
            return pidfd;
        }

        pidfd?.Dispose();
        return null;
    }

    private static bool TryReadStat(int pid, out char state, out ulong startTime)
    {
        state = default;
        startTime = 0;
        var fd = Libc.open($"/proc/{pid}/stat", Libc.O_RDONLY | Libc.O_CLOEXEC, 0);
        if (fd < 0)
        {
            return false;
        }

        using var owned = new SafeFd(fd);
        Span<byte> buffer = stackalloc byte[1024];
        int count;
        try
        {
            count = FileSystem.Read(owned, buffer);
        }
        catch (KernelException e) when (e.Error == Errno.ESRCH)
        {
            return false;
        }

        // The second field, the command's name, may hold spaces and parentheses; the last ")" ends it.
        var text = buffer[..count];
        var rest = text[(text.LastIndexOf((byte)')') + 2)..];
        state = (char)rest[0];
        for (var field = 3; field < 22; field++)
        {
            rest = rest[(rest.IndexOf((byte)' ') + 1)..];
        }

        return System.Buffers.Text.Utf8Parser.TryParse(rest, out startTime, out _);
    }
}
