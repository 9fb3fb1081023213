using System.IO.Compression;
using System.Runtime.ExceptionServices;
using System.Text;
using Peapod.Image.Documents;
using Peapod.Image.Layers;
using Peapod.Kernel;
using Peapod.Kernel.Files;
using Peapod.Kernel.Interop;
using ZstdSharp;

namespace Peapod.Image.Store;

/// <summary>
/// Unpacks layers into a staging folder, several at a time, each in one pass: read, hashed, copied to its blob, decompressed, unpacked, and hashed again as
/// the archive it is. A layer that the store has is left as it is.
/// </summary>
internal sealed class LayerStaging(StoreFolder store, string staging, LoadOptions options)
{
    private readonly Lock access = new();
    private readonly Dictionary<Digest, StagedLayer> staged = [];

    /// <param name="layers">The lowest first; one may come twice.</param>
    /// <param name="giveUp">Ends what the others wait for when one has failed.</param>
    internal List<StagedLayer> Stage(IReadOnlyList<LayerToStage> layers, Action giveUp)
    {
        var distinct = layers.DistinctBy(static layer => layer.Key).ToList();
        var done = new Dictionary<string, StagedLayer>();
        var next = -1;
        Exception? failure = null;
        void Work()
        {
            for (int i; (i = Interlocked.Increment(ref next)) < distinct.Count && Volatile.Read(ref failure) is null;)
            {
                try
                {
                    var layer = StageOne(distinct[i]);
                    lock (access)
                    {
                        done[distinct[i].Key] = layer;
                    }
                }
                catch (Exception error)
                {
                    // What follows from giving up is no reason.
                    if (Interlocked.CompareExchange(ref failure, error, null) is null)
                    {
                        giveUp();
                    }
                }
            }
        }

        var workers = new List<Thread>();
        for (var i = 1; i < Math.Min(options.LayersAtOnce, distinct.Count); i++)
        {
            var worker = new Thread(Work) { IsBackground = true, Name = "layer" };
            worker.Start();
            workers.Add(worker);
        }

        Work();
        workers.ForEach(static worker => worker.Join());
        if (failure is not null)
        {
            ExceptionDispatchInfo.Throw(failure);
        }

        return layers.Select(layer => done[layer.Key]).ToList();
    }

    private StagedLayer StageOne(LayerToStage layer)
    {
        if (Known(layer) is { } known)
        {
            Tell(layer, wasThere: true);
            return known;
        }

        // Whoever else brings it in at this moment does it for both.
        using var turn = options.KeepsLayers && layer.Expected is { } digest ? store.LockLayer(digest) : null;
        if (turn is not null && Known(layer) is { } brought)
        {
            Tell(layer, wasThere: true);
            return brought;
        }

        using var packed = layer.Open();
        var made = Unpack(packed, layer);
        if (options.KeepsLayers)
        {
            store.Adopt(staging, made);
        }

        Tell(layer, wasThere: false);
        return made;
    }

    private StagedLayer? Known(LayerToStage layer)
    {
        if (layer.Expected is not { } digest)
        {
            return null;
        }

        lock (access)
        {
            if (staged.TryGetValue(digest, out var done) && done.DiffId == layer.DiffId)
            {
                return done;
            }
        }

        return store.Find(digest, layer.Size, layer.DiffId) is { } known ? Remember(new(digest, layer.Size, layer.DiffId, known)) : null;
    }

    private StagedLayer Remember(StagedLayer layer)
    {
        lock (access)
        {
            return staged[layer.Blob] = layer;
        }
    }

    private void Tell(LayerToStage layer, bool wasThere)
    {
        lock (access)
        {
            options.LayerDone?.Invoke(layer.Label, wasThere);
        }
    }

    private StagedLayer Unpack(Stream packed, LayerToStage layer)
    {
        var blobFile = $"{staging}/blobs/.{Guid.NewGuid():N}";
        var layerFolder = $"{staging}/layers/.{Guid.NewGuid():N}";
        FileSystem.MakeDirectory(layerFolder, StoreFolder.PrivateMode);
        FileSystem.MakeDirectory($"{layerFolder}/tree", StoreFolder.PrivateMode);

        using var blob = FileSystem.Open(blobFile, Libc.O_WRONLY | Libc.O_CREAT | Libc.O_EXCL, 0x180);
        using var tree = FileSystem.Open($"{layerFolder}/tree", Libc.O_RDONLY | Libc.O_DIRECTORY);
        KernelException.Check(Libc.fchmod(tree.Number, RootAttributes.Default.Mode), "fchmod");

        using var packedStream = new DigestStream(packed, layer.Size, layer.Subject, blob, Report(layer));
        var (unpacked, foundDiffId) = Unpack(packedStream, tree, layer);
        var digest = packedStream.Finish();
        if (packedStream.Count != layer.Size)
        {
            throw new ImageException($"{layer.Subject}: it has {packedStream.Count} bytes, expected {layer.Size}");
        }

        if (layer.Expected is { } wanted && digest != wanted)
        {
            throw ImageLoader.WrongDigest(layer.Subject, digest, wanted);
        }

        if (foundDiffId != layer.DiffId)
        {
            throw new ImageException($"{layer.Subject}: unpacked, its diff id is {foundDiffId}, expected {layer.DiffId} as the image's configuration says");
        }

        using (var folder = FileSystem.OpenDirectory(layerFolder))
        {
            FileSystem.Replace(folder, LayerInfo.FileName, LayerInfo.Write(unpacked), 0x180);
        }

        return Name(new(digest, layer.Size, layer.DiffId, unpacked), blobFile, layerFolder);
    }

    /// <summary>Gives what is whole and verified its names, and remembers which diff id the blob has, so that it need not be unpacked to be believed again.</summary>
    private StagedLayer Name(StagedLayer layer, string blobFile, string layerFolder)
    {
        lock (access)
        {
            Rename(blobFile, $"{staging}/blobs/{layer.Blob.Hex}");
            if (FileSystem.TryStat($"{staging}/layers/{layer.DiffId.Hex}") is null)
            {
                Rename(layerFolder, $"{staging}/layers/{layer.DiffId.Hex}");
            }
        }

        using (var folder = FileSystem.OpenDirectory($"{staging}/diffids"))
        {
            FileSystem.Replace(folder, layer.Blob.Hex, Encoding.ASCII.GetBytes(layer.DiffId.ToString()), 0x180);
        }

        return Remember(layer);
    }

    private (UnpackedLayer Unpacked, Digest DiffId) Unpack(DigestStream packed, SafeFd tree, LayerToStage layer)
    {
        // The decompressor leaves the packed stream alone when it is disposed, for the digest of what is left.
        var uncompressed = layer.Compression switch
        {
            LayerCompression.Gzip => new ReadAhead(new GZipStream(packed, CompressionMode.Decompress, leaveOpen: true)),
            LayerCompression.Zstd => new ReadAhead(new DecompressionStream(packed, leaveOpen: true)),
            _ => (Stream)packed,
        };
        try
        {
            using var archive = new DigestStream(uncompressed, options.Limits.LayerBytes, layer.Subject);
            var unpacked = LayerUnpacker.Unpack(archive, tree, options.Limits, layer.Subject);
            return (unpacked, archive.Finish());
        }
        catch (Exception error) when (error is InvalidDataException or ImageException or ZstdException or EndOfStreamException)
        {
            // A damaged file shows up as nonsense in it first; what is really wrong is the digest.
            Leave(uncompressed, packed);
            if (error is not ImageException { IsFromSource: true } && packed.Count <= layer.Size && layer.Expected is { } wanted && packed.Finish() is var found && found != wanted)
            {
                throw ImageLoader.WrongDigest(layer.Subject, found, wanted);
            }

            throw error as ImageException ?? new ImageException($"{layer.Subject}: damaged {(layer.Compression == LayerCompression.Zstd ? "zstd" : "gzip")} data", error);
        }
        finally
        {
            Leave(uncompressed, packed);
        }
    }

    private static void Leave(Stream uncompressed, DigestStream packed)
    {
        if (!ReferenceEquals(uncompressed, packed))
        {
            uncompressed.Dispose();
        }
    }

    private Action<long>? Report(LayerToStage layer)
    {
        if (options.Progress is not { } progress)
        {
            return null;
        }

        var last = 0L;
        return bytes =>
        {
            var now = Environment.TickCount64;
            if (bytes == layer.Size || now - last >= 100)
            {
                last = now;
                lock (access)
                {
                    progress(new(layer.Label, layer.Number, layer.Count, bytes, layer.Size));
                }
            }
        };
    }

    private static void Rename(string from, string to) =>
        KernelException.Check(Libc.renameat(Libc.AT_FDCWD, from, Libc.AT_FDCWD, to), "rename", from);
}

/// <summary>A layer to be unpacked.</summary>
/// <param name="Expected">Its blob's digest, when the manifest names one.</param>
/// <param name="Size">Bytes of the blob.</param>
/// <param name="DiffId">The digest of the archive in it, as the configuration says.</param>
/// <param name="Compression">How it is packed.</param>
/// <param name="Subject">The blob, for messages.</param>
/// <param name="Label">The layer, for progress.</param>
/// <param name="Number">From 1.</param>
/// <param name="Count">Layers of the image.</param>
/// <param name="Open">Opens the blob.</param>
internal sealed record LayerToStage(Digest? Expected, long Size, Digest DiffId, LayerCompression Compression, string Subject, string Label, int Number, int Count, Func<Stream> Open)
{
    /// <summary>The same for two layers that are one.</summary>
    internal string Key => $"{Expected?.ToString() ?? Label} {DiffId}";
}
