using System.Globalization;
using System.Text;
using Peapod.Kernel.Files;
using Peapod.Pod.Layout;

namespace Peapod.Pod.Sandbox;

/// <summary>
/// How many processes and threads a pod may have in all (--pod-pids-limit; the kubelet's podPidsLimit). The pod API has no field for it; kept
/// beside the manifest.
/// </summary>
public static class PidsLimit
{
    public static void Write(PodFolders folders, long limit) => folders.Write(folders.PidsLimit, Encoding.UTF8.GetBytes(limit.ToString(CultureInfo.InvariantCulture)));

    /// <summary>Null when there is none.</summary>
    /// <exception cref="DamagedStateException">It cannot be read any more.</exception>
    internal static long? Read(PodFolders folders) => FileSystem.TryReadText(folders.PidsLimit) is not { } text ? null
        : long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var limit) ? limit
        : throw new DamagedStateException(folders.PidsLimit, "it holds no number", folders.Removal);
}
