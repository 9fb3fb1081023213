using System.Text;
using Peapod.Kernel.Files;
using Peapod.Kernel.Interop;

namespace Peapod.Pod.Layout;

/// <summary>The file that a pod was made from, for people who look for what is wrong in it.</summary>
public static class ManifestSource
{
    /// <summary>Remembers it. Standard input and command lines are none.</summary>
    public static void Write(PodFolders folders, string file)
    {
        ArgumentNullException.ThrowIfNull(folders);
        if (FileSystem.TryStat(file) is { Type: Libc.S_IFREG })
        {
            folders.Write(FileOf(folders), Encoding.UTF8.GetBytes(Path.GetFullPath(file)));
        }
    }

    /// <summary>Its absolute path; null when it is not known.</summary>
    public static string? TryRead(PodFolders folders)
    {
        ArgumentNullException.ThrowIfNull(folders);
        return PodFolders.TryRead(FileOf(folders)) is { } path ? Encoding.UTF8.GetString(path) : null;
    }

    private static string FileOf(PodFolders folders) => $"{folders.Run}/source";
}
