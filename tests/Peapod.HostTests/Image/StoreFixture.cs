using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Mono.Unix.Native;
using Peapod.Image;
using Peapod.Kernel.Files;

namespace Peapod.HostTests.Image;

/// <summary>
/// A store in a folder of its own, and a place beside it for what is loaded into it. Needs root.
/// When it is disposed nothing of it may be mounted or open; images make no cgroups, links or processes, so those of others are not looked at.
/// </summary>
public sealed class StoreFixture : IDisposable
{
    private readonly string[] mounts = File.ReadAllLines("/proc/self/mountinfo");

    internal StoreFixture()
    {
        Skip.If(Syscall.geteuid() != 0, "unpacking layers needs root");
        Folder = Directory.CreateTempSubdirectory("peapod-image-").FullName;
        Store = new(Data);
    }

    internal string Folder { get; }

    internal string Data => $"{Folder}/data";

    internal string Images => $"{Data}/images";

    internal ImageStore Store { get; }

    internal LayoutBuilder Layout(string name = "layout") => new($"{Folder}/{name}");

    /// <summary>Loads one image called localhost/test of these layers.</summary>
    internal ContainerImage Load(params TarBuilder[] layers) => LoadAs("localhost/test", layers);

    internal ContainerImage LoadAs(string name, params TarBuilder[] layers) =>
        Assert.Single(Store.Load(Layout($"layout-{Guid.NewGuid():N}").Add(name, layers.Select(layer => layer.Build()).ToArray()).Finish()));

    /// <summary>Loads one layer and returns where it was unpacked.</summary>
    internal string Unpack(TarBuilder layer) => Load(layer).LayerPaths[0];

    internal ImageException Refused(TarBuilder layer)
    {
        var error = Assert.Throws<ImageException>(() => Load(layer));
        AssertEmpty();
        return error;
    }

    internal string Write(string name, byte[] content)
    {
        File.WriteAllBytes($"{Folder}/{name}", content);
        return $"{Folder}/{name}";
    }

    /// <summary>What <c>docker save</c> wrote before it wrote layouts.</summary>
    internal static TarBuilder DockerArchive(params (string[] Tags, byte[][] Layers)[] images)
    {
        var tar = new TarBuilder();
        var list = new JsonArray();
        var written = new HashSet<string>();
        foreach (var (tags, layers) in images)
        {
            var diffIds = layers.Select(LayoutBuilder.Sha256).ToList();
            var config = System.Text.Encoding.UTF8.GetBytes(LayoutBuilder.NewConfiguration(new([.. diffIds.Select(id => (JsonNode)id)])).ToJsonString());
            var configName = $"{LayoutBuilder.Sha256(config)[7..]}.json";
            if (written.Add(configName))
            {
                tar.File(configName, config);
            }

            foreach (var (diffId, layer) in diffIds.Zip(layers))
            {
                if (written.Add(diffId))
                {
                    tar.File($"{diffId[7..]}/layer.tar", layer);
                }
            }

            list.Add(new JsonObject
            {
                ["Config"] = configName,
                ["RepoTags"] = new JsonArray([.. tags.Select(tag => (JsonNode)tag)]),
                ["Layers"] = new JsonArray([.. diffIds.Select(id => (JsonNode)$"{id[7..]}/layer.tar")]),
            });
        }

        return tar.File("manifest.json", System.Text.Encoding.UTF8.GetBytes(list.ToJsonString()));
    }

    /// <summary>Nothing is in the store: no image, no layer, no blob, nothing half-made.</summary>
    internal void AssertEmpty()
    {
        AssertTidy();
        Assert.Empty(Store.List());
        foreach (var folder in new[] { "blobs/sha256", "layers/sha256", "records/sha256", "diffids/sha256" })
        {
            Assert.Empty(Directory.GetFileSystemEntries($"{Images}/{folder}"));
        }
    }

    /// <summary>Whatever the table names is there, and every blob is what its name says.</summary>
    internal void AssertWhole()
    {
        AssertTidy();
        foreach (var blob in Directory.GetFiles($"{Images}/blobs/sha256"))
        {
            Assert.Equal(Path.GetFileName(blob), Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(blob))));
        }

        foreach (var image in Store.List())
        {
            Assert.All(image.Blobs, blob => Assert.True(File.Exists($"{Images}/blobs/sha256/{blob.Hex}")));
            Assert.All(image.LayerPaths, layer => Assert.True(Directory.Exists(layer)));
            Assert.Equal(image.Id, Store.Resolve(image.Id.ToString()).Id);
        }

        Assert.Equal(
            JsonNode.Parse(File.ReadAllText($"{Images}/index.json"))!["manifests"]!.AsArray().Select(entry => (string)entry!["annotations"]!["io.peapod.image.id"]!).Distinct().Order(),
            Store.List().Select(image => image.Id.ToString()).Order());
    }

    public void Dispose()
    {
        var open = Directory.GetFileSystemEntries("/proc/self/fd").Select(fd => new FileInfo(fd).LinkTarget).Where(target => target?.StartsWith(Folder, StringComparison.Ordinal) == true).ToList();
        FileTree.Remove(Folder);
        Assert.Empty(open);
        Assert.Equal(mounts, File.ReadAllLines("/proc/self/mountinfo"));
    }

    private void AssertTidy()
    {
        Assert.Empty(Directory.GetFileSystemEntries($"{Images}/tmp"));
        Assert.Empty(Directory.GetFileSystemEntries(Images, ".*"));
        Assert.Empty(Directory.GetFileSystemEntries($"{Images}/leases", ".*"));
    }
}
