namespace Peapod.Kernel.Netlink;

/// <summary>NLM_F_* and the control message types of netlink(7).</summary>
public static class NetlinkFlags
{
    public const ushort Request = 1;
    public const ushort Acknowledge = 4;
    public const ushort Echo = 8;
    public const ushort Dump = 0x300;
    public const ushort Replace = 0x100;
    public const ushort Exclusive = 0x200;
    public const ushort Create = 0x400;
    public const ushort Append = 0x800;

    internal const ushort Capped = 0x100;
    internal const ushort ExtendedAcknowledgement = 0x200;

    internal const ushort MessageError = 2;
    internal const ushort MessageDone = 3;

    internal const ushort AttributeNested = 0x8000;
    internal const ushort AttributeTypeMask = 0x3fff;
}
