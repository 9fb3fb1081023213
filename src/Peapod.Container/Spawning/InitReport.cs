using System.Runtime.InteropServices;
using System.Text;
using Peapod.Container.Plans;
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
