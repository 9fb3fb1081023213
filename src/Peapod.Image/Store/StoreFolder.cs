using Peapod.Image.Layers;
using Peapod.Kernel;
using Peapod.Kernel.Files;
using Peapod.Kernel.Interop;

namespace Peapod.Image.Store;

/// <summary>
/// Where things lie under DATA/images, and the two locks that keep it whole.
/// <list type="bullet">
/// <item><c>lock</c>: held for the moment index.json is read, changed and renamed.</item>
/// <item><c>collect.lock</c>: shared by everyone who is about to refer to a blob or a layer (a load, a lease), exclusive for who removes some.
/// Whoever gets it exclusively knows that nobody is loading, so whatever lies in tmp was left by the dead.</item>
/// </list>
/// </summary>
internal sealed class StoreFolder(string path)
{
    internal const uint PrivateMode = 0x1c0;

    internal string Path => path;

    internal string Temporary => $"{path}/tmp";

    internal string Leases => $"{path}/leases";

    internal string Layers => $"{path}/layers/sha256";

    internal string Blobs => $"{path}/blobs/sha256";

    internal string Records => $"{path}/records/sha256";

    internal string VerifiedDiffIds => $"{path}/diffids/sha256";

    internal string Layer(Digest diffId) => $"{Layers}/{diffId.Hex}";

    internal string LayerTree(Digest diffId) => $"{Layers}/{diffId.Hex}/tree";

    internal string Blob(Digest digest) => $"{Blobs}/{digest.Hex}";

    internal string Record(Digest manifest) => $"{Records}/{manifest.Hex}";

    internal string Lease(string containerId) => $"{Leases}/{containerId}";

    internal FileLock LockTable() => FileLock.Acquire(Mended($"{path}/lock"));

    internal FileLock ShareContents() => FileLock.AcquireShared(Mended($"{path}/collect.lock"));

    /// <summary>
    /// For as long as somebody brings in a layer: another one who wants the same waits for it, as long as that takes. Two layers of the same first eight bytes wait
    /// for each other, too, which does no harm: whoever holds this lock waits for no other of its kind.
    /// </summary>
    internal FileLock LockLayer(Digest blob) =>
        FileLock.AcquireByte(Mended($"{path}/layers.lock"), (long)(ulong.Parse(blob.Hex.AsSpan(0, 16), System.Globalization.NumberStyles.HexNumber) >> 1), patience: int.MaxValue);

    internal FileLock? TryOwnContents() => FileLock.TryAcquire(Mended($"{path}/collect.lock"));

    internal bool Exists => FileSystem.TryStat($"{path}/oci-layout") is not null;

    /// <summary>Makes the store, or what of its folders somebody has removed.</summary>
    internal void Make()
    {
        if (Exists && Missing().Count == 0)
        {
            return;
        }

        FileSystem.MakeDirectories(path, PrivateMode);
        using var locked = LockTable();
        Missing().ForEach(static folder => FileSystem.MakeDirectories(folder, PrivateMode));
        using var directory = FileSystem.OpenDirectory(path);
        ReplaceDurably(directory, "oci-layout", """{"imageLayoutVersion":"1.0.0"}"""u8);
    }

    private List<string> Missing() => ((List<string>)[Blobs, Layers, Records, VerifiedDiffIds, Leases, Temporary]).FindAll(static folder => FileSystem.TryStat(folder) is null);

    /// <summary>A lock's file, having removed what took its place: nobody can hold that.</summary>
    private static string Mended(string file)
    {
        if (FileSystem.TryStat(file, followSymlinks: false) is { } found && found.Type != Libc.S_IFREG)
        {
            FileTree.Remove(file);
        }

        return file;
    }

    /// <summary>Removes the new files that a process killed in <see cref="Replace"/> had not renamed yet. Only for who owns the contents.</summary>
    internal void RemoveHalfWritten()
    {
        using var locked = LockTable();
        foreach (var folder in (ReadOnlySpan<string>)[path, Leases])
        {
            foreach (var name in FileSystem.List(folder))
            {
                if (name[0] == '.')
                {
                    FileSystem.RemoveFile($"{folder}/{name}");
                }
            }
        }
    }

    /// <summary>A folder of its own for one load, which must hold <see cref="ShareContents"/>.</summary>
    internal string MakeStaging()
    {
        var staging = $"{Temporary}/load-{Guid.NewGuid():N}";
        FileSystem.MakeDirectory(staging, PrivateMode);
        FileSystem.MakeDirectory($"{staging}/blobs", PrivateMode);
        FileSystem.MakeDirectory($"{staging}/layers", PrivateMode);
        FileSystem.MakeDirectory($"{staging}/diffids", PrivateMode);
        return staging;
    }

    /// <summary>Which diff id a packed layer of the store was found to have; null when unknown.</summary>
    internal Digest? DiffIdOf(Digest blob) => Digest.TryParse(LayerInfo.TryReadText($"{VerifiedDiffIds}/{blob.Hex}"), out var diffId) ? diffId : null;

    /// <summary>The layer is unpacked here, from this very blob, which is here too.</summary>
    internal UnpackedLayer? Find(Digest blob, long size, Digest diffId) =>
        DiffIdOf(blob) == diffId && FileSystem.TryStat(Blob(blob)) is { } status && (long)status.Size == size ? LayerInfo.TryRead(Layer(diffId)) : null;

    /// <summary>
    /// As <see cref="FileSystem.Replace"/>, but whoever is killed in it leaves no file: it has no name until it is whole. Between the old file and the new
    /// one there is none for a moment, so nobody may be reading. open(2), "O_TMPFILE".
    /// </summary>
    internal static void ReplaceUnnamed(SafeFd directory, string name, ReadOnlySpan<byte> data)
    {
        var fd = Libc.openat(directory.Number, ".", Libc.O_TMPFILE | Libc.O_WRONLY | Libc.O_CLOEXEC, 0x180);
        if (fd < 0)
        {
            // Not every file system has unnamed files.
            Replace(directory, name, data);
            return;
        }

        using var file = new SafeFd(fd);
        FileSystem.Write(file, data, name);
        FileTree.Remove(directory, [.. System.Text.Encoding.UTF8.GetBytes(name), 0], name);
        KernelException.Check(Libc.linkat(fd, "", directory.Number, name, Libc.AT_EMPTY_PATH), "link", name);
    }

    /// <summary>Takes one whole layer out of a staging folder, so that it is there whatever comes next. On disk before it has its name here.</summary>
    internal void Adopt(string staging, StagedLayer layer)
    {
        using (var folder = FileSystem.Open(staging, Libc.O_RDONLY | Libc.O_DIRECTORY))
        {
            KernelException.Check(Libc.syncfs(folder.Number), "syncfs", staging);
        }

        foreach (var (from, to, name) in ((string, string, Digest)[])[("layers", Layers, layer.DiffId), ("blobs", Blobs, layer.Blob), ("diffids", VerifiedDiffIds, layer.Blob)])
        {
            // Two layers may be the same, packed in two ways.
            if (FileSystem.TryStat($"{staging}/{from}/{name.Hex}") is not null)
            {
                Move($"{staging}/{from}", to, name.Hex);
            }
        }
    }

    /// <summary>Takes all that has a name out of a staging folder, which is on disk.</summary>
    internal void Adopt(string staging)
    {
        foreach (var (from, to) in ((string, string)[])[("layers", Layers), ("blobs", Blobs), ("diffids", VerifiedDiffIds)])
        {
            foreach (var name in FileSystem.List($"{staging}/{from}"))
            {
                if (name[0] != '.')
                {
                    Move($"{staging}/{from}", to, name);
                }
            }
        }
    }

    private static void Move(string from, string to, string name)
    {
        if (Libc.renameat(Libc.AT_FDCWD, $"{from}/{name}", Libc.AT_FDCWD, $"{to}/{name}") != 0)
        {
            // Someone who loaded the same layer at the same time was first; theirs is as good.
            var error = KernelException.Last("rename", $"{to}/{name}");
            if (error.Error is not (Errno.EEXIST or Errno.ENOTEMPTY))
            {
                throw error;
            }

            Mend($"{from}/{name}", $"{to}/{name}");
        }
    }

    /// <summary>A layer whose remarks cannot be read any more gets those of the same layer unpacked again.</summary>
    private static void Mend(string staged, string layer)
    {
        if (LayerInfo.TryRead(layer) is null && FileSystem.TryStat($"{staged}/{LayerInfo.FileName}") is not null)
        {
            FileTree.Remove($"{layer}/{LayerInfo.FileName}");
            KernelException.Check(Libc.renameat(Libc.AT_FDCWD, $"{staged}/{LayerInfo.FileName}", Libc.AT_FDCWD, $"{layer}/{LayerInfo.FileName}"), "rename", layer);
        }
    }

    /// <summary>As <see cref="FileSystem.Replace"/>, and on disk before the name changes.</summary>
    internal static void ReplaceDurably(SafeFd directory, string name, ReadOnlySpan<byte> data) => Replace(directory, name, data, durably: true);

    /// <summary>As <see cref="FileSystem.Replace"/>, for names as long as a name can be.</summary>
    internal static void Replace(SafeFd directory, string name, ReadOnlySpan<byte> data, bool durably = false)
    {
        var temporary = $".{Guid.NewGuid():N}";
        try
        {
            using (var file = FileSystem.OpenAt(directory, temporary, Libc.O_WRONLY | Libc.O_CREAT | Libc.O_EXCL, 0x180))
            {
                FileSystem.Write(file, data, name);
                if (durably)
                {
                    KernelException.Check(Libc.fsync(file.Number), "fsync", name);
                }
            }

            if (Libc.renameat(directory.Number, temporary, directory.Number, name) != 0)
            {
                var error = KernelException.Last("rename", name);
                if (error.Error != Errno.EISDIR)
                {
                    throw error;
                }

                // None of ours: a file does not take a directory's place.
                FileTree.Remove(directory, [.. System.Text.Encoding.UTF8.GetBytes(name), 0], name);
                KernelException.Check(Libc.renameat(directory.Number, temporary, directory.Number, name), "rename", name);
            }

            if (durably)
            {
                FileSystem.Sync(directory, name);
            }
        }
        catch
        {
            Libc.unlinkat(directory.Number, temporary, 0);
            throw;
        }
    }
}
