using System.Globalization;
using Peapod.Kernel.Namespaces;

namespace Peapod.Host;

/// <summary>
/// The folder of what a host has once, however many run roots and faces of Peapod use it: addresses, host ports, ranges of ids, and what a sysctl was
/// before it was changed. A reboot empties it, as it ends what the folder describes.
/// </summary>
public static class HostState
{
    public const string Folder = "/run/peapod-host";

    /// <summary>
    /// Leases and records of a bridge's network. A bridge belongs to a network namespace, so runtimes in two of them do not share one by its name.
    /// </summary>
    public static string NetworkOf(string bridge) => $"{Folder}/networks/{NetworkCookie.OfThread().ToString(CultureInfo.InvariantCulture)}/{bridge}";

    internal static string Ids => $"{Folder}/ids";
}
