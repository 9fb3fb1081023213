using System.Runtime.InteropServices;
using System.Text;

namespace Peapod.Container.Plans;

/// <summary>Writes a plan's init part as native/include/plan.h lays it out.</summary>
internal sealed class PlanEncoder
{
    private const uint Magic = 0x6e616c70;
    private const uint Version = 10;
    private const int HeaderSize = 32;
    private const int OperationSize = 48;

    private byte[] buffer;
    private int used;

    private PlanEncoder(int fixedSize)
    {
        buffer = new byte[Math.Max(8192, fixedSize * 2)];
        used = fixedSize;
    }

    /// <param name="plan">The plan.</param>
    /// <param name="descriptors">The descriptor in each slot, -1 where there is none yet.</param>
    /// <param name="reportSocket">Init's end of the socket to its parent.</param>
    internal static ReadOnlyMemory<byte> Encode(Plan plan, ReadOnlySpan<int> descriptors, int reportSocket)
    {
        var fds = HeaderSize + (plan.Init.Count * OperationSize);
        var encoder = new PlanEncoder(Align(fds + (descriptors.Length * sizeof(int))));
        for (var i = 0; i < plan.Init.Count; i++)
        {
            encoder.WriteOperation(HeaderSize + (i * OperationSize), plan.Init[i]);
        }

        for (var i = 0; i < descriptors.Length; i++)
        {
            encoder.Put(fds + (i * sizeof(int)), (uint)descriptors[i]);
        }

        ReadOnlySpan<uint> header =
        [
            Magic, Version, (uint)encoder.used, (uint)plan.Init.Count, HeaderSize, (uint)descriptors.Length, (uint)fds, (uint)reportSocket,
        ];
        for (var i = 0; i < header.Length; i++)
        {
            encoder.Put(i * sizeof(uint), header[i]);
        }

        return encoder.buffer.AsMemory(0, encoder.used);
    }

    private void WriteOperation(int at, InitOperation operation)
    {
        var a = operation.SecondSlot is { } second ? (ulong)second.Index : operation.A;
        if (operation.Environment is { } environment)
        {
            a = WriteList(environment, spare: 1);
        }

        var path = WriteText(operation.Path);
        var source = WriteText(operation.Source);
        var data = operation.Bytes.Length > 0 ? WriteBytes(operation.Bytes.Span) : WriteText(operation.Data);
        var list = operation.List is { } items ? WriteList(items, spare: 0) : 0;
        Put(at, (uint)operation.Code);
        Put(at + 4, (uint)(operation.Slot?.Index ?? -1));
        Put(at + 8, a);
        Put(at + 16, operation.B);
        Put(at + 24, operation.C);
        Put(at + 32, path);
        Put(at + 36, source);
        Put(at + 40, data);
        Put(at + 44, list);
    }

    private uint WriteText(string? text)
    {
        if (text is null)
        {
            return 0;
        }

        var start = Reserve(Encoding.UTF8.GetMaxByteCount(text.Length) + 1);
        var count = Encoding.UTF8.GetBytes(text, buffer.AsSpan(start));
        buffer[start + count] = 0;
        used = start + count + 1;
        return (uint)start;
    }

    private uint WriteBytes(ReadOnlySpan<byte> bytes)
    {
        used = Align(used);
        var start = Reserve(bytes.Length);
        bytes.CopyTo(buffer.AsSpan(start));
        return (uint)start;
    }

    private uint WriteList(IReadOnlyList<string> items, int spare)
    {
        used = Align(used);
        var size = (items.Count + 1 + spare) * sizeof(ulong);
        var start = Reserve(size);
        buffer.AsSpan(start, size).Clear();
        for (var i = 0; i < items.Count; i++)
        {
            Put(start + (i * sizeof(ulong)), (ulong)WriteText(items[i]));
        }

        return (uint)start;
    }

    private int Reserve(int size)
    {
        var start = used;
        used += size;
        if (used > buffer.Length)
        {
            Array.Resize(ref buffer, Math.Max(used, buffer.Length * 2));
        }

        return start;
    }

    private static int Align(int offset) => (offset + 7) & ~7;

    private void Put(int at, uint value) => MemoryMarshal.Write(buffer.AsSpan(at), value);

    private void Put(int at, ulong value) => MemoryMarshal.Write(buffer.AsSpan(at), value);
}
