using System.Runtime.InteropServices;

namespace Peapod.Kernel.Netlink;

/// <summary>struct ifinfomsg of rtnetlink(7): the fixed header of what is about links.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct IfInfoMsg
{
    public byte Family;
    public byte Pad;
    public ushort Type;
    public int Index;
    public uint Flags;
    public uint Change;
}
