using System.Globalization;
using Peapod.Kernel;
using Peapod.Kernel.Files;
using Peapod.Kernel.Interop;

namespace Peapod.Container.Spawning;

/// <summary>
/// Gives the pipes that stand for a process's standard streams to its user, so that it may reopen /dev/stdout, where init cannot: in a user
/// namespace, of which their owner is no user. What has a name on the host keeps its owner.
/// </summary>
internal static class StreamOwner
{
    private const long PipeFileSystem = 0x50495045;

    /// <param name="streams">The process's standard streams; those that are null are this process's.</param>
    /// <param name="pid">The process, in its user namespace by now.</param>
    /// <param name="user">Its user there.</param>
    internal static void Give(StandardStreams streams, int pid, uint user)
    {
        if (HostUser(FileSystem.ReadText($"/proc/{pid.ToString(CultureInfo.InvariantCulture)}/uid_map"), user) is not { } owner)
        {
            return;
        }

        Give(streams.Input?.Number ?? 0, owner);
        Give(streams.Output?.Number ?? 1, owner);
        Give(streams.Error?.Number ?? 2, owner);
    }

    /// <param name="map">The lines of uid_map, user_namespaces(7): first id inside, first outside, how many.</param>
    /// <returns>The user outside; null when the namespace has no such user.</returns>
    internal static uint? HostUser(string map, uint user)
    {
        foreach (var line in map.Split('\n'))
        {
            if (line.Split(' ', StringSplitOptions.RemoveEmptyEntries) is [var inside, var outside, var count]
                && uint.Parse(inside, CultureInfo.InvariantCulture) is var first && user >= first && user - first < uint.Parse(count, CultureInfo.InvariantCulture))
            {
                return uint.Parse(outside, CultureInfo.InvariantCulture) + (user - first);
            }
        }

        return null;
    }

    private static void Give(int stream, uint owner)
    {
        if (Libc.fstatfs(stream, out var status) == 0 && status.Type == PipeFileSystem)
        {
            KernelException.Check(Libc.fchown(stream, owner, uint.MaxValue), "fchown", "standard stream");
        }
    }
}
