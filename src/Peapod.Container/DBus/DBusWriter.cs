using System.Buffers.Binary;
using System.Text;

namespace Peapod.Container.DBus;

/// <summary>Marshals values, little-endian and each aligned from the message's start; D-Bus specification, "Marshaling".</summary>
internal sealed class DBusWriter
{
    private byte[] buffer = new byte[1024];

    internal int Length { get; private set; }

    internal ReadOnlySpan<byte> Written => buffer.AsSpan(0, Length);

    internal void Align(int alignment)
    {
        var count = -Length & (alignment - 1);
        Take(count).Clear();
    }

    internal void Byte(byte value) => Take(1)[0] = value;

    internal void UInt32(uint value)
    {
        Align(4);
        BinaryPrimitives.WriteUInt32LittleEndian(Take(4), value);
    }

    internal void UInt64(ulong value)
    {
        Align(8);
        BinaryPrimitives.WriteUInt64LittleEndian(Take(8), value);
    }

    /// <summary>A string or an object path.</summary>
    internal void String(string value)
    {
        var length = Encoding.UTF8.GetByteCount(value);
        UInt32((uint)length);
        Text(value, length);
    }

    internal void Signature(string value)
    {
        Byte((byte)value.Length);
        Text(value, value.Length);
    }

    /// <summary>Values in a row.</summary>
    internal void Values(string signature, ReadOnlySpan<object> values)
    {
        var start = 0;
        foreach (var value in values)
        {
            var end = DBusSignature.End(signature, start);
            Value(signature[start..end], value);
            start = end;
        }
    }

    internal void Variant(DBusVariant variant)
    {
        Signature(variant.Signature);
        Value(variant.Signature, variant.Value);
    }

    /// <summary>A length that is written when what it counts has been, by <see cref="EndArray"/>.</summary>
    /// <param name="elementType">The elements' type, to whose alignment the first one is padded, also when there is none.</param>
    internal (int Length, int Start) BeginArray(char elementType)
    {
        UInt32(0);
        var length = Length - 4;
        Align(DBusSignature.Alignment(elementType));
        return (length, Length);
    }

    internal void EndArray((int Length, int Start) array) =>
        BinaryPrimitives.WriteUInt32LittleEndian(buffer.AsSpan(array.Length), (uint)(Length - array.Start));

    internal void Bytes(ReadOnlySpan<byte> value) => value.CopyTo(Take(value.Length));

    private void Value(string signature, object value)
    {
        switch (signature[0])
        {
            case 'y':
                Byte((byte)value);
                break;
            case 'b':
                UInt32((bool)value ? 1u : 0u);
                break;
            case 'n':
                UInt16((ushort)(short)value);
                break;
            case 'q':
                UInt16((ushort)value);
                break;
            case 'i':
                UInt32((uint)(int)value);
                break;
            case 'u':
                UInt32((uint)value);
                break;
            case 'x':
                UInt64((ulong)(long)value);
                break;
            case 't':
                UInt64((ulong)value);
                break;
            case 'd':
                UInt64(BitConverter.DoubleToUInt64Bits((double)value));
                break;
            case 's' or 'o':
                String((string)value);
                break;
            case 'g':
                Signature((string)value);
                break;
            case 'v':
                Variant((DBusVariant)value);
                break;
            case 'a':
                Array(signature[1..], value);
                break;
            case '(' or '{':
                Align(8);
                Values(signature[1..^1], (object[])value);
                break;
            default:
                throw DBusSignature.Malformed(signature);
        }
    }

    private void Array(string elementType, object value)
    {
        var array = BeginArray(elementType[0]);
        if (value is byte[] bytes)
        {
            Bytes(bytes);
        }
        else
        {
            foreach (var item in (object[])value)
            {
                Value(elementType, item);
            }
        }

        EndArray(array);
    }

    private void UInt16(ushort value)
    {
        Align(2);
        BinaryPrimitives.WriteUInt16LittleEndian(Take(2), value);
    }

    private void Text(string value, int length)
    {
        var space = Take(length + 1);
        Encoding.UTF8.GetBytes(value, space);
        space[length] = 0;
    }

    private Span<byte> Take(int count)
    {
        if (Length + count > buffer.Length)
        {
            System.Array.Resize(ref buffer, Math.Max(buffer.Length * 2, Length + count));
        }

        Length += count;
        return buffer.AsSpan(Length - count, count);
    }
}
