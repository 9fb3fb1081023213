using System.Text;
using Peapod.Container.DBus;

namespace Peapod.UnitTests.Container;

/// <summary>The bytes are those of the D-Bus specification's examples, or follow from its rules.</summary>
public class DBusTests
{
    /// <summary>A bus client's first message as libdbus sends it.</summary>
    private static readonly byte[] Hello = Encoding.Latin1.GetBytes(
        "l\u0001\0\u0001\0\0\0\0\u0001\0\0\0n\0\0\0\u0001\u0001o\0\u0015\0\0\0/org/freedesktop/DBus\0\0\0\u0006\u0001s\0\u0014\0\0\0org.freedesktop.DBus\0\0\0\0"
        + "\u0002\u0001s\0\u0014\0\0\0org.freedesktop.DBus\0\0\0\0\u0003\u0001s\0\u0005\0\0\0Hello\0\0\0");

    [Theory]
    [InlineData("s", "foo", "03000000666f6f00")]
    [InlineData("o", "/", "010000002f00")]
    [InlineData("g", "a(sv)", "05612873762900")]
    [InlineData("b", true, "01000000")]
    [InlineData("y", (byte)7, "07")]
    [InlineData("n", (short)-2, "feff")]
    [InlineData("q", (ushort)0x1234, "3412")]
    [InlineData("i", -2, "feffffff")]
    [InlineData("u", 0x12345678u, "78563412")]
    [InlineData("x", -2L, "feffffffffffffff")]
    [InlineData("t", ulong.MaxValue, "ffffffffffffffff")]
    [InlineData("d", 1.5, "000000000000f83f")]
    public void A_basic_value_has_the_bytes_that_the_specification_says(string signature, object value, string bytes)
    {
        Assert.Equal(bytes, Marshalled(signature, [value]));
        Assert.Equal([value], Unmarshalled(signature, bytes));
    }

    [Fact]
    public void Strings_in_a_row_are_each_padded_to_four() =>
        Assert.Equal("03000000666f6f00" + "010000002b000000" + "0300000062617200", Marshalled("sss", ["foo", "+", "bar"]));

    [Fact]
    public void An_array_of_numbers_of_eight_bytes_is_padded_after_its_length_which_does_not_count_that()
    {
        const string bytes = "08000000" + "00000000" + "0500000000000000";
        Assert.Equal(bytes, Marshalled("ax", [new object[] { 5L }]));
        Assert.Equal([new object[] { 5L }], Unmarshalled("ax", bytes));
    }

    [Fact]
    public void An_array_without_elements_is_padded_too() => Assert.Equal("00000000" + "00000000", Marshalled("at", [Array.Empty<object>()]));

    [Fact]
    public void Bytes_are_an_array_without_padding()
    {
        Assert.Equal("03000000010203", Marshalled("ay", [new byte[] { 1, 2, 3 }]));
        Assert.Equal(new byte[] { 1, 2, 3 }, Assert.Single(Unmarshalled("ay", "03000000010203")));
    }

    [Fact]
    public void A_struct_begins_at_a_multiple_of_eight_and_a_variant_brings_its_type()
    {
        // byte 1, then (s "a", v (u 2)): the struct at 8, its string at 8 to 13, the variant's signature at 14 to 16, its value at 20.
        const string bytes = "01" + "00000000000000" + "010000006100" + "017500" + "000000" + "02000000";
        object[] values = [(byte)1, new object[] { "a", new DBusVariant("u", 2u) }];

        Assert.Equal(bytes, Marshalled("y(sv)", values));
        Assert.Equivalent(values, Unmarshalled("y(sv)", bytes), strict: true);
    }

    [Fact]
    public void Big_endian_messages_are_read_too()
    {
        var bytes = Convert.FromHexString("00000008" + "00000000" + "0000000000000005");
        Assert.Equal([new object[] { 5L }], new DBusReader(bytes, bigEndian: true).Values("ax"));
    }

    [Fact]
    public void Libdbus_hello_is_read()
    {
        Assert.Equal(Hello.Length, DBusMessage.SizeOf(Hello));
        var message = DBusMessage.Decode(Hello);

        Assert.Equal((DBusMessageType.Call, 1u), (message.Type, message.Serial));
        Assert.Equal(("/org/freedesktop/DBus", "org.freedesktop.DBus", "org.freedesktop.DBus", "Hello"), (message.Path, message.Destination, message.Interface, message.Member));
        Assert.Empty(message.Body);
    }

    [Fact]
    public void Our_hello_differs_only_in_the_order_of_its_fields()
    {
        var ours = new DBusMessage(DBusMessageType.Call)
        {
            Serial = 1, Path = "/org/freedesktop/DBus", Interface = "org.freedesktop.DBus", Member = "Hello", Destination = "org.freedesktop.DBus",
        }.Encode();

        // The fields' length is without the last one's padding, and another is the last.
        Assert.Equal(Hello.Length, ours.Length);
        Assert.Equal(Hello[..12], ours[..12]);
        Assert.Equal(109, ours[12]);
        Assert.Equal(Fields(Hello), Fields(ours));

        static IEnumerable<string> Fields(byte[] message) => Encoding.Latin1.GetString(message[16..]).Split('\0', StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal);
    }

    [Fact]
    public void A_call_with_properties_is_read_as_it_was_written()
    {
        object[] properties = [new object[] { "Delegate", new DBusVariant("b", true) }, new object[] { "PIDs", new DBusVariant("au", new object[] { 7u }) }];
        object[] body = ["a.scope", "fail", properties, Array.Empty<object>()];
        var call = new DBusMessage(DBusMessageType.Call) { Serial = 7, Path = "/a", Member = "M", Signature = "ssa(sv)a(sa(sv))", Body = body };

        var bytes = call.Encode();
        Assert.Equal(bytes.Length, DBusMessage.SizeOf(bytes));
        var read = DBusMessage.Decode(bytes);

        Assert.Equal(call.Signature, read.Signature);
        Assert.Equivalent(body, read.Body, strict: true);
    }

    /// <summary>Whatever is cut off or changed: an error of ours, never one of the runtime.</summary>
    [Fact]
    public void A_damaged_message_is_an_error()
    {
        var whole = new DBusMessage(DBusMessageType.Signal)
        {
            Serial = 3, Path = "/a", Interface = "a.b", Member = "JobRemoved", Signature = "uoss", Body = [1u, "/job/1", "a.scope", "done"],
        }.Encode();
        var random = new Random(1);
        for (var length = DBusMessage.FixedSize; length < whole.Length; length++)
        {
            Assert.Throws<DBusException>(() => DBusMessage.Decode(whole.AsSpan(0, length)));
        }

        for (var round = 0; round < 5000; round++)
        {
            var damaged = whole.ToArray();
            damaged[random.Next(damaged.Length)] = (byte)random.Next(256);
            try
            {
                DBusMessage.Decode(damaged);
            }
            catch (DBusException)
            {
            }
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("a")]
    [InlineData("(")]
    [InlineData("()")]
    [InlineData("(s")]
    [InlineData("k")]
    [InlineData("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaay")]
    public void What_is_no_type_is_refused(string signature) => Assert.Throws<DBusException>(() => DBusSignature.End(signature, 0));

    private static string Marshalled(string signature, object[] values)
    {
        var writer = new DBusWriter();
        writer.Values(signature, values);
        return Convert.ToHexStringLower(writer.Written);
    }

    private static object[] Unmarshalled(string signature, string bytes) => new DBusReader(Convert.FromHexString(bytes), bigEndian: false).Values(signature);
}
