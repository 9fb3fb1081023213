using System.Runtime.InteropServices;
using System.Text;
using Peapod.Kernel;

namespace Peapod.Container.Spawning;

/// <summary>A message from peapod-init: struct report of native/include/plan.h.</summary>
/// <param name="Stage">The stage that is reached, for a synchronisation; null for a failure.</param>
/// <param name="Operation">Index of the operation that failed.</param>
/// <param name="Error">Why.</param>
/// <param name="Detail">The system call, or what else tells the cause.</param>
/// <param name="Number">The new process's number at <see cref="InitStage.Spawned"/> and <see cref="InitStage.Born"/>, the descriptor's at <see cref="InitStage.Listener"/>.</param>
/// <param name="Remaining">How many operations come after the one that failed.</param>
internal readonly record struct InitReport(InitStage? Stage, int Operation, Errno Error, string Detail, int Number, int Remaining)
{
    internal const int Size = 256;

    private const uint Sync = 1;
    private const int DetailOffset = 16;

    internal static InitReport Parse(ReadOnlySpan<byte> message)
    {
        if (message.Length < Size)
        {
            throw new KernelException("read", "peapod-init's report", Errno.EPROTO);
        }

        var kind = MemoryMarshal.Read<uint>(message);
        var number = MemoryMarshal.Read<int>(message[4..]);
        var error = (Errno)MemoryMarshal.Read<int>(message[8..]);
        var detail = message[DetailOffset..Size];
        var end = detail.IndexOf((byte)0);
        detail = end < 0 ? detail : detail[..end];
        return kind == Sync
            ? new((InitStage)number, -1, Errno.None, "", (int)error, 0)
            : new(null, number, error, Encoding.UTF8.GetString(detail), 0, MemoryMarshal.Read<int>(message[12..]));
    }
}

/// <summary>Where init waits for its parent.</summary>
internal enum InitStage
{
    /// <summary>In its new user namespace, before the maps are written.</summary>
    MapUsers = 1,

    /// <summary>Everything is set up; what follows is the wait for start, or the exec.</summary>
    Ready = 2,

    /// <summary>In a user namespace, where it may not raise limits itself.</summary>
    Limits = 3,

    /// <summary>A sibling was made that goes on in its place.</summary>
    Spawned = 4,

    /// <summary>It has a filter with a listener, and the parent is to take it.</summary>
    Listener = 5,

    /// <summary>The root file system is set up and not yet the root: the runtime runs its hooks.</summary>
    Hooks = 6,

    /// <summary>It has made a time namespace that no process is in yet: the parent sets the offsets of its clocks.</summary>
    TimeOffsets = 7,

    /// <summary>It is in its network namespace, which the parent moves devices into.</summary>
    NetDevices = 8,

    /// <summary>It has no right to choose its scheduling policy any more.</summary>
    Scheduler = 9,

    /// <summary>The filter comes next, and perhaps a birth under it: what is done from outside is inherited then.</summary>
    BeforeFilter = 10,

    /// <summary>The process that goes on is born into a PID namespace with others in it; everything is set up.</summary>
    Born = 11,

    /// <summary>It is at a bind mount whose source could not be opened before.</summary>
    Source = 12,
}
