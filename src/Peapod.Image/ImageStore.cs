using Peapod.Image.Documents;
using Peapod.Image.Layers;
using Peapod.Image.Sources;
using Peapod.Image.Store;
using Peapod.Kernel;
using Peapod.Kernel.Files;
using Peapod.Kernel.Interop;
using Peapod.Kernel.Terminals;

namespace Peapod.Image;

/// <summary>
/// The images of this host, under DATA/images: an OCI image layout (index.json, blobs) with every layer unpacked beside it, once.
/// No process owns it; any number may use it at a time, and one that is killed leaves at most a folder in tmp, which the next one removes.
/// Every failure a user can cause or mend is an <see cref="ImageException"/>.
/// </summary>
/// <param name="dataFolder">DATA, the folder that has or will have <c>images</c>.</param>
public sealed class ImageStore(string dataFolder = ImageStore.DefaultDataFolder)
{
    public const string DefaultDataFolder = "/var/lib/peapod";

    /// <summary>The fewest digits by which an image can be called.</summary>
    private const int ShortestId = 4;

    /// <summary>A lease's file is named so.</summary>
    private const int LongestContainerId = 255;

    private readonly StoreFolder store = new($"{dataFolder.TrimEnd('/')}/images");

    private Garbage Garbage => new(store, ReadOrTell, Damage);

    /// <summary>Brings in all images of an OCI image layout (a folder, or a tar archive of one) or of a <c>docker save</c> archive.</summary>
    /// <returns>The images, each with the names it has now.</returns>
    public IReadOnlyList<ContainerImage> Load(string path, LoadOptions? options = null)
    {
        try
        {
            return Stage(staging =>
            {
                using var folder = FileSystem.OpenDirectory(staging);
                using var source = ImageSource.Open(path, folder, (options ?? new()).Limits);
                return new ImageLoader(store, source, staging, options ?? new()).Stage();
            });
        }
        catch (KernelException error)
        {
            throw new ImageException($"cannot load \"{path}\": {error.Message}", error);
        }
        catch (IOException error)
        {
            throw new ImageException($"cannot load \"{path}\": it cannot be read to its end", error);
        }
    }

    /// <summary>Brings in the one image that a descriptor of a source leads to. What of its layers comes whole stays, even if the image does not.</summary>
    internal ContainerImage Add(ImageSource source, Descriptor descriptor, IReadOnlyList<string> names, LoadOptions options)
    {
        try
        {
            return Stage(staging => [new ImageLoader(store, source, staging, options with { KeepsLayers = true }).Stage(descriptor, names)])[0];
        }
        catch (KernelException error)
        {
            throw new ImageException($"cannot store {source.Path}: {error.Message}", error);
        }
    }

    /// <summary>Gives an image one more name, which moves from the image that had it.</summary>
    /// <param name="reference">As for <see cref="Resolve"/>.</param>
    /// <exception cref="ImageException">There is no such image, or the name has a digest.</exception>
    public void Tag(string reference, string name)
    {
        var given = ImageReference.Parse(name);
        if (given.Digest is not null)
        {
            throw new ImageException($"\"{given}\": an image can be given a name and a tag, not a digest");
        }

        store.Make();
        using var shared = store.ShareContents();
        using var locked = store.LockTable();
        var table = ReferenceTable.Read(store.Path);
        var entry = Find(table, reference);
        Add(table, entry, [given.Name]);
        Write(table);
    }

    /// <summary>The image's configuration, as it came. See the image specification, config.md.</summary>
    /// <exception cref="ImageException">The file is gone.</exception>
    public byte[] ReadConfiguration(ContainerImage image) => ReadDocument(image.Id);

    /// <summary>The image's manifest, as it came.</summary>
    /// <inheritdoc cref="ReadConfiguration"/>
    public byte[] ReadManifest(ContainerImage image) => ReadDocument(image.Digest);

    /// <summary>As long as it is held nothing is removed: whoever reads blobs finds them.</summary>
    internal IDisposable KeepContents()
    {
        store.Make();
        return store.ShareContents();
    }

    internal string BlobPath(Digest blob) => store.Blob(blob);

    /// <summary>Whether a name means this very manifest, or one of this very index, and the image is there.</summary>
    internal ContainerImage? TryFind(string name, Digest manifest)
    {
        var table = ReferenceTable.Read(store.Path);
        return table.Find(entry => entry.Name == name && entry.Manifest == manifest) is { } entry ? TryRead(table, entry.Manifest) : null;
    }

    /// <summary>The image of exactly this name; null when there is none.</summary>
    internal ContainerImage? TryFind(ImageReference name)
    {
        var table = ReferenceTable.Read(store.Path);
        return Named(table, name) is { } entry ? TryRead(table, entry.Manifest) : null;
    }

    /// <summary>Takes the sentence about a record or a lease that cannot be read any more, and keeps nothing from going on.</summary>
    public Action<string>? Damage { get; init; }

    /// <summary>All images, by name; those without one last.</summary>
    public IReadOnlyList<ContainerImage> List()
    {
        var table = ReferenceTable.Read(store.Path);
        return table.DistinctBy(entry => entry.Id).Select(entry => ReadOrTell(table, entry)).OfType<ContainerImage>()
            .OrderBy(image => image.Names.Count == 0).ThenBy(image => image.Names.Count == 0 ? "" : image.Names[0], StringComparer.Ordinal).ToList();
    }

    /// <summary>The image that a name, <c>name@sha256:…</c>, an id or the beginning of one means. Reads two small files.</summary>
    /// <exception cref="ImageException">There is none, or more than one.</exception>
    public ContainerImage Resolve(string reference)
    {
        while (true)
        {
            var table = ReferenceTable.Read(store.Path);
            var entry = Find(table, reference);
            if (TryRead(table, entry.Manifest) is { } image)
            {
                return image;
            }

            if (ReferenceTable.Read(store.Path).Contains(entry))
            {
                throw WithoutRecord(entry.Manifest);
            }
        }
    }

    /// <summary>
    /// Removes a name, and with its last name the image; given an id, all its names. What no other image and no container needs goes too.
    /// </summary>
    /// <param name="reference">As for <see cref="Resolve"/>.</param>
    /// <param name="layersInUse">Layers (<c>sha256:…</c>, diff ids) to be kept besides those that leases name.</param>
    public RemovedImage Remove(string reference, IReadOnlySet<string>? layersInUse = null)
    {
        var untagged = new List<string>();
        var deleted = new List<Digest>();
        using (store.Exists ? store.LockTable() : null)
        {
            var table = ReferenceTable.Read(store.Path);
            var entry = Find(table, reference);
            var byName = !IsFullId(reference) && ImageReference.TryParse(reference, out var parsed) && parsed!.Digest is null && entry.Name == parsed.Name;
            List<ReferenceEntry> gone = byName ? [entry] : table.Where(other => other.Id == entry.Id).ToList();
            table.RemoveAll(gone.Contains);
            untagged.AddRange(gone.Select(other => other.Name).OfType<string>());
            if (table.TrueForAll(other => other.Id != entry.Id))
            {
                deleted.Add(entry.Id);
            }

            Write(table);
        }

        CollectGarbage(layersInUse);
        return new(untagged, deleted);
    }

    /// <summary>
    /// Removes blobs and layers that no image and no lease refers to. Does nothing while someone loads an image; the next removal will.
    /// </summary>
    /// <returns>False when someone was loading.</returns>
    public bool CollectGarbage(IReadOnlySet<string>? layersInUse = null)
    {
        if (!store.Exists)
        {
            return true;
        }

        List<string> doomed;
        store.Make();
        using (var owned = store.TryOwnContents())
        {
            if (owned is null)
            {
                return false;
            }

            doomed = Garbage.SetAside(layersInUse);
            store.RemoveHalfWritten();
        }

        doomed.ForEach(FileTree.Remove);
        return true;
    }

    /// <summary>
    /// Keeps an image's layers for a container, whatever becomes of the image, until <see cref="ReleaseLease"/>.
    /// To be taken before the image is mounted.
    /// </summary>
    /// <exception cref="ImageException">The image was removed meanwhile.</exception>
    public void TakeLease(string containerId, ContainerImage image)
    {
        CheckContainerId(containerId);
        using var shared = store.ShareContents();
        foreach (var layer in image.LayerPaths)
        {
            if (FileSystem.TryStat(layer) is null)
            {
                throw new ImageException($"image {(image.Names.Count == 0 ? image.Id.ToString() : image.Names[0])} was removed while container {containerId} was being made");
            }
        }

        FileSystem.MakeDirectory(store.Leases, StoreFolder.PrivateMode);
        using var leases = FileSystem.OpenDirectory(store.Leases);
        StoreFolder.ReplaceUnnamed(leases, containerId, ImageRecord.Write(image));
    }

    /// <summary>The image a container was made from, as it was then; null when it has no lease.</summary>
    public ContainerImage? ReadLease(string containerId)
    {
        CheckContainerId(containerId);
        return ImageRecord.TryRead(store.Lease(containerId), store);
    }

    /// <summary>Ends a lease; none there is no error. Layers that nothing else needs go with the next <see cref="CollectGarbage"/>.</summary>
    public void ReleaseLease(string containerId)
    {
        CheckContainerId(containerId);
        FileTree.Remove(store.Lease(containerId));
    }

    /// <summary>Ends all leases of containers whose ids begin so.</summary>
    public void ReleaseLeases(string prefix)
    {
        CheckContainerId(prefix);
        foreach (var name in FileSystem.TryStat(store.Leases) is { IsDirectory: true } ? FileSystem.List(store.Leases) : [])
        {
            if (name.StartsWith(prefix, StringComparison.Ordinal))
            {
                FileTree.Remove(store.Lease(name));
            }
        }
    }

    /// <summary>Has images made ready in a folder of their own, and takes them over. What fails leaves nothing there.</summary>
    private List<ContainerImage> Stage(Func<string, List<StagedImage>> make)
    {
        store.Make();
        RemoveLeftovers();
        using var shared = store.ShareContents();
        var staging = store.MakeStaging();
        try
        {
            var images = make(staging);
            var table = Commit(images, staging);
            return images.DistinctBy(image => image.Entry.Id)
                .Select(image => table.Find(entry => entry.Manifest == image.Entry.Manifest) ?? table.Find(entry => entry.Id == image.Entry.Id)!)
                .Select(entry => Read(table, entry.Manifest)).ToList();
        }
        finally
        {
            FileTree.Remove(staging);
        }
    }

    private byte[] ReadDocument(Digest digest)
    {
        var content = FileSystem.TryReadBytes(store.Blob(digest)) ?? throw new ImageException($"{store.Blob(digest)} is missing; load or pull the image again");
        return Digest.OfHash(Sha256.Hash(content)) == digest ? content : throw new ImageException($"{store.Blob(digest)} is damaged: its content has another digest; load or pull the image again");
    }

    private static void CheckContainerId(string containerId)
    {
        if (containerId.Length is 0 or > LongestContainerId || containerId[0] == '.' || containerId.AsSpan().IndexOfAny('/', '\0') >= 0)
        {
            throw new ImageException($"\"{Printable.Short(containerId)}\" is not a container's id");
        }
    }

    /// <summary>Makes what was staged part of the store: files first, then, by one rename, the table that refers to them.</summary>
    private List<ReferenceEntry> Commit(List<StagedImage> images, string staging)
    {
        using (var folder = FileSystem.Open(staging, Libc.O_RDONLY | Libc.O_DIRECTORY))
        {
            // One write-out for all of it: a layer under its final name is believed to be whole for ever.
            KernelException.Check(Libc.syncfs(folder.Number), "syncfs", staging);
        }

        store.Adopt(staging);
        using (var records = FileSystem.OpenDirectory(store.Records))
        {
            foreach (var image in images)
            {
                StoreFolder.ReplaceDurably(records, image.Entry.Manifest.Hex, ImageRecord.Write(image.Record));
            }
        }

        using var locked = store.LockTable();
        var table = ReferenceTable.Read(store.Path);
        foreach (var image in images)
        {
            Add(table, image.Entry, image.Names);
        }

        Write(table);
        return table;
    }

    /// <summary>A name moves from the image that had it; an image that loses its last name stays, nameless.</summary>
    private static void Add(List<ReferenceEntry> table, ReferenceEntry entry, IReadOnlyList<string> names)
    {
        foreach (var name in names)
        {
            if (table.FindIndex(other => other.Name == name) is >= 0 and var index)
            {
                var previous = table[index];
                table.RemoveAt(index);
                if (previous.Id != entry.Id && table.TrueForAll(other => other.Id != previous.Id))
                {
                    table.Add(previous with { Name = null });
                }
            }

            table.Add(entry with { Name = name });
        }

        if (names.Count == 0 && table.TrueForAll(other => other.Id != entry.Id))
        {
            table.Add(entry);
        }
        else if (names.Count > 0)
        {
            table.RemoveAll(other => other.Name is null && other.Id == entry.Id);
        }
    }

    private void Write(List<ReferenceEntry> table)
    {
        using var folder = FileSystem.OpenDirectory(store.Path);
        ReferenceTable.Write(folder, table);
    }

    private ContainerImage Read(List<ReferenceEntry> table, Digest manifest) => TryRead(table, manifest) ?? throw WithoutRecord(manifest);

    /// <summary>Null for one that was removed meanwhile, or whose record is damaged or gone, which is told.</summary>
    private ContainerImage? ReadOrTell(List<ReferenceEntry> table, ReferenceEntry entry)
    {
        try
        {
            if (TryRead(table, entry.Manifest) is { } image)
            {
                return image;
            }

            if (ReferenceTable.Read(store.Path).Contains(entry))
            {
                Damage?.Invoke(WithoutRecord(entry.Manifest).Message);
            }
        }
        catch (ImageException error)
        {
            Damage?.Invoke($"image {entry.Name ?? entry.Id.ToString()}: {error.Message}\n  load it again, or remove it: peapod image rm {entry.Name ?? entry.Id.ToString()}");
        }

        return null;
    }

    private ImageException WithoutRecord(Digest manifest) =>
        new($"image {manifest} is named by {store.Path}/{ReferenceTable.FileName}, but its record is missing; load it again");

    private ContainerImage? TryRead(List<ReferenceEntry> table, Digest manifest)
    {
        var image = ImageRecord.TryRead(store.Record(manifest), store);
        return image is null ? null : image with
        {
            Names = table.Where(entry => entry.Id == image.Id && entry.Name is not null).Select(entry => entry.Name!).Order(StringComparer.Ordinal).ToList(),
        };
    }

    private ReferenceEntry Find(List<ReferenceEntry> table, string reference)
    {
        ImageReference? parsed = null;
        var isId = IsFullId(reference);
        var isReference = !isId && ImageReference.TryParse(reference, out parsed);
        if (isReference && Named(table, parsed!) is { } named)
        {
            return named;
        }

        if (FindById(table, reference) is { } entry)
        {
            return entry;
        }

        if (!isReference && !isId)
        {
            ImageReference.Parse(reference);
        }

        var full = isReference && parsed!.ToString() != reference ? $" ({parsed})" : "";
        var local = $"localhost/{reference}";
        var hint = isReference && ImageReference.TryParse(local, out var guess) && Named(table, guess!) is not null ? $"; {local} is" : "";
        throw new ImageNotFoundException($"image \"{Printable.Short(reference)}\"{full} is not in {store.Path}{hint}");
    }

    /// <summary>Such a text means the image with that id, even if another one came with the name <c>docker.io/library/sha256:…</c>.</summary>
    private static bool IsFullId(string reference) => Digest.TryParse(reference, out _) || Digest.TryParseHex(reference, out _);

    private static ReferenceEntry? Named(List<ReferenceEntry> table, ImageReference reference) => reference.Digest is { } digest
        ? table.Find(entry => (entry.Manifest == digest || entry.Source == digest) && entry.Name is not null && ImageReference.Parse(entry.Name).Repository == reference.Repository)
        : table.Find(entry => entry.Name == reference.Name);

    private static ReferenceEntry? FindById(List<ReferenceEntry> table, string reference)
    {
        var prefix = reference.StartsWith("sha256:", StringComparison.Ordinal) ? reference["sha256:".Length..] : reference;
        if (prefix.Length < ShortestId || !Digest.IsHex(prefix))
        {
            return null;
        }

        var matches = table.Where(entry => entry.Id.Hex.StartsWith(prefix, StringComparison.Ordinal)).ToList();
        return matches.DistinctBy(entry => entry.Id).Count() <= 1
            ? matches.FirstOrDefault()
            : throw new ImageException($"\"{reference}\" is the beginning of more than one image's id; give more digits");
    }

    private void RemoveLeftovers()
    {
        List<string> left;
        using (var owned = store.TryOwnContents())
        {
            left = owned is null ? [] : Garbage.Leftovers();
        }

        left.ForEach(FileTree.Remove);
    }
}
