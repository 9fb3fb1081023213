using System.Buffers.Binary;

namespace Peapod.Container.DBus;

/// <summary>One message; D-Bus specification, "Message Protocol".</summary>
internal sealed record DBusMessage(DBusMessageType Type)
{
    /// <summary>The fixed part of the header, with the length of the fields after it.</summary>
    internal const int FixedSize = 16;

    private const byte ProtocolVersion = 1;
    private const uint MaximumSize = 128 << 20;

    internal uint Serial { get; init; }

    /// <summary>The serial of what this answers.</summary>
    internal uint ReplySerial { get; init; }

    internal string? Path { get; init; }

    internal string? Interface { get; init; }

    internal string? Member { get; init; }

    internal string? ErrorName { get; init; }

    internal string? Destination { get; init; }

    internal string Signature { get; init; } = "";

    internal object[] Body { get; init; } = [];

    internal byte[] Encode()
    {
        // The body begins at a multiple of eight, so its own alignment counts from its start too.
        var body = new DBusWriter();
        body.Values(Signature, Body);
        var message = new DBusWriter();
        message.Byte((byte)'l');
        message.Byte((byte)Type);
        message.Byte(0);
        message.Byte(ProtocolVersion);
        message.UInt32((uint)body.Length);
        message.UInt32(Serial);
        var fields = message.BeginArray('(');
        Field(message, 1, "o", Path);
        Field(message, 2, "s", Interface);
        Field(message, 3, "s", Member);
        Field(message, 4, "s", ErrorName);
        Field(message, 5, "u", ReplySerial == 0 ? null : ReplySerial);
        Field(message, 6, "s", Destination);
        Field(message, 8, "g", Signature.Length == 0 ? null : Signature);
        message.EndArray(fields);
        message.Align(8);
        message.Bytes(body.Written);
        return message.Written.ToArray();
    }

    /// <summary>The whole message's length, by its first <see cref="FixedSize"/> bytes.</summary>
    /// <exception cref="DBusException">They begin no message.</exception>
    internal static int SizeOf(ReadOnlySpan<byte> header)
    {
        var (fields, body) = header[0] switch
        {
            (byte)'l' => (BinaryPrimitives.ReadUInt32LittleEndian(header[12..]), BinaryPrimitives.ReadUInt32LittleEndian(header[4..])),
            (byte)'B' => (BinaryPrimitives.ReadUInt32BigEndian(header[12..]), BinaryPrimitives.ReadUInt32BigEndian(header[4..])),
            _ => throw new DBusException("what was received is no D-Bus message"),
        };
        var size = FixedSize + (((ulong)fields + 7) & ~7ul) + body;
        return size <= MaximumSize ? (int)size : throw new DBusException("a message longer than D-Bus allows");
    }

    /// <exception cref="DBusException">It breaks the specification.</exception>
    internal static DBusMessage Decode(ReadOnlySpan<byte> bytes)
    {
        var reader = new DBusReader(bytes, bytes[0] == 'B') { Position = 1 };
        var message = new DBusMessage((DBusMessageType)reader.Byte());
        reader.Position = 8;
        message = message with { Serial = reader.UInt32() };
        var end = reader.BeginArray('(');
        while (reader.Position < end)
        {
            reader.Align(8);
            var code = reader.Byte();
            var value = reader.Variant().Value;
            message = (code, value) switch
            {
                (1, string text) => message with { Path = text },
                (2, string text) => message with { Interface = text },
                (3, string text) => message with { Member = text },
                (4, string text) => message with { ErrorName = text },
                (5, uint number) => message with { ReplySerial = number },
                (6, string text) => message with { Destination = text },
                (8, string text) => message with { Signature = text },
                _ => message,
            };
        }

        reader.Align(8);
        return message with { Body = reader.Values(message.Signature) };
    }

    private static void Field(DBusWriter writer, byte code, string signature, object? value)
    {
        if (value is not null)
        {
            writer.Align(8);
            writer.Byte(code);
            writer.Variant(new(signature, value));
        }
    }
}

/// <summary>What a message is.</summary>
internal enum DBusMessageType : byte
{
    Call = 1,
    Return = 2,
    Error = 3,
    Signal = 4,
}
