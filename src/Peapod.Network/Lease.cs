using System.Net;

namespace Peapod.Network;

/// <summary>What a pod has been given, kept on disk until it is released.</summary>
/// <param name="PodId">Whose it is.</param>
/// <param name="HostPart">The number of the address in its subnet, the same for IPv4 and IPv6.</param>
/// <param name="IPv4">The IPv4 address.</param>
/// <param name="IPv6">The IPv6 address, or null when the network has none.</param>
/// <param name="Ports">The host's ports that lead to the pod.</param>
public sealed record Lease(string PodId, uint HostPart, IPAddress IPv4, IPAddress? IPv6, IReadOnlyList<PortMapping> Ports);
