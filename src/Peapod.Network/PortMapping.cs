using System.Net;
using System.Net.Sockets;

namespace Peapod.Network;

/// <summary>A port of the host that leads to a port of the pod.</summary>
/// <param name="Protocol">TCP, UDP or SCTP.</param>
/// <param name="HostPort">1 to 65535.</param>
/// <param name="PodPort">1 to 65535.</param>
/// <param name="HostAddress">The host's address that the mapping is for; 0.0.0.0 is every IPv4 address, :: every IPv6 address, null both.</param>
public sealed record PortMapping(PortProtocol Protocol, int HostPort, int PodPort, IPAddress? HostAddress = null)
{
    internal bool IsIPv4 => HostAddress is null or { AddressFamily: AddressFamily.InterNetwork };

    internal bool IsIPv6 => HostAddress is null or { AddressFamily: AddressFamily.InterNetworkV6 };

    /// <summary>Whether every address of its families is meant.</summary>
    internal bool IsAnyAddress => HostAddress is null || HostAddress.Equals(IPAddress.Any) || HostAddress.Equals(IPAddress.IPv6Any);

    /// <summary>The protocol as nft and Kubernetes' ports write it, in lower case.</summary>
    internal string ProtocolName => Protocol switch
    {
        PortProtocol.Tcp => "tcp",
        PortProtocol.Udp => "udp",
        _ => "sctp",
    };

    /// <summary>Why no packet to an address of the host can be led to a pod; null when it can.</summary>
    public static string? WhyNot(IPAddress hostAddress)
    {
        Span<byte> bytes = stackalloc byte[16];
        hostAddress.TryWriteBytes(bytes, out _);
        return hostAddress switch
        {
            _ when hostAddress.Equals(IPAddress.IPv6Loopback) => "the kernel leads no packet from ::1 to a pod; use 127.0.0.1, which does the same",
            { IsIPv4MappedToIPv6: true } => $"must be written as the IPv4 address {hostAddress.MapToIPv4()}",
            { IsIPv6LinkLocal: true } => "the kernel forwards nothing between a link-local address and a pod",
            { IsIPv6Multicast: true } => "must be an address of this host, not a multicast address",
            { AddressFamily: AddressFamily.InterNetwork } when bytes[0] >= 224 => "must be an address of this host, not a multicast or broadcast address",
            { AddressFamily: AddressFamily.InterNetwork } when bytes[0] == 0 && !hostAddress.Equals(IPAddress.Any) => "must be an address of this host, which none in 0.0.0.0/8 is",
            _ => null,
        };
    }

    internal bool Overlaps(PortMapping other) =>
        Protocol == other.Protocol && HostPort == other.HostPort
        && ((IsIPv4 && other.IsIPv4) || (IsIPv6 && other.IsIPv6))
        && (IsAnyAddress || other.IsAnyAddress || HostAddress!.Equals(other.HostAddress));

    /// <summary>As it is kept in a lease: <c>tcp 8080 80 *</c>.</summary>
    internal string ToRecord() => $"{ProtocolName} {HostPort} {PodPort} {HostAddress?.ToString() ?? "*"}";

    internal static PortMapping? FromRecord(string line)
    {
        var fields = line.Split(' ');
        PortProtocol? protocol = fields[0] switch
        {
            "tcp" => PortProtocol.Tcp,
            "udp" => PortProtocol.Udp,
            "sctp" => PortProtocol.Sctp,
            _ => null,
        };
        IPAddress? address = null;
        return protocol is not null && fields.Length >= 4
            && int.TryParse(fields[1], out var hostPort) && int.TryParse(fields[2], out var podPort)
            && (fields[3] == "*" || IPAddress.TryParse(fields[3], out address))
            ? new PortMapping(protocol.Value, hostPort, podPort, address)
            : null;
    }
}
