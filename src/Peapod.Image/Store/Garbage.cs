using Peapod.Kernel;
using Peapod.Kernel.Files;
using Peapod.Kernel.Interop;
using Peapod.Kernel.Terminals;

namespace Peapod.Image.Store;

/// <summary>What of a store nobody needs: blobs and layers that no image and no lease refers to, and what the dead left half-made.</summary>
/// <param name="store">The store, whose contents the caller owns.</param>
/// <param name="read">Reads an image; null for one whose record is damaged or gone, which it tells.</param>
/// <param name="damage">Takes the sentence about a lease that cannot be read.</param>
internal sealed class Garbage(StoreFolder store, Func<List<ReferenceEntry>, ReferenceEntry, ContainerImage?> read, Action<string>? damage)
{
    /// <summary>What the dead left in tmp. Only for who owns the contents.</summary>
    internal List<string> Leftovers() => FileSystem.List(store.Temporary).ConvertAll(name => $"{store.Temporary}/{name}");

    /// <summary>Renames what nobody refers to into tmp, which is quick, so that its removal need not hold anybody up.</summary>
    internal List<string> SetAside(IReadOnlySet<string>? layersInUse)
    {
        var blobs = new HashSet<string>();
        var records = new HashSet<string>();
        var layers = new HashSet<string>((layersInUse ?? new HashSet<string>()).Select(layer => layer[(layer.IndexOf(':') + 1)..]));
        var table = ReferenceTable.Read(store.Path);
        var (blobsKnown, layersKnown) = (true, true);
        foreach (var entry in table.DistinctBy(entry => entry.Manifest))
        {
            records.Add(entry.Manifest.Hex);
            if (read(table, entry) is { } image)
            {
                blobs.UnionWith(image.Blobs.Select(blob => blob.Hex));
                layers.UnionWith(image.DiffIds.Select(layer => layer.Hex));
            }
            else
            {
                blobsKnown = layersKnown = false;
            }
        }

        foreach (var name in FileSystem.List(store.Leases))
        {
            if (name[0] == '.')
            {
                continue;
            }

            try
            {
                layers.UnionWith(ImageRecord.TryRead(store.Lease(name), store)?.DiffIds.Select(layer => layer.Hex) ?? []);
            }
            catch (ImageException error)
            {
                layersKnown = false;
                damage?.Invoke($"the lease of container {Printable.Short(name)}: {error.Message}\n  no layer is removed until the container is");
            }
        }

        // What a record or a lease that cannot be read refers to is needed, perhaps.
        var doomed = Leftovers();
        if (layersKnown)
        {
            SetAside(store.Layers, layers, doomed);
        }

        if (blobsKnown)
        {
            SetAside(store.Blobs, blobs, doomed);
            SetAside(store.VerifiedDiffIds, blobs, doomed);
        }

        SetAside(store.Records, records, doomed);
        return doomed;
    }

    private void SetAside(string folder, HashSet<string> needed, List<string> doomed)
    {
        foreach (var name in FileSystem.List(folder))
        {
            if (!needed.Contains(name))
            {
                var target = $"{store.Temporary}/doomed-{Guid.NewGuid():N}";
                KernelException.Check(Libc.renameat(Libc.AT_FDCWD, $"{folder}/{name}", Libc.AT_FDCWD, target), "rename", $"{folder}/{name}");
                doomed.Add(target);
            }
        }
    }
}
