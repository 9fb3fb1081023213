using Peapod.Kernel;
using Peapod.Kernel.Files;
using Peapod.Kernel.Interop;
using Peapod.Pod.Objects;

namespace Peapod.Pod.Layout;

/// <summary>
/// What must survive a reboot, which empties a pod's folder: a copy of the manifest, the status and what was decided about the pod, beside its logs and
/// volumes. The supervisor writes it; a command only when the pod has none.
/// </summary>
public static class PodRecord
{
    private const uint PrivateFile = 0x180; // 0600
    private const string Manifest = "manifest.json";
    private const string BeforeStop = "before-stop.json";

    private static readonly string[] Files = [Manifest, "status.json", "wishes.json", "allowed-sysctls", "pids-limit", "log-level", "runtime.json", "source"];

    private static string FolderOf(PodFolders folders) => $"{folders.Data}/record";

    /// <summary>Copies the files that have changed, durably.</summary>
    /// <exception cref="KernelException">A disk that is full, mostly; what was there before is as it was.</exception>
    public static void Keep(PodFolders folders)
    {
        ArgumentNullException.ThrowIfNull(folders);
        FileSystem.MakeDirectory(FolderOf(folders), PodFolders.PrivateFolder);
        using var record = FileSystem.OpenDirectory(FolderOf(folders));
        foreach (var file in Files)
        {
            var kept = FileSystem.TryReadBytes(record, file);
            if (PodFolders.TryRead($"{folders.Run}/{file}") is not { } content)
            {
                FileSystem.Remove(record, file, 0);
            }
            else if (!content.AsSpan().SequenceEqual(kept))
            {
                FileSystem.Replace(record, file, content, PrivateFile, durably: true);
            }
        }
    }

    /// <summary>Whether there is a record of a pod that was made whole.</summary>
    internal static bool IsThere(PodFolders folders) => FileSystem.TryStat($"{FolderOf(folders)}/{Manifest}", followSymlinks: false) is { } file && file.Type == Libc.S_IFREG;

    /// <summary>Makes the pod's folder anew from the record; one that is there is left alone.</summary>
    internal static void Restore(PodFolders folders)
    {
        // Whole or not at all: whoever is killed meanwhile leaves a name that is no pod's.
        var half = $"{folders.Host.PodsRoot}/.{folders.Key[..Math.Min(folders.Key.Length, 200)]}";
        FileTree.Remove(half);
        FileSystem.MakeDirectory(half, PodFolders.PrivateFolder);
        using (var target = FileSystem.OpenDirectory(half))
        {
            foreach (var file in Files)
            {
                if (PodFolders.TryRead($"{FolderOf(folders)}/{file}") is { } content)
                {
                    FileSystem.Replace(target, file, content, PrivateFile);
                }
            }
        }

        KernelException.Check(Libc.renameat(Libc.AT_FDCWD, half, Libc.AT_FDCWD, folders.Run), "rename", folders.Run);
    }

    /// <summary>Nothing comes back from it any more: the first step of a removal.</summary>
    internal static void Remove(PodFolders folders) => FileTree.Remove(FolderOf(folders));

    /// <summary>Writes down what ran when the pod was stopped, to be started again with the host; null takes that back.</summary>
    public static void WriteBeforeStop(PodFolders folders, PodStatus? status)
    {
        ArgumentNullException.ThrowIfNull(folders);
        if (FileSystem.TryStat(status is null ? FolderOf(folders) : folders.Data) is null)
        {
            return;
        }

        // The supervisor may not have written its record yet.
        FileSystem.MakeDirectory(FolderOf(folders), PodFolders.PrivateFolder);
        using var record = FileSystem.OpenDirectory(FolderOf(folders));
        if (status is null)
        {
            FileSystem.Remove(record, BeforeStop, 0);
        }
        else
        {
            FileSystem.Replace(record, BeforeStop, status.ToJson(), PrivateFile, durably: true);
        }
    }

    /// <summary>The pod's status when it was stopped to be started again with the host; null for one that was not.</summary>
    /// <exception cref="DamagedStateException">It cannot be read.</exception>
    public static PodStatus? TryReadBeforeStop(PodFolders folders)
    {
        ArgumentNullException.ThrowIfNull(folders);
        return StateFile.TryRead($"{FolderOf(folders)}/{BeforeStop}", static json => PodStatus.Parse(json), folders.Removal);
    }
}
