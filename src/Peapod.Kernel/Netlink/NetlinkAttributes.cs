using System.Runtime.InteropServices;
using System.Text;

namespace Peapod.Kernel.Netlink;

/// <summary>Walks the attributes of a message or of a nested attribute: <c>foreach (var attribute in new NetlinkAttributes(bytes))</c>.</summary>
public ref struct NetlinkAttributes
{
    private ReadOnlySpan<byte> rest;

    public NetlinkAttributes(ReadOnlySpan<byte> data) => rest = data;

    public Attribute Current { get; private set; }

    public readonly NetlinkAttributes GetEnumerator() => this;

    /// <summary>Goes on to the next attribute; a truncated one ends the walk.</summary>
    public bool MoveNext()
    {
        if (rest.Length < 4)
        {
            return false;
        }

        var size = MemoryMarshal.Read<ushort>(rest);
        if (size < 4 || size > rest.Length)
        {
            return false;
        }

        var type = (ushort)(MemoryMarshal.Read<ushort>(rest[2..]) & NetlinkFlags.AttributeTypeMask);
        Current = new Attribute(type, rest[4..size]);
        rest = rest[Math.Min((size + 3) & ~3, rest.Length)..];
        return true;
    }

    /// <summary>One attribute: its type without the nesting flags, and its payload.</summary>
    public readonly ref struct Attribute(ushort type, ReadOnlySpan<byte> value)
    {
        public ushort Type { get; } = type;

        public ReadOnlySpan<byte> Value { get; } = value;

        /// <summary>The payload as a 32-bit number in host order; 0 when it is too short.</summary>
        public uint UInt32 => Value.Length < 4 ? 0 : MemoryMarshal.Read<uint>(Value);

        /// <summary>The payload as text, up to its zero byte.</summary>
        public string Text
        {
            get
            {
                var end = Value.IndexOf((byte)0);
                return Encoding.UTF8.GetString(end < 0 ? Value : Value[..end]);
            }
        }
    }
}
