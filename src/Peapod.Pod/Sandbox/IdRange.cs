using System.Globalization;
using Peapod.Kernel;
using Peapod.Kernel.Files;
using Peapod.Kernel.Interop;
using Peapod.Oci;
using Peapod.Pod.Layout;

namespace Peapod.Pod.Sandbox;

/// <summary>
/// 65,536 ids of the host that a pod with a user namespace has for its own: no other pod has them, and no account of the host should
/// (see subuid(5)). The lease is a symlink in a folder that a reboot empties, made in one step, named by the range and leading to the pod's key.
/// </summary>
internal sealed record IdRange(uint First)
{
    internal const uint Size = 65536;

    /// <summary>Below are accounts, their subordinate ids and systemd's ranges; above, an id would be negative to programs that take it for an int.</summary>
    internal const uint Lowest = 1 << 30;

    private const int Ranges = (int)((0x80000000 - Lowest) / Size);

    internal IReadOnlyList<LinuxIdMapping> Mappings => [new LinuxIdMapping { ContainerID = 0, HostID = First, Size = Size }];

    /// <summary>The pod's range, taken now if it has none.</summary>
    /// <exception cref="PodException">All ranges are taken.</exception>
    internal static IdRange Take(PodFolders folders)
    {
        if (Find(folders) is { } had)
        {
            return had;
        }

        var root = Root(folders);
        FileSystem.MakeDirectories(root, PodFolders.PrivateFolder);
        using var held = FileLock.AcquireDirectory(root);

        // Begun where the key says, so that a range does not go from one pod to the next at once.
        var start = (int)(Hash(folders.Key) % (uint)Ranges);
        for (var i = 0; i < Ranges; i++)
        {
            var number = (start + i) % Ranges;
            if (Libc.symlinkat(folders.Key, Libc.AT_FDCWD, $"{root}/{number.ToString(CultureInfo.InvariantCulture)}") == 0)
            {
                // What the pod remembers; without it the lease is found by its name.
                folders.Write(folders.IdRange, System.Text.Encoding.ASCII.GetBytes(number.ToString(CultureInfo.InvariantCulture)));
                return new IdRange(Lowest + ((uint)number * Size));
            }

            if (KernelException.Last("symlink", root) is { Error: not Errno.EEXIST } error)
            {
                throw error;
            }
        }

        throw new PodException($"hostUsers: all {Ranges} ranges of ids are taken; see {root}");
    }

    /// <summary>The pod's range, or null when it has none.</summary>
    internal static IdRange? Find(PodFolders folders) => NumberOf(folders) is { } number ? new IdRange(Lowest + ((uint)number * Size)) : null;

    /// <summary>Gives the range back. Nothing there is no error.</summary>
    internal static void Release(PodFolders folders)
    {
        // Without a note of it: killed between the lease and the note.
        if ((NumberOf(folders) ?? Search(folders)) is { } number)
        {
            FileSystem.RemoveFile($"{Root(folders)}/{number.ToString(CultureInfo.InvariantCulture)}");
        }
    }

    /// <summary>By the note of it, or, when that is damaged, by the lease itself.</summary>
    private static int? NumberOf(PodFolders folders)
    {
        try
        {
            return FileSystem.TryReadText(folders.IdRange) is not { } text ? null
                : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && IsOf(folders, text) ? number
                : Search(folders);
        }
        catch (KernelException e) when (e.IsDamage)
        {
            return Search(folders);
        }
    }

    private static int? Search(PodFolders folders)
    {
        foreach (var name in FileSystem.TryStat(Root(folders)) is { IsDirectory: true } ? FileSystem.List(Root(folders)) : [])
        {
            if (int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && IsOf(folders, name))
            {
                return number;
            }
        }

        return null;
    }

    private static bool IsOf(PodFolders folders, string name)
    {
        try
        {
            return FileSystem.ReadLink($"{Root(folders)}/{name}") == folders.Key;
        }
        catch (KernelException e) when (e.Error is Errno.ENOENT or Errno.ENOTDIR || e.IsDamage)
        {
            return false;
        }
    }

    private static string Root(PodFolders folders) => $"{folders.Host.RunRoot}/ids";

    /// <summary>FNV-1a.</summary>
    private static uint Hash(string text)
    {
        var hash = 2166136261;
        foreach (var character in text)
        {
            hash = (hash ^ character) * 16777619;
        }

        return hash;
    }
}
