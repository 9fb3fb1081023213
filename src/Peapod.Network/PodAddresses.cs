using System.Net;

namespace Peapod.Network;

/// <summary>A pod's place in the network.</summary>
/// <param name="IPv4">The pod's IPv4 address.</param>
/// <param name="IPv4PrefixLength">The length of its subnet's prefix.</param>
/// <param name="IPv4Gateway">The bridge's IPv4 address, the pod's default gateway.</param>
/// <param name="IPv6">The pod's IPv6 address, or null.</param>
/// <param name="IPv6Gateway">The bridge's IPv6 address, or null.</param>
/// <param name="HostInterface">The name of the host's end of the veth pair.</param>
public sealed record PodAddresses(
    IPAddress IPv4, int IPv4PrefixLength, IPAddress IPv4Gateway, IPAddress? IPv6, IPAddress? IPv6Gateway, string HostInterface);
