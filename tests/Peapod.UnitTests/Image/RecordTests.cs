using Peapod.Image;
using Peapod.Image.Layers;
using Peapod.Image.Store;
using Peapod.Kernel.Files;

namespace Peapod.UnitTests.Image;

/// <summary>The small files the store keeps for itself.</summary>
public sealed class RecordTests : IDisposable
{
    private static readonly Digest One = Digest.OfHash(new byte[32]);
    private static readonly Digest Two = Digest.OfHash(Enumerable.Repeat((byte)0xff, 32).ToArray());

    private readonly string folder = Directory.CreateTempSubdirectory("peapod-records-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void A_record_reads_back_as_written()
    {
        var image = new ContainerImage
        {
            Id = One,
            Digest = Two,
            Created = new(2024, 5, 1, 10, 0, 0, 123, TimeSpan.FromHours(2)),
            Size = 1L << 40,
            Config = new()
            {
                Env = ["A=\"b\"\n", "PATH=/bin"],
                Entrypoint = [],
                Cmd = ["sh", "-c", "é"],
                User = "1:2",
                WorkingDir = "/w",
                StopSignal = "SIGINT",
                Volumes = ["/v"],
                ExposedPorts = ["80/tcp"],
                Labels = new Dictionary<string, string> { ["id"] = "x", ["env"] = "" },
            },
            DiffIds = [One, Two, One],
            LayerPaths = [],
            Root = new(0x3ff, 5, 6),
            Blobs = [Two],
            Stack = [Two, One],
        };
        File.WriteAllBytes($"{folder}/record", ImageRecord.Write(image));

        var read = ImageRecord.TryRead($"{folder}/record", new("/store"))!;

        Assert.Equal([$"/store/layers/sha256/{Two.Hex}/tree", $"/store/layers/sha256/{One.Hex}/tree"], read.LayerPaths);
        Assert.Equivalent(image with { LayerPaths = read.LayerPaths }, read, strict: true);
        Assert.Null(ImageRecord.TryRead($"{folder}/other", new("/store")));
    }

    [Fact]
    public void What_a_configuration_leaves_out_stays_null()
    {
        File.WriteAllBytes($"{folder}/record", ImageRecord.Write(new() { Id = One, Digest = Two, Config = new(), DiffIds = [], LayerPaths = [] }));

        var read = ImageRecord.TryRead($"{folder}/record", new("/store"))!;

        Assert.Null(read.Created);
        Assert.Null(read.Config.Entrypoint);
        Assert.Null(read.Config.Cmd);
    }

    [Theory]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("{\"id\": 5}")]
    [InlineData("{\"id\": \"sha256:x\"}")]
    [InlineData("\0\0\0\0")]
    public void Damaged_record_is_named(string content)
    {
        File.WriteAllText($"{folder}/record", content);

        var error = Assert.Throws<ImageException>(() => ImageRecord.TryRead($"{folder}/record", new("/store")));
        Assert.Equal($"{folder}/record is damaged: it is not what was written there", error.Message);
    }

    [Fact]
    public void An_empty_record_is_none()
    {
        File.WriteAllText($"{folder}/record", "");

        Assert.Null(ImageRecord.TryRead($"{folder}/record", new("/store")));
    }

    [Fact]
    public void The_table_reads_back_as_written()
    {
        ReferenceEntry[] entries =
        [
            new(One, 5, "application/vnd.oci.image.manifest.v1+json", "localhost/a:1", Two, null),
            new(Two, long.MaxValue, "m", null, One, One),
        ];
        using (var directory = FileSystem.OpenDirectory(folder))
        {
            ReferenceTable.Write(directory, entries);
        }

        Assert.Equal(entries, ReferenceTable.Read(folder));
        Assert.Equal([$"{folder}/index.json"], Directory.GetFileSystemEntries(folder));
        Assert.Empty(ReferenceTable.Read($"{folder}/nowhere"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("{\"manifests\": [{}]}")]
    [InlineData("{\"manifests\": [{\"digest\": \"x\"}]}")]
    [InlineData("{\"manifests\": [5]}")]
    [InlineData("{\"manifests\": {}}")]
    [InlineData("{\"manifests\": [")]
    [InlineData("{\"schemaVersion\": 2}")]
    [InlineData("[]")]
    public void Damaged_table_is_named(string content)
    {
        File.WriteAllText($"{folder}/index.json", content);

        Assert.Equal(
            $"{folder}/index.json is damaged: it is not what was written there; move it away and load the images again, which is quick, since their layers are there: mv {folder}/index.json {folder}/index.json.damaged",
            Assert.Throws<ImageException>(() => ReferenceTable.Read(folder)).Message);
    }

    [Fact]
    public void Remarks_on_a_layer_read_back_as_written()
    {
        foreach (var layer in new UnpackedLayer[] { new(1L << 40, 5, new(0x3ff, 1, 2), true), new(0, 0, null, false) })
        {
            File.WriteAllBytes($"{folder}/info", LayerInfo.Write(layer));
            Assert.Equal(layer, LayerInfo.TryRead(folder));
        }

        File.WriteAllText($"{folder}/info", "5 5");
        Assert.Null(LayerInfo.TryRead(folder));
        File.Delete($"{folder}/info");
        Assert.Null(LayerInfo.TryRead(folder));
    }
}
