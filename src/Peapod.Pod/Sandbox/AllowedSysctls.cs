using Peapod.Kernel.Files;
using Peapod.Pod.Layout;

namespace Peapod.Pod.Sandbox;

/// <summary>
/// The unsafe kernel parameters that whoever runs a pod lets it set (--allow-unsafe-sysctl). Kept beside the manifest, not in it: a manifest
/// cannot allow itself anything.
/// </summary>
public static class AllowedSysctls
{
    /// <param name="patterns">Names, or beginnings of names with a * behind them.</param>
    /// <exception cref="PodException">One that names a parameter of the host.</exception>
    public static void Check(IReadOnlyList<string> patterns)
    {
        foreach (var pattern in patterns)
        {
            var name = PodSysctls.Normalize(pattern.EndsWith('*') ? pattern[..^1] : pattern);
            if (PodSysctls.NamespaceOf(name) is null || name.Any(static character => character == '*' || char.IsControl(character)))
            {
                throw new PodException($"--allow-unsafe-sysctl {pattern}: not known to be namespaced: expected kernel.shm*, kernel.msg*, kernel.sem, fs.mqueue.*, net.*, or the name of one of them");
            }
        }
    }

    public static void Write(PodFolders folders, IReadOnlyList<string> patterns)
    {
        if (patterns.Count > 0)
        {
            folders.Write(folders.AllowedSysctls, WholeText.Format(string.Join('\n', patterns)));
        }
    }

    /// <exception cref="DamagedStateException">They cannot be read any more.</exception>
    internal static string[] Read(PodFolders folders)
    {
        try
        {
            return WholeText.TryRead(folders.AllowedSysctls)?.Split('\n') ?? [];
        }
        catch (FormatException e)
        {
            throw new DamagedStateException(folders.AllowedSysctls, e.Message, folders.Removal, e);
        }
    }
}
