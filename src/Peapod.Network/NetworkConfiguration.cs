using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace Peapod.Network;

/// <summary>One pod network of a host: its bridge, its subnets and where its leases are.</summary>
public sealed record NetworkConfiguration
{
    private const int LongestInterfaceName = 15;

    /// <summary>The bridge's name, at most 15 bytes.</summary>
    public string Bridge { get; init; } = "peapod0";

    /// <summary>The pods' IPv4 subnet, from /8 to /29. The first address is the gateway's, the last is the broadcast address.</summary>
    public IPNetwork IPv4Subnet { get; init; } = new(new IPAddress([10, 85, 0, 0]), 16);

    /// <summary>The pods' IPv6 subnet, a /64; null for a network without IPv6. The default is a unique local prefix (RFC 4193) that spells peapod.</summary>
    public IPNetwork? IPv6Subnet { get; init; } = new(
        new IPAddress([0xfd, 0x85, 0x70, 0x65, 0x61, 0x70, 0x6f, 0x64, 0, 0, 0, 0, 0, 0, 0, 0]), 64);

    /// <summary>Bytes of the largest packet; null for that of the interface of the default route.</summary>
    public int? Mtu { get; init; }

    /// <summary>The name of the nftables tables, one of the family inet and one of the family bridge.</summary>
    public string Table { get; init; } = "peapod";

    /// <summary>
    /// The folder of the leases; made when it is missing. In /run by default: leases outlive every process but not the host, for no pod does,
    /// and writing them there takes 0.1 ms where a disk's journal takes 0.7 ms.
    /// </summary>
    public string DataFolder { get; init; } = "/run/peapod-pod/network";

    /// <summary>The first address of the IPv4 subnet.</summary>
    public IPAddress IPv4Gateway => IPv4Address(1);

    /// <summary>The first address of the IPv6 subnet.</summary>
    public IPAddress? IPv6Gateway => IPv6Address(1);

    internal uint FirstPod => 2;

    /// <summary>The last number that is not the broadcast address.</summary>
    internal uint LastPod => (uint)((1UL << (32 - IPv4Subnet.PrefixLength)) - 2);

    /// <exception cref="NetworkException">A value that cannot be, named.</exception>
    public void Validate()
    {
        ValidateName("bridge", Bridge);
        ValidateName("table", Table);
        if (IPv4Subnet.BaseAddress.AddressFamily != AddressFamily.InterNetwork)
        {
            throw new NetworkException($"network: the IPv4 subnet is \"{IPv4Subnet}\", which is not IPv4");
        }

        if (IPv4Subnet.PrefixLength is < 8 or > 29)
        {
            throw new NetworkException($"network: the IPv4 subnet {IPv4Subnet} must have a prefix length from 8 to 29");
        }

        if (IPv6Subnet is { } subnet && (subnet.BaseAddress.AddressFamily != AddressFamily.InterNetworkV6 || subnet.PrefixLength != 64))
        {
            throw new NetworkException($"network: the IPv6 subnet {subnet} must be an IPv6 /64");
        }

        if (Mtu is < 1280 or > 65535)
        {
            throw new NetworkException($"network: the MTU is {Mtu}, but must be from 1280 to 65535 bytes");
        }

        if (!DataFolder.StartsWith('/'))
        {
            throw new NetworkException($"network: the data folder \"{DataFolder}\" must be an absolute path");
        }
    }

    internal IPAddress IPv4Address(uint hostPart)
    {
        Span<byte> bytes = stackalloc byte[4];
        IPv4Subnet.BaseAddress.TryWriteBytes(bytes, out _);
        BinaryPrimitives.WriteUInt32BigEndian(bytes, BinaryPrimitives.ReadUInt32BigEndian(bytes) + hostPart);
        return new IPAddress(bytes);
    }

    internal IPAddress? IPv6Address(uint hostPart)
    {
        if (IPv6Subnet is not { } subnet)
        {
            return null;
        }

        Span<byte> bytes = stackalloc byte[16];
        subnet.BaseAddress.TryWriteBytes(bytes, out _);
        BinaryPrimitives.WriteUInt32BigEndian(bytes[12..], hostPart);
        return new IPAddress(bytes);
    }

    private static void ValidateName(string what, string name)
    {
        if (name.Length is 0 or > LongestInterfaceName || name is "." or ".." or "all" or "default" || name.Contains('%'))
        {
            throw new NetworkException($"network: the {what} name \"{name}\" must have 1 to {LongestInterfaceName} characters and mean nothing else");
        }

        foreach (var character in name)
        {
            if (!char.IsAsciiLetterOrDigit(character) && character is not ('-' or '_' or '.'))
            {
                throw new NetworkException($"network: the {what} name \"{name}\" may have letters, digits, '-', '_' and '.' only");
            }
        }
    }
}
