using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace Peapod.Kernel.Netlink;

/// <summary>
/// One or more netlink requests in one buffer, sent by one sendmsg(2). Messages and attributes are aligned to four bytes;
/// integers are in host order unless the method says otherwise. Reusable after <see cref="Clear"/>.
/// </summary>
public sealed class NetlinkBatch
{
    internal const int HeaderSize = 16;

    private readonly List<Request> requests = [];
    private byte[] buffer = new byte[1024];
    private int length;

    /// <summary>The number of requests begun.</summary>
    public int Count => requests.Count;

    internal IReadOnlyList<Request> Requests => requests;

    /// <summary>Forgets every request and keeps the memory.</summary>
    public void Clear()
    {
        requests.Clear();
        length = 0;
    }

    /// <summary>Begins a request; what is put next belongs to it.</summary>
    /// <param name="type">RTM_* or NFNL type.</param>
    /// <param name="flags">NLM_F_*; the request flag is always added.</param>
    /// <param name="operation">Its name for an error: <c>RTM_NEWLINK</c>.</param>
    /// <param name="subject">What it is about, for an error.</param>
    /// <returns>The position of the request in the batch.</returns>
    public int Begin(ushort type, ushort flags, string operation, string? subject = null)
    {
        requests.Add(new Request(length, type, operation, subject));
        var header = Reserve(HeaderSize);
        MemoryMarshal.Write(header, HeaderSize);
        MemoryMarshal.Write(header[4..], type);
        MemoryMarshal.Write(header[6..], (ushort)(flags | NetlinkFlags.Request));
        header[8..].Clear();
        return requests.Count - 1;
    }

    /// <summary>The family's fixed header, such as struct ifinfomsg.</summary>
    public void Put<T>(in T header)
        where T : unmanaged
    {
        MemoryMarshal.Write(Reserve(Unsafe.SizeOf<T>()), header);
        Measure();
    }

    public void Put(ushort attribute, ReadOnlySpan<byte> value)
    {
        var space = Reserve(4 + value.Length);
        MemoryMarshal.Write(space, (ushort)(4 + value.Length));
        MemoryMarshal.Write(space[2..], attribute);
        value.CopyTo(space[4..]);
        Measure();
    }

    public void Put(ushort attribute, byte value) => Put(attribute, [value]);

    public void Put(ushort attribute, int value) => Put(attribute, MemoryMarshal.AsBytes(new ReadOnlySpan<int>(in value)));

    public void Put(ushort attribute, uint value) => Put(attribute, MemoryMarshal.AsBytes(new ReadOnlySpan<uint>(in value)));

    /// <summary>A 32-bit number in network order, as nfnetlink wants all of its.</summary>
    public void PutNetworkOrder(ushort attribute, uint value) =>
        Put(attribute, BitConverter.IsLittleEndian ? BinaryPrimitives.ReverseEndianness(value) : value);

    /// <summary>A string with its final zero byte.</summary>
    public void Put(ushort attribute, string value)
    {
        Span<byte> text = stackalloc byte[Encoding.UTF8.GetMaxByteCount(value.Length) + 1];
        var count = Encoding.UTF8.GetBytes(value, text);
        text[count] = 0;
        Put(attribute, text[..(count + 1)]);
    }

    /// <summary>An attribute that holds all that is put until the result is disposed.</summary>
    public Nest Nested(ushort attribute)
    {
        var start = length;
        Put((ushort)(attribute | NetlinkFlags.AttributeNested), []);
        return new Nest(this, start);
    }

    /// <summary>The bytes to send, with sequence numbers from <paramref name="firstSequence"/> on and an acknowledgement asked from one request.</summary>
    internal ReadOnlySpan<byte> Finish(uint firstSequence, int acknowledged)
    {
        for (var i = 0; i < requests.Count; i++)
        {
            var header = buffer.AsSpan(requests[i].Offset);
            MemoryMarshal.Write(header[8..], firstSequence + (uint)i);
            if (i == acknowledged)
            {
                var flags = (ushort)(MemoryMarshal.Read<ushort>(header[6..]) | NetlinkFlags.Acknowledge);
                MemoryMarshal.Write(header[6..], flags);
            }
        }

        return buffer.AsSpan(0, length);
    }

    private Span<byte> Reserve(int size)
    {
        var start = length;
        var end = start + ((size + 3) & ~3);
        if (end > buffer.Length)
        {
            Array.Resize(ref buffer, Math.Max(end, buffer.Length * 2));
        }

        length = end;
        buffer.AsSpan(start, end - start).Clear();
        return buffer.AsSpan(start, size);
    }

    private void Measure()
    {
        var start = requests[^1].Offset;
        MemoryMarshal.Write(buffer.AsSpan(start), length - start);
    }

    internal readonly record struct Request(int Offset, ushort Type, string Operation, string? Subject);

    /// <summary>An open nested attribute; disposing closes it.</summary>
    public readonly ref struct Nest
    {
        private readonly NetlinkBatch batch;
        private readonly int start;

        internal Nest(NetlinkBatch batch, int start)
        {
            this.batch = batch;
            this.start = start;
        }

        public void Dispose() => MemoryMarshal.Write(batch.buffer.AsSpan(start), (ushort)(batch.length - start));
    }
}
