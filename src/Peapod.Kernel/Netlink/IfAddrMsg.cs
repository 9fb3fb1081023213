using System.Runtime.InteropServices;

namespace Peapod.Kernel.Netlink;

/// <summary>struct ifaddrmsg of rtnetlink(7): the fixed header of what is about addresses.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct IfAddrMsg
{
    public byte Family;
    public byte PrefixLength;
    public byte Flags;
    public byte Scope;
    public int Index;
}
