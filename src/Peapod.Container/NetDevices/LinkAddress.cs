using System.Runtime.InteropServices;
using Peapod.Kernel.Netlink;

namespace Peapod.Container.NetDevices;

/// <summary>An address of a link, as much of it as can be given to the same link in another network namespace.</summary>
internal sealed class LinkAddress
{
    private const ushort RTM_NEWADDR = 20;
    private const ushort IFA_ADDRESS = 1, IFA_LOCAL = 2, IFA_BROADCAST = 4, IFA_FLAGS = 8, IFA_RT_PRIORITY = 9;
    private const uint IFA_F_PERMANENT = 0x80;
    private const byte RT_SCOPE_UNIVERSE = 0;

    // NODAD, HOMEADDRESS, MANAGETEMPADDR, NOPREFIXROUTE, MCAUTOJOIN, STABLE_PRIVACY: what somebody wanted. The others tell a state.
    private const uint Wanted = 0x02 | 0x10 | 0x100 | 0x200 | 0x400 | 0x800;

    private readonly List<(ushort Type, byte[] Value)> attributes = [];
    private IfAddrMsg header;
    private uint flags;

    private LinkAddress(IfAddrMsg header)
    {
        this.header = header;
        flags = header.Flags;
    }

    /// <summary>Permanent, and for more than the link: what the runtime-spec has go along with a device.</summary>
    internal bool GoesAlong => (flags & IFA_F_PERMANENT) != 0 && header.Scope == RT_SCOPE_UNIVERSE;

    internal int Index => header.Index;

    /// <param name="message">The payload of an RTM_NEWADDR.</param>
    internal static LinkAddress Read(ReadOnlySpan<byte> message)
    {
        var address = new LinkAddress(MemoryMarshal.Read<IfAddrMsg>(message));
        foreach (var attribute in new NetlinkAttributes(message[8..]))
        {
            if (attribute.Type == IFA_FLAGS)
            {
                address.flags = attribute.UInt32;
            }
            else if (attribute.Type is IFA_ADDRESS or IFA_LOCAL or IFA_BROADCAST or IFA_RT_PRIORITY)
            {
                address.attributes.Add((attribute.Type, attribute.Value.ToArray()));
            }
        }

        return address;
    }

    /// <summary>Adds it to a link.</summary>
    internal void Add(NetlinkBatch batch, int index, string link)
    {
        batch.Begin(RTM_NEWADDR, NetlinkFlags.Create | NetlinkFlags.Replace, "RTM_NEWADDR", link);
        batch.Put(header with { Index = index, Flags = (byte)(flags & Wanted & 0xff) });
        batch.Put(IFA_FLAGS, flags & Wanted);
        foreach (var (type, value) in attributes)
        {
            batch.Put(type, value);
        }
    }
}
