using System.Buffers.Text;
using Peapod.Kernel.Files;
using Peapod.Kernel.Interop;

namespace Peapod.Kernel.Processes;

/// <summary>What /proc/PID/stat says of a process. proc(5).</summary>
/// <param name="State">R, S, D, T (stopped), t (stopped by a tracer), Z and so on.</param>
/// <param name="StartTime">Clock ticks after boot.</param>
public readonly record struct ProcessStat(char State, ulong StartTime)
{
    /// <summary>A signal or a tracer has stopped it.</summary>
    public bool IsStopped => State is 'T' or 't';

    /// <summary>The process of that number; null when there is none.</summary>
    public static ProcessStat? TryRead(int pid)
    {
        var fd = Libc.open($"/proc/{pid}/stat", Libc.O_RDONLY | Libc.O_CLOEXEC, 0);
        if (fd < 0)
        {
            return null;
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
            return null;
        }

        // The second field, the command's name, may hold spaces and parentheses; the last ")" ends it.
        var text = buffer[..count];
        var rest = text[(text.LastIndexOf((byte)')') + 2)..];
        var state = (char)rest[0];
        for (var field = 3; field < 22; field++)
        {
            rest = rest[(rest.IndexOf((byte)' ') + 1)..];
        }

        return Utf8Parser.TryParse(rest, out ulong startTime, out _) ? new(state, startTime) : null;
    }
}
