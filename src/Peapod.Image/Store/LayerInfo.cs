using System.Globalization;
using System.Text;
using Peapod.Image.Layers;
using Peapod.Kernel;
using Peapod.Kernel.Files;

namespace Peapod.Image.Store;

/// <summary>The remarks kept beside a layer's tree: one line, "size entries opaque mode uid gid", the last three "-" when the layer says nothing of its root.</summary>
internal static class LayerInfo
{
    internal const string FileName = "info";

    internal static byte[] Write(UnpackedLayer layer)
    {
        var root = layer.Root is { } r ? string.Create(CultureInfo.InvariantCulture, $"{r.Mode} {r.Uid} {r.Gid}") : "- - -";
        return Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{layer.Size} {layer.Entries} {(layer.OpaqueRoot ? 1 : 0)} {root}\n"));
    }

    /// <summary>Null when the layer is not there, or its remarks are damaged: a load writes them anew.</summary>
    internal static UnpackedLayer? TryRead(string layerFolder)
    {
        if (TryReadText($"{layerFolder}/{FileName}") is not { } text)
        {
            return null;
        }

        var parts = text.Split(' ');
        if (parts.Length != 6 || !long.TryParse(parts[0], out var size) || !int.TryParse(parts[1], out var entries))
        {
            return null;
        }

        RootAttributes? root = uint.TryParse(parts[3], out var mode) && uint.TryParse(parts[4], out var uid) && uint.TryParse(parts[5], out var gid)
            ? new(mode, uid, gid)
            : null;
        return new(size, entries, root, parts[2] == "1");
    }

    internal static string? TryReadText(string path)
    {
        try
        {
            return FileSystem.TryReadText(path);
        }
        catch (KernelException error) when (error.IsDamage)
        {
            return null;
        }
    }
}
