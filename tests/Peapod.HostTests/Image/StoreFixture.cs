using Mono.Unix.Native;
using Peapod.Image;
using Peapod.Kernel.Files;

namespace Peapod.HostTests.Image;

/// <summary>A store in a folder of its own, and a place beside it for what is loaded into it. Needs root.</summary>
public sealed class StoreFixture : IDisposable
{
    internal StoreFixture()
    {
        Skip.If(Syscall.geteuid() != 0, "unpacking layers needs root");
        Folder = Directory.CreateTempSubdirectory("peapod-image-").FullName;
        Store = new($"{Folder}/data");
    }

    internal string Folder { get; }

    internal string Images => $"{Folder}/data/images";

    internal ImageStore Store { get; }

    internal LayoutBuilder Layout(string name = "layout") => new($"{Folder}/{name}");

    /// <summary>Loads one image called localhost/test of these layers.</summary>
    internal ContainerImage Load(params TarBuilder[] layers) =>
        Assert.Single(Store.Load(Layout($"layout-{Guid.NewGuid():N}").Add("localhost/test", layers.Select(layer => layer.Build()).ToArray()).Finish()));

    /// <summary>Loads one layer and returns where it was unpacked.</summary>
    internal string Unpack(TarBuilder layer) => Load(layer).LayerPaths[0];

    internal ImageException Refused(TarBuilder layer)
    {
        var error = Assert.Throws<ImageException>(() => Load(layer));
        Assert.Empty(Directory.GetFileSystemEntries($"{Images}/tmp"));
        Assert.Empty(Directory.GetFileSystemEntries($"{Images}/layers/sha256"));
        return error;
    }

    public void Dispose() => FileTree.Remove(Folder);
}
