using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Peapod.Kernel;
using Peapod.Kernel.Files;
using Peapod.Kernel.Interop;
using Tmds.Linux;

namespace Peapod.Pod.Volumes;

/// <summary>
/// Writes the files of a volume so that its readers see the old ones or the new ones, never some of both, as the kubelet lays them out:
/// the files are in a folder <c>..TIME</c>, the link <c>..data</c> leads to it, and each name in the volume is a link through that. New
/// files are a new folder, and one rename(2) of <c>..data</c>.
///
/// A container may have put anything into the volume (CVE-2025-9566 of podman: a key replaced by a link to a file of the host). So nothing
/// that is there is followed: folders are made here and held by descriptors, files in them are always new, links are read but not walked,
/// and what is in the way is removed by its name in the volume.
/// </summary>
internal static unsafe class AtomicWriter
{
    private const string Data = "..data";
    private const string NewData = "..data_tmp";

    private const uint FolderMode = 0x1ed; // 0755
    private const uint GroupOfFolder = 0x400 | 0x168; // 02550
    private const uint GroupOfFile = 0x120; // 0440

    /// <summary>More than the longest path of a key can have.</summary>
    private const int Deepest = 256;
    private const int Attempts = 100;

    /// <summary>Makes the volume hold these files and no others.</summary>
    /// <param name="path">The volume's folder; what is above it is ours alone.</param>
    /// <param name="files">By their paths in the volume, of which none is another one's folder.</param>
    /// <param name="mountPoints">Folders for others to be mounted on, by their paths in the volume.</param>
    /// <param name="group">Who may read them besides, or null.</param>
    /// <returns>Whether they were others before.</returns>
    internal static bool Write(string path, IReadOnlyDictionary<string, ProjectedFile> files, IReadOnlyList<string> mountPoints, uint? group)
    {
        using var volume = FileSystem.Open(path, Libc.O_RDONLY | Libc.O_DIRECTORY | Libc.O_NOFOLLOW);
        var folder = TryReadLink(volume, Data);
        var changed = folder is null || !IsFolderName(folder) || !Holds(volume, folder, files, group);
        if (changed)
        {
            SetOwner(volume, FolderMode, GroupOfFolder, group);
            folder = WriteFolder(volume, files, group);
            Turn(volume, folder);
        }

        var names = new HashSet<string>();
        foreach (var file in files.Keys)
        {
            var slash = file.IndexOf('/', StringComparison.Ordinal);
            if (names.Add(slash < 0 ? file : file[..slash]))
            {
                Link(volume, slash < 0 ? file : file[..slash]);
            }
        }

        var kept = new HashSet<string>(names);
        foreach (var mountPoint in mountPoints)
        {
            // A key of that name is there already, and is mounted on as it is; what begins with two dots is this writer's own.
            var first = mountPoint.Split('/')[0];
            if (!names.Contains(first) && !first.StartsWith("..", StringComparison.Ordinal))
            {
                MakeFolders(volume, mountPoint);
                kept.Add(first);
            }
        }

        foreach (var name in FileSystem.List(volume, path))
        {
            if (name != Data && name != folder && !kept.Contains(name))
            {
                Remove(volume, name);
            }
        }

        return changed;
    }

    private static bool IsFolderName(string name) => name.Length > 2 && name.StartsWith("..", StringComparison.Ordinal) && !name.Contains('/', StringComparison.Ordinal) && name != Data && name != NewData;

    /// <returns>Null when it is not there, or no link.</returns>
    private static string? TryReadLink(SafeFd volume, string name)
    {
        var buffer = stackalloc byte[512];
        var length = Libc.readlinkat(volume.Number, name, buffer, 512);
        return length is <= 0 or 512 ? null : Encoding.UTF8.GetString(buffer, (int)length);
    }

    /// <summary>Whether a folder has just these files, as they are to be.</summary>
    private static bool Holds(SafeFd volume, string folder, IReadOnlyDictionary<string, ProjectedFile> files, uint? group)
    {
        try
        {
            using var root = OpenFolder(volume, folder);
            foreach (var (path, file) in files)
            {
                if (!Holds(root, path, file, group))
                {
                    return false;
                }
            }

            return Count(root, 0) == files.Count;
        }
        catch (KernelException)
        {
            // Something is not what was written here: it is written anew.
            return false;
        }
    }

    private static bool Holds(SafeFd root, string path, ProjectedFile file, uint? group)
    {
        using var place = OpenBeneath(root, path);
        var status = FileSystem.Stat(place, path);
        if (status.Type != Libc.S_IFREG || status.Size != (ulong)file.Content.Length || (status.Mode & 0xfffu) != ModeOf(file.Mode, GroupOfFile, group)
            || status.Uid != 0 || status.Gid != (group ?? 0) || status.LinkCount != 1)
        {
            return false;
        }

        // Opened for reading only now that it is known to be a file, by the descriptor of what was looked at.
        using var readable = FileSystem.Open($"/proc/self/fd/{place.Number}", Libc.O_RDONLY);
        return FileSystem.ReadAllBytes(readable, path, file.Content.Length + 1).AsSpan().SequenceEqual(file.Content);
    }

    /// <summary>Everything in a folder that is no folder.</summary>
    private static int Count(SafeFd folder, int depth)
    {
        var count = 0;
        foreach (var name in FileSystem.List(folder))
        {
            using var entry = FileSystem.OpenAt(folder, name, Libc.O_PATH | Libc.O_NOFOLLOW);
            if (!FileSystem.Stat(entry, name).IsDirectory)
            {
                count++;
            }
            else if (depth < Deepest)
            {
                using var inner = OpenFolder(folder, name);
                count += Count(inner, depth + 1);
            }
            else
            {
                throw new KernelException("open", name, Errno.ENAMETOOLONG);
            }
        }

        return count;
    }

    private static string WriteFolder(SafeFd volume, IReadOnlyDictionary<string, ProjectedFile> files, uint? group)
    {
        var name = MakeFolder(volume);
        try
        {
            using var folder = OpenFolder(volume, name);
            foreach (var (path, file) in files)
            {
                WriteFile(folder, path, file, group);
            }

            SetOwner(folder, FolderMode, GroupOfFolder, group);
            return name;
        }
        catch
        {
            Remove(volume, name);
            throw;
        }
    }

    private static void MakeFolders(SafeFd volume, string path)
    {
        var parent = volume.Duplicate();
        try
        {
            foreach (var part in path.Split('/'))
            {
                if (!FileSystem.MakeDirectory(parent, part, FolderMode))
                {
                    using var found = FileSystem.OpenAt(parent, part, Libc.O_PATH | Libc.O_NOFOLLOW);
                    if (!FileSystem.Stat(found, part).IsDirectory)
                    {
                        Remove(parent, part);
                        FileSystem.MakeDirectory(parent, part, FolderMode);
                    }
                }

                var inner = OpenFolder(parent, part);
                parent.Dispose();
                parent = inner;
            }
        }
        finally
        {
            parent.Dispose();
        }
    }

    private static string MakeFolder(SafeFd volume)
    {
        while (true)
        {
            var name = $"..{DateTime.UtcNow.ToString("yyyy_MM_dd_HH_mm_ss.fffffff", CultureInfo.InvariantCulture)}";
            if (FileSystem.MakeDirectory(volume, name, 0x1c0))
            {
                return name;
            }
        }
    }

    private static void WriteFile(SafeFd folder, string path, ProjectedFile file, uint? group)
    {
        var parts = path.Split('/');
        var parent = folder.Duplicate();
        try
        {
            foreach (var part in parts.AsSpan(0, parts.Length - 1))
            {
                var made = FileSystem.MakeDirectory(parent, part, 0x1c0);
                var inner = OpenFolder(parent, part);
                parent.Dispose();
                parent = inner;
                if (made)
                {
                    SetOwner(parent, FolderMode, GroupOfFolder, group);
                }
            }

            using var target = FileSystem.OpenAt(parent, parts[^1], Libc.O_WRONLY | Libc.O_CREAT | Libc.O_EXCL | Libc.O_NOFOLLOW, 0x180);
            FileSystem.Write(target, file.Content, path);
            SetOwner(target, file.Mode, GroupOfFile, group);
        }
        finally
        {
            parent.Dispose();
        }
    }

    /// <summary>Makes <c>..data</c> lead to the folder, in one step.</summary>
    private static void Turn(SafeFd volume, string folder)
    {
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            Remove(volume, NewData);
            if (Libc.symlinkat(folder, volume.Number, NewData) == 0 && Libc.renameat(volume.Number, NewData, volume.Number, Data) == 0)
            {
                return;
            }

            var error = (Errno)Marshal.GetLastPInvokeError();
            if (error is Errno.EISDIR or Errno.ENOTEMPTY)
            {
                Remove(volume, Data);
            }
            else if (error is not (Errno.EEXIST or Errno.ENOENT))
            {
                throw new KernelException("rename", Data, error);
            }
        }

        throw new KernelException("rename", Data, Errno.EBUSY);
    }

    /// <summary>Makes a name in the volume a link to what <c>..data</c> has under it.</summary>
    private static void Link(SafeFd volume, string name)
    {
        var target = $"{Data}/{name}";
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            if (TryReadLink(volume, name) == target)
            {
                return;
            }

            Remove(volume, name);
            if (Libc.symlinkat(target, volume.Number, name) != 0 && KernelException.Last("symlink", name) is { Error: not Errno.EEXIST } error)
            {
                throw error;
            }
        }

        throw new KernelException("symlink", name, Errno.EBUSY);
    }

    private static void Remove(SafeFd volume, string name) => FileTree.Remove(volume, [.. Encoding.UTF8.GetBytes(name), 0], name);

    private static SafeFd OpenFolder(SafeFd parent, string name) => FileSystem.OpenAt(parent, name, Libc.O_RDONLY | Libc.O_DIRECTORY | Libc.O_NOFOLLOW);

    /// <summary>A path without links, below a folder.</summary>
    private static SafeFd OpenBeneath(SafeFd root, string path) => SafeFd.Check(
        Libc.openat2(root.Number, path, new open_how
        {
            flags = (ulong)(Libc.O_PATH | Libc.O_NOFOLLOW | Libc.O_CLOEXEC),
            resolve = Libc.RESOLVE_BENEATH | Libc.RESOLVE_NO_SYMLINKS | Libc.RESOLVE_NO_XDEV,
        }),
        "openat2",
        path);

    private static uint ModeOf(uint mode, uint ofGroup, uint? group) => mode | (group is null ? 0 : ofGroup);

    /// <summary>Owner before mode: who gives a file away loses its set-user-ID bit.</summary>
    private static void SetOwner(SafeFd file, uint mode, uint ofGroup, uint? group)
    {
        KernelException.Check(Libc.fchown(file.Number, 0, group ?? 0), "fchown");
        KernelException.Check(Libc.fchmod(file.Number, ModeOf(mode, ofGroup, group)), "fchmod");
    }
}
