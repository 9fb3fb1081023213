using System.Buffers;
using System.Text;

namespace Peapod.Container.Criu;

/// <summary>The wire format of protocol buffers, as far as criu's rpc.proto needs it: varints and length-delimited fields. protobuf.dev, "Encoding".</summary>
internal sealed class ProtobufWriter
{
    private const int Varint = 0, LengthDelimited = 2;

    private readonly ArrayBufferWriter<byte> buffer = new(256);

    internal ReadOnlySpan<byte> Written => buffer.WrittenSpan;

    /// <summary>An int32, uint32, bool or enum; a negative one takes ten bytes, as if it had 64 bits.</summary>
    internal void Number(int field, long value)
    {
        Raw((ulong)((field << 3) | Varint));
        Raw((ulong)value);
    }

    /// <summary>A flag that is set; one that is not is its own default.</summary>
    internal void Flag(int field, bool value)
    {
        if (value)
        {
            Number(field, 1);
        }
    }

    /// <summary>A text; null is left out.</summary>
    internal void Text(int field, string? value)
    {
        if (value is not null)
        {
            Bytes(field, Encoding.UTF8.GetBytes(value));
        }
    }

    internal void Message(int field, ProtobufWriter message) => Bytes(field, message.Written);

    private void Bytes(int field, ReadOnlySpan<byte> value)
    {
        Raw((ulong)((field << 3) | LengthDelimited));
        Raw((ulong)value.Length);
        buffer.Write(value);
    }

    private void Raw(ulong value)
    {
        Span<byte> bytes = stackalloc byte[10];
        var count = 0;
        for (; value >= 0x80; value >>= 7)
        {
            bytes[count++] = (byte)(value | 0x80);
        }

        bytes[count++] = (byte)value;
        buffer.Write(bytes[..count]);
    }
}
