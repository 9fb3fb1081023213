using System.Buffers.Binary;
using System.Text;

namespace Peapod.Container.Criu;

/// <summary>Reads a message of protocol buffers field by field; the caller ignores those that it does not know.</summary>
internal ref struct ProtobufReader(ReadOnlySpan<byte> message)
{
    private ReadOnlySpan<byte> rest = message;

    /// <summary>The field that <see cref="Next"/> found.</summary>
    internal int Field { get; private set; }

    /// <summary>Its value, of a number.</summary>
    internal ulong Number { get; private set; }

    /// <summary>Its value, of a text or a message.</summary>
    internal ReadOnlySpan<byte> Bytes { get; private set; }

    internal readonly string Text => Encoding.UTF8.GetString(Bytes);

    internal readonly bool Flag => Number != 0;

    internal readonly int Int32 => unchecked((int)Number);

    /// <summary>Goes on to the next field; false at the message's end.</summary>
    /// <exception cref="FormatException">The bytes are no message.</exception>
    internal bool Next()
    {
        if (rest.IsEmpty)
        {
            return false;
        }

        var tag = Varint();
        Field = (int)Math.Min(tag >> 3, int.MaxValue);
        Number = 0;
        Bytes = default;
        switch (tag & 7)
        {
            case 0:
                Number = Varint();
                break;
            case 1:
                Number = BinaryPrimitives.ReadUInt64LittleEndian(Take(8));
                break;
            case 2:
                Bytes = Take(Varint());
                break;
            case 5:
                Number = BinaryPrimitives.ReadUInt32LittleEndian(Take(4));
                break;
            default:
                throw new FormatException($"wire type {tag & 7}");
        }

        return true;
    }

    private ReadOnlySpan<byte> Take(ulong count)
    {
        if (count > (ulong)rest.Length)
        {
            throw new FormatException("a field is longer than its message");
        }

        var taken = rest[..(int)count];
        rest = rest[(int)count..];
        return taken;
    }

    private ulong Varint()
    {
        var value = 0UL;
        for (var shift = 0; shift < 70; shift += 7)
        {
            var next = Take(1)[0];
            value |= (ulong)(next & 0x7f) << shift;
            if (next < 0x80)
            {
                return value;
            }
        }

        throw new FormatException("a number has more than ten bytes");
    }
}
