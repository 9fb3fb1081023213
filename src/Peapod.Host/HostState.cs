using System.Globalization;
using Peapod.Kernel;
using Peapod.Kernel.Files;

namespace Peapod.Host;

/// <summary>
/// The folder of what a host has once, however many run roots and faces of Peapod use it: addresses, host ports, ranges of ids, and what a sysctl was
/// before it was changed. A reboot empties it, as it ends what the folder describes.
/// </summary>
public static class HostState
{
    public const string Folder = "/run/peapod-host";

    private const string Namespace = "/proc/thread-self/ns/net";

    /// <summary>
    /// Leases and records of a bridge's network. A bridge belongs to a network namespace, so runtimes in two of them do not share one by its name.
    /// </summary>
    public static string NetworkOf(string bridge)
    {
        var ns = FileSystem.TryStat(Namespace) ?? throw new KernelException("stat", Namespace, Errno.ENOENT);
        return $"{Folder}/networks/{ns.Inode.ToString(CultureInfo.InvariantCulture)}/{bridge}";
    }

    internal static string Ids => $"{Folder}/ids";
}
