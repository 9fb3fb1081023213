using System.Buffers.Binary;
using System.Text;

namespace Peapod.Container.DBus;

/// <summary>Reads what <see cref="DBusWriter"/> writes, in either byte order.</summary>
internal ref struct DBusReader(ReadOnlySpan<byte> message, bool bigEndian)
{
    private readonly ReadOnlySpan<byte> message = message;
    private readonly bool bigEndian = bigEndian;

    internal int Position { get; set; }

    internal void Align(int alignment) => Take(-Position & (alignment - 1));

    internal byte Byte() => Take(1)[0];

    internal uint UInt32()
    {
        Align(4);
        var bytes = Take(4);
        return bigEndian ? BinaryPrimitives.ReadUInt32BigEndian(bytes) : BinaryPrimitives.ReadUInt32LittleEndian(bytes);
    }

    internal object[] Values(string signature)
    {
        var values = new List<object>();
        for (var start = 0; start < signature.Length;)
        {
            var end = DBusSignature.End(signature, start);
            values.Add(Value(signature[start..end]));
            start = end;
        }

        return [.. values];
    }

    internal DBusVariant Variant()
    {
        var signature = Text(Byte());
        return DBusSignature.End(signature, 0) == signature.Length ? new(signature, Value(signature)) : throw DBusSignature.Malformed(signature);
    }

    /// <summary>Where the array that begins here ends; its first element follows.</summary>
    internal int BeginArray(char elementType)
    {
        var length = UInt32();
        Align(DBusSignature.Alignment(elementType));
        return length <= message.Length - Position ? Position + (int)length : throw TooShort();
    }

    private object Value(string signature)
    {
        switch (signature[0])
        {
            case 'y':
                return Byte();
            case 'b':
                return UInt32() != 0;
            case 'n':
                return (short)UInt16();
            case 'q':
                return UInt16();
            case 'i':
                return (int)UInt32();
            case 'u':
                return UInt32();
            case 'x':
                return (long)UInt64();
            case 't':
                return UInt64();
            case 'd':
                return BitConverter.UInt64BitsToDouble(UInt64());
            case 's' or 'o':
                return Text(UInt32());
            case 'g':
                return Text(Byte());
            case 'v':
                return Variant();
            case '(' or '{':
                Align(8);
                return Values(signature[1..^1]);
            case 'a':
                return Array(signature[1..]);
            default:
                throw DBusSignature.Malformed(signature);
        }
    }

    private object Array(string elementType)
    {
        var end = BeginArray(elementType[0]);
        if (elementType == "y")
        {
            return Take(end - Position).ToArray();
        }

        var items = new List<object>();
        while (Position < end)
        {
            items.Add(Value(elementType));
        }

        return items.ToArray();
    }

    private ushort UInt16()
    {
        Align(2);
        var bytes = Take(2);
        return bigEndian ? BinaryPrimitives.ReadUInt16BigEndian(bytes) : BinaryPrimitives.ReadUInt16LittleEndian(bytes);
    }

    private ulong UInt64()
    {
        Align(8);
        var bytes = Take(8);
        return bigEndian ? BinaryPrimitives.ReadUInt64BigEndian(bytes) : BinaryPrimitives.ReadUInt64LittleEndian(bytes);
    }

    private string Text(uint length)
    {
        var text = length < message.Length ? Encoding.UTF8.GetString(Take((int)length)) : throw TooShort();
        return Byte() == 0 ? text : throw new DBusException("a string of the message has no end");
    }

    private ReadOnlySpan<byte> Take(int count)
    {
        if (count > message.Length - Position)
        {
            throw TooShort();
        }

        Position += count;
        return message.Slice(Position - count, count);
    }

    private static DBusException TooShort() => new("the message is shorter than it says");
}
