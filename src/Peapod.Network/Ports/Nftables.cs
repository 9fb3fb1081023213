using System.Runtime.InteropServices;
using System.Text;
using Peapod.Kernel.Netlink;

namespace Peapod.Network.Ports;

/// <summary>
/// The nf_tables messages and expressions that the table is made of, with the names of linux/netfilter/nf_tables.h.
/// All numbers in attributes are in network order. What each expression does: <c>nft --debug=netlink list ruleset</c>.
/// </summary>
internal static class Nftables
{
    internal const ushort NFT_MSG_NEWTABLE = 0;
    internal const ushort NFT_MSG_GETTABLE = 1;
    internal const ushort NFT_MSG_DELTABLE = 2;
    internal const ushort NFT_MSG_NEWCHAIN = 3;
    internal const ushort NFT_MSG_NEWRULE = 6;
    internal const ushort NFT_MSG_NEWSET = 9;
    internal const ushort NFT_MSG_NEWSETELEM = 12;
    internal const ushort NFT_MSG_DELSETELEM = 14;

    internal const ushort NFTA_TABLE_USERDATA = 6;

    internal const uint NF_INET_PRE_ROUTING = 0;
    internal const uint NF_INET_FORWARD = 2;
    internal const uint NF_INET_LOCAL_OUT = 3;
    internal const uint NF_INET_POST_ROUTING = 4;

    /// <summary>Data types as the nft program numbers them, for its listings; a concatenation is six bits each.</summary>
    internal const uint TypeIPv4 = 7;
    internal const uint TypeIPv6 = 8;
    internal const uint TypeHardwareAddress = 9;
    internal const uint TypeProtocol = 12;
    internal const uint TypeService = 13;
    internal const uint TypeInterfaceName = 41;

    /// <summary>The first and following 32-bit registers.</summary>
    internal const uint R0 = 8;

    internal const uint MetaIifName = 6;
    internal const uint MetaOifName = 7;
    internal const uint MetaFamily = 15;
    internal const uint MetaProtocol = 16;
    internal const uint MetaIifGroup = 21;
    internal const uint MetaIifKind = 26;
    internal const uint MetaOifKind = 27;
    internal const uint PayloadLink = 0;
    internal const uint PayloadNetwork = 1;
    internal const uint PayloadTransport = 2;
    internal const uint CmpEqual = 0;
    internal const uint CmpNotEqual = 1;

    /// <summary>Flags of a connection's state: a packet of one that is known, or of an error about one.</summary>
    internal const uint StateEstablishedOrRelated = 2 | 4;

    /// <summary>A flag of a connection's status: its destination was translated, by whomever.</summary>
    internal const uint StatusDestinationNat = 0x20;

    internal const byte NFPROTO_INET = 1;
    internal const byte NFPROTO_BRIDGE = 7;

    private const ushort Subsystem = 10;
    private const ushort ListElement = 1;
    private const ushort DataValue = 1;
    private const uint NoAttribute = uint.MaxValue;

    /// <summary>An element takes up to 68 bytes, a list of them 65,535.</summary>
    internal const int ElementsPerMessage = 900;

    internal static void BeginBatch(NetlinkBatch batch) => Control(batch, 0x10, "NFNL_MSG_BATCH_BEGIN");

    internal static void EndBatch(NetlinkBatch batch) => Control(batch, 0x11, "NFNL_MSG_BATCH_END");

    internal static void Begin(NetlinkBatch batch, ushort message, ushort flags, string operation, string subject, byte family = NFPROTO_INET)
    {
        batch.Begin((ushort)((Subsystem << 8) | message), flags, operation, subject);
        batch.Put(new NfGenMsg { Family = family });
    }

    internal static void GetTable(NetlinkBatch batch, string table, byte family = NFPROTO_INET)
    {
        Begin(batch, NFT_MSG_GETTABLE, 0, "NFT_MSG_GETTABLE", table, family);
        batch.Put(1, table);
    }

    /// <param name="batch">Where to.</param>
    /// <param name="table">Its name.</param>
    /// <param name="comment">What nft shows as its comment.</param>
    /// <param name="family">NFPROTO_*.</param>
    internal static void NewTable(NetlinkBatch batch, string table, string comment, byte family = NFPROTO_INET)
    {
        // User data is a list of type, length and value; type 0 is the comment.
        var text = Encoding.UTF8.GetBytes(comment + "\0");
        Begin(batch, NFT_MSG_NEWTABLE, NetlinkFlags.Create | NetlinkFlags.Exclusive, "NFT_MSG_NEWTABLE", table, family);
        batch.Put(1, table);
        batch.Put(NFTA_TABLE_USERDATA, [0, (byte)text.Length, .. text]);
    }

    internal static void DeleteTable(NetlinkBatch batch, string table, byte family = NFPROTO_INET)
    {
        Begin(batch, NFT_MSG_DELTABLE, 0, "NFT_MSG_DELTABLE", table, family);
        batch.Put(1, table);
    }

    /// <summary>The comment in an answer to <see cref="GetTable"/>; empty when there is none.</summary>
    internal static string ReadComment(ReadOnlySpan<byte> message)
    {
        foreach (var attribute in new NetlinkAttributes(message[4..]))
        {
            if (attribute.Type == NFTA_TABLE_USERDATA && attribute.Value.Length > 2)
            {
                return Encoding.UTF8.GetString(attribute.Value[2..]).TrimEnd('\0');
            }
        }

        return "";
    }

    internal static void NewMap(NetlinkBatch batch, string table, string name, uint id, uint keyType, uint keyLength, uint dataType, uint dataLength)
    {
        const uint isMap = 8;
        NewSet(batch, table, name, id, keyType, keyLength, NFPROTO_INET, isMap);
        batch.PutNetworkOrder(6, dataType);
        batch.PutNetworkOrder(7, dataLength);
    }

    internal static void NewSet(NetlinkBatch batch, string table, string name, uint id, uint keyType, uint keyLength, byte family, uint flags = 0)
    {
        Begin(batch, NFT_MSG_NEWSET, NetlinkFlags.Create | NetlinkFlags.Exclusive, "NFT_MSG_NEWSET", name, family);
        batch.Put(1, table);
        batch.Put(2, name);
        batch.PutNetworkOrder(3, flags);
        batch.PutNetworkOrder(4, keyType);
        batch.PutNetworkOrder(5, keyLength);
        batch.PutNetworkOrder(10, id);
    }

    internal static void NewChain(NetlinkBatch batch, string table, string name, string type, uint hook, int priority, byte family = NFPROTO_INET)
    {
        Begin(batch, NFT_MSG_NEWCHAIN, NetlinkFlags.Create | NetlinkFlags.Exclusive, "NFT_MSG_NEWCHAIN", name, family);
        batch.Put(1, table);
        batch.Put(3, name);
        using (batch.Nested(4))
        {
            batch.PutNetworkOrder(1, hook);
            batch.PutNetworkOrder(2, (uint)priority);
        }

        batch.PutNetworkOrder(5, 1); // NF_ACCEPT
        batch.Put(7, type);
    }

    /// <summary>Begins a rule at the end of a chain; the expressions put until the result is disposed are its.</summary>
    internal static ListScope NewRule(NetlinkBatch batch, string table, string chain, byte family = NFPROTO_INET)
    {
        Begin(batch, NFT_MSG_NEWRULE, NetlinkFlags.Create | NetlinkFlags.Append, "NFT_MSG_NEWRULE", chain, family);
        batch.Put(1, table);
        batch.Put(2, chain);
        return new ListScope(batch.Nested(4));
    }

    /// <summary>
    /// Begins a message with elements of one set or map; those put by <see cref="Element"/> until the result is disposed are its.
    /// The list's length has 16 bits: <see cref="ElementsPerMessage"/> fit in any case.
    /// </summary>
    /// <param name="batch">Where to.</param>
    /// <param name="add">Whether to add them, each of which must be new unless <paramref name="exclusive"/> is false; else they are removed, and each must be there.</param>
    /// <param name="table">The table's name.</param>
    /// <param name="set">The set's or map's name.</param>
    /// <param name="subject">What it is about, for an error.</param>
    /// <param name="family">NFPROTO_*.</param>
    /// <param name="exclusive">Whether one that is there already is an error.</param>
    internal static ListScope Elements(NetlinkBatch batch, bool add, string table, string set, string subject, byte family = NFPROTO_INET, bool exclusive = true)
    {
        Begin(
            batch,
            add ? NFT_MSG_NEWSETELEM : NFT_MSG_DELSETELEM,
            (add, exclusive) switch { (false, _) => 0, (true, true) => NetlinkFlags.Create | NetlinkFlags.Exclusive, _ => NetlinkFlags.Create },
            add ? "NFT_MSG_NEWSETELEM" : "NFT_MSG_DELSETELEM",
            subject,
            family);
        batch.Put(1, table);
        batch.Put(2, set);
        return new ListScope(batch.Nested(3));
    }

    /// <param name="batch">Where to.</param>
    /// <param name="key">The key, each part of a concatenation in whole registers.</param>
    /// <param name="data">The value that a map has for it; empty for a set and when it is removed.</param>
    internal static void Element(NetlinkBatch batch, ReadOnlySpan<byte> key, ReadOnlySpan<byte> data)
    {
        using var element = batch.Nested(ListElement);
        using (batch.Nested(1))
        {
            batch.Put(DataValue, key);
        }

        if (data.Length > 0)
        {
            using var value = batch.Nested(2);
            batch.Put(DataValue, data);
        }
    }

    internal static void Meta(NetlinkBatch batch, uint key, uint register) => Expression(batch, "meta", register, key);

    internal static void Payload(NetlinkBatch batch, uint register, uint from, uint offset, uint length) =>
        Expression(batch, "payload", register, from, offset, length);

    /// <summary>Writes a register into the packet, and leaves its checksums as they are.</summary>
    internal static void WritePayload(NetlinkBatch batch, uint register, uint to, uint offset, uint length) =>
        Expression(batch, "payload", NoAttribute, to, offset, length, register, 0);

    /// <summary>Puts bytes into a register.</summary>
    internal static void Load(NetlinkBatch batch, uint register, ReadOnlySpan<byte> value)
    {
        using var element = batch.Nested(ListElement);
        batch.Put(1, "immediate");
        using var data = batch.Nested(2);
        batch.PutNetworkOrder(1, register);
        using var loaded = batch.Nested(2);
        batch.Put(DataValue, value);
    }

    /// <summary>The kind of the destination address: 2 is one of this host's.</summary>
    internal static void DestinationType(NetlinkBatch batch, uint register) => Expression(batch, "fib", register, 3, 2);

    /// <summary>Goes on only if the connection's state has one of these flags.</summary>
    internal static void ConnectionStateHas(NetlinkBatch batch, uint flags) => ConnectionHas(batch, 0, flags);

    /// <summary>Goes on only if the connection's status has one of these flags.</summary>
    internal static void ConnectionStatusHas(NetlinkBatch batch, uint flags) => ConnectionHas(batch, 2, flags);

    /// <summary>How far into its packet an IPv6 fragment is, in network order; goes on only for a fragment.</summary>
    internal static void FragmentOffset(NetlinkBatch batch, uint register)
    {
        using var element = batch.Nested(ListElement);
        batch.Put(1, "exthdr");
        using var data = batch.Nested(2);
        batch.PutNetworkOrder(1, register);
        batch.Put(2, (byte)44); // IPPROTO_FRAGMENT
        batch.PutNetworkOrder(3, 2);
        batch.PutNetworkOrder(4, 2);
    }

    internal static void DestinationNat(NetlinkBatch batch, uint family, uint address, uint port) =>
        Expression(batch, "nat", 1, family, address, NoAttribute, port);

    internal static void Masquerade(NetlinkBatch batch) => Expression(batch, "masq");

    /// <summary>Puts what a map has for a key into registers; goes on only if it has the key.</summary>
    internal static void Lookup(NetlinkBatch batch, string map, uint id, uint source, uint destination)
    {
        using var element = batch.Nested(ListElement);
        batch.Put(1, "lookup");
        using var data = batch.Nested(2);
        batch.Put(1, map);
        batch.PutNetworkOrder(2, source);
        batch.PutNetworkOrder(3, destination);
        batch.PutNetworkOrder(4, id);
    }

    /// <summary>Goes on only if a set has the key, or has it not.</summary>
    internal static void IsIn(NetlinkBatch batch, string set, uint id, uint source, bool isIn = true)
    {
        using var element = batch.Nested(ListElement);
        batch.Put(1, "lookup");
        using var data = batch.Nested(2);
        batch.Put(1, set);
        batch.PutNetworkOrder(2, source);
        batch.PutNetworkOrder(4, id);
        if (!isIn)
        {
            batch.PutNetworkOrder(5, 1); // NFT_LOOKUP_F_INV
        }
    }

    internal static void Compare(NetlinkBatch batch, uint register, uint operation, ReadOnlySpan<byte> value)
    {
        using var element = batch.Nested(ListElement);
        batch.Put(1, "cmp");
        using var data = batch.Nested(2);
        batch.PutNetworkOrder(1, register);
        batch.PutNetworkOrder(2, operation);
        using var compared = batch.Nested(3);
        batch.Put(DataValue, value);
    }

    /// <summary>register &amp;= mask.</summary>
    internal static void Mask(NetlinkBatch batch, uint register, ReadOnlySpan<byte> mask)
    {
        Span<byte> zero = stackalloc byte[mask.Length];
        zero.Clear();
        using var element = batch.Nested(ListElement);
        batch.Put(1, "bitwise");
        using var data = batch.Nested(2);
        batch.PutNetworkOrder(1, register);
        batch.PutNetworkOrder(2, register);
        batch.PutNetworkOrder(3, (uint)mask.Length);
        using (batch.Nested(4))
        {
            batch.Put(DataValue, mask);
        }

        using var exclusive = batch.Nested(5);
        batch.Put(DataValue, zero);
    }

    internal static void Drop(NetlinkBatch batch) => Verdict(batch, 0);

    /// <summary>Ends this chain; others that hook in later are asked too, and may drop.</summary>
    internal static void Accept(NetlinkBatch batch) => Verdict(batch, 1);

    internal static void FamilyIs(NetlinkBatch batch, int family)
    {
        Meta(batch, MetaFamily, R0);
        Compare(batch, R0, CmpEqual, [(byte)family]);
    }

    /// <summary>Compares the group of the interface that a packet comes in by.</summary>
    internal static void GroupIs(NetlinkBatch batch, uint operation, uint group)
    {
        Meta(batch, MetaIifGroup, R0);
        Compare(batch, R0, operation, BitConverter.GetBytes(group));
    }

    /// <summary>Compares an interface's name, in its 16 bytes.</summary>
    internal static void InterfaceIs(NetlinkBatch batch, uint key, uint operation, string name)
    {
        Span<byte> value = stackalloc byte[16];
        value.Clear();
        Encoding.UTF8.GetBytes(name, value);
        Meta(batch, key, R0);
        Compare(batch, R0, operation, value);
    }

    /// <summary>Compares the kind of an interface, such as bridge; one without a kind, such as a network card, ends the rule.</summary>
    internal static void KindIs(NetlinkBatch batch, uint key, string kind) => InterfaceIs(batch, key, CmpEqual, kind);

    private static void Verdict(NetlinkBatch batch, uint code)
    {
        using var element = batch.Nested(ListElement);
        batch.Put(1, "immediate");
        using var data = batch.Nested(2);
        batch.PutNetworkOrder(1, 0); // NFT_REG_VERDICT
        using var value = batch.Nested(2);
        using var verdict = batch.Nested(2);
        batch.PutNetworkOrder(1, code);
    }

    private static void ConnectionHas(NetlinkBatch batch, uint key, uint flags)
    {
        Expression(batch, "ct", R0, key);
        Mask(batch, R0, BitConverter.GetBytes(flags));
        Compare(batch, R0, CmpNotEqual, BitConverter.GetBytes(0));
    }

    private static void Control(NetlinkBatch batch, ushort type, string operation)
    {
        batch.Begin(type, 0, operation);
        batch.Put(new NfGenMsg { ResourceHigh = 0, ResourceLow = (byte)Subsystem });
    }

    /// <summary>An expression whose attributes are numbers, the first being attribute 1.</summary>
    private static void Expression(NetlinkBatch batch, string name, params ReadOnlySpan<uint> attributes)
    {
        using var element = batch.Nested(ListElement);
        batch.Put(1, name);
        using var data = batch.Nested(2);
        for (var i = 0; i < attributes.Length; i++)
        {
            if (attributes[i] != NoAttribute)
            {
                batch.PutNetworkOrder((ushort)(i + 1), attributes[i]);
            }
        }
    }

    /// <summary>struct nfgenmsg; the resource id is in network order.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct NfGenMsg
    {
        internal byte Family;
        internal byte Version;
        internal byte ResourceHigh;
        internal byte ResourceLow;
    }

    /// <summary>The open list of a rule's expressions, or of a set's elements.</summary>
    internal readonly ref struct ListScope
    {
        private readonly NetlinkBatch.Nest nest;

        internal ListScope(NetlinkBatch.Nest nest) => this.nest = nest;

        public void Dispose() => nest.Dispose();
    }
}
