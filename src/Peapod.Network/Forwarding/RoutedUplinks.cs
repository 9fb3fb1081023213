using Peapod.Kernel.Interop;

namespace Peapod.Network.Forwarding;

/// <summary>
/// The links by which the host forwards only because Peapod let it, for the answers that pods get and for published ports. A neighbour
/// there must not find a router: what else comes in by them to be forwarded is dropped, as the kernel did before.
/// </summary>
/// <param name="Links">The address family, and the name of a link or null for every link: IPv6 before Linux 6.17.</param>
internal sealed record RoutedUplinks(IReadOnlyList<(int Family, string? Name)> Links)
{
    public override string ToString() => string.Concat(Links.Select(link => $" {(link.Family == Libc.AF_INET ? "4" : "6")}:{link.Name ?? "*"}"));
}
