using System.Buffers.Text;
using Peapod.Kernel.Files;
using Peapod.Kernel.Interop;

namespace Peapod.Kernel.Processes;

/// <summary>What /proc/PID/stat says of a process. proc(5).</summary>
/// <param name="State">R, S, D, T (stopped), t (stopped by a tracer), Z and so on.</param>
/// <param name="Flags">PF_ flags of the kernel's.</param>
/// <param name="StartTime">Clock ticks after boot.</param>
public readonly record struct ProcessStat(char State, uint Flags, ulong StartTime)
{
    private const uint PF_EXITING = 4;

    /// <summary>It executes nothing any more: it closes its files before it counts as ended.</summary>
    public bool IsEnding => State is 'Z' or 'X' || (Flags & PF_EXITING) != 0;

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
        Skip(ref rest, 9 - 3);
        var hasFlags = Utf8Parser.TryParse(rest, out uint flags, out _);
        Skip(ref rest, 22 - 9);
        return hasFlags && Utf8Parser.TryParse(rest, out ulong startTime, out _) ? new(state, flags, startTime) : null;
    }

    private static void Skip(ref Span<byte> text, int fields)
    {
        for (; fields > 0; fields--)
        {
            text = text[(text.IndexOf((byte)' ') + 1)..];
        }
    }
}
