using System.Globalization;
using Peapod.Kernel.Files;
using Peapod.Pod.Layout;

namespace Peapod.Pod.Sandbox;

/// <summary>
/// How many processes and threads a pod may have in all (--pod-pids-limit; the kubelet's podPidsLimit). The pod API has no field for it; kept
/// beside the manifest.
/// </summary>
public static class PidsLimit
{
    public static void Write(PodFolders folders, long limit) => folders.Write(folders.PidsLimit, WholeText.Format(limit.ToString(CultureInfo.InvariantCulture)));

    /// <summary>Null when there is none.</summary>
    /// <exception cref="DamagedStateException">It cannot be read any more.</exception>
    internal static long? Read(PodFolders folders)
    {
        try
        {
            return WholeText.TryRead(folders.PidsLimit) is { } text ? long.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture) : null;
        }
        catch (Exception e) when (e is FormatException or OverflowException)
        {
            throw new DamagedStateException(folders.PidsLimit, "it holds no number", folders.Removal, e);
        }
    }
}
