using System.Text;
using System.Text.Json.Nodes;
using Mono.Unix.Native;
using Peapod.Image;

namespace Peapod.HostTests.Image;

/// <summary>From layouts and archives to images of the store.</summary>
public sealed class LoadTests : IDisposable
{
    private static readonly byte[] Lower = new TarBuilder().Directory("bin").Add("bin/sh", content: "shell").Build();
    private static readonly byte[] Upper = new TarBuilder().Add("etc/motd", content: "hello").Build();

    private readonly StoreFixture fixture = new();

    public void Dispose() => fixture.Dispose();

    [SkippableFact]
    public void Folder_archive_and_gzipped_archive_of_a_layout_give_the_same_image()
    {
        var folder = fixture.Layout().Add("localhost/a", Lower, Upper).Finish();
        var tar = TarBuilder.OfFolder(folder).Build();
        string[] sources =
        [
            folder, fixture.Write("plain.tar", tar), fixture.Write("dots.tar", TarBuilder.OfFolder(folder, "./").Build()), fixture.Write("packed.tgz", TarBuilder.Gzip(tar)),
        ];

        var indexes = new HashSet<string>();
        foreach (var (source, number) in sources.Select((source, number) => (source, number)))
        {
            var image = Assert.Single(new ImageStore($"{fixture.Folder}/data{number}").Load(source));
            Assert.Equal(["localhost/a:latest"], image.Names);
            Assert.Equal("shell", File.ReadAllText($"{image.LayerPaths[0]}/bin/sh"));
            Assert.Equal("hello", File.ReadAllText($"{image.LayerPaths[1]}/etc/motd"));
            indexes.Add(File.ReadAllText($"{fixture.Folder}/data{number}/images/index.json"));
        }

        Assert.Single(indexes);
    }

    [SkippableFact]
    public void Docker_archive_gives_the_id_that_the_layout_gives_and_the_same_manifest_each_time()
    {
        var layout = Assert.Single(fixture.Store.Load(fixture.Layout().Add("localhost/a", Lower, Upper).Finish()));
        var archive = fixture.Write("saved.tar", StoreFixture.DockerArchive((["localhost/b:1", "localhost/c"], [Lower, Upper])).Build());

        var saved = Assert.Single(fixture.Store.Load(archive));
        var again = Assert.Single(new ImageStore($"{fixture.Folder}/data2").Load(archive));

        Assert.Equal(layout.Id, saved.Id);
        Assert.Equal(layout.LayerPaths, saved.LayerPaths);
        Assert.Equal(["localhost/a:latest", "localhost/b:1", "localhost/c:latest"], saved.Names);
        Assert.Equal(["localhost/b:1", "localhost/c:latest"], again.Names);
        Assert.Equal(saved.Digest, again.Digest);
        fixture.AssertWhole();
    }

    [SkippableFact]
    public void Docker_archive_may_have_its_layers_packed_and_linked()
    {
        var packed = TarBuilder.Gzip(Lower);
        var config = System.Text.Encoding.UTF8.GetBytes(LayoutBuilder.NewConfiguration([LayoutBuilder.Sha256(Lower), LayoutBuilder.Sha256(Upper), LayoutBuilder.Sha256(Lower)]).ToJsonString());
        var archive = fixture.Write("saved.tar", new TarBuilder()
            .File("config.json", config).File("one/layer.tar", packed).File("two/layer.tar", Upper)
            .Symlink("three/layer.tar", "../one/layer.tar").HardLink("four/layer.tar", "two/layer.tar")
            .File("manifest.json", """[{"Config": "config.json", "Layers": ["three/layer.tar", "four/layer.tar", "one/layer.tar"]}]"""u8.ToArray()).Build());

        var image = Assert.Single(fixture.Store.Load(archive));

        Assert.Equal(3, image.DiffIds.Count);
        Assert.Equal(["hello", "shell"], [File.ReadAllText($"{image.LayerPaths[0]}/etc/motd"), File.ReadAllText($"{image.LayerPaths[1]}/bin/sh")]);
        Assert.Equal(2, Directory.GetDirectories($"{fixture.Images}/layers/sha256").Length);
        fixture.AssertWhole();
    }

    [SkippableFact]
    public void The_stores_own_folder_is_a_layout()
    {
        fixture.LoadAs("localhost/a", new TarBuilder().Add("x"));
        fixture.LoadAs("localhost/b:2", new TarBuilder().Add("y"));

        var copies = new ImageStore($"{fixture.Folder}/data2").Load(fixture.Images);

        Assert.Equal(fixture.Store.List().Select(image => (image.Id, image.Digest, image.Names[0])), copies.Select(image => (image.Id, image.Digest, image.Names[0])));
    }

    [SkippableFact]
    public void Advice_size_and_names_of_an_image_are_kept()
    {
        var image = fixture.Load(new TarBuilder().Add("a", content: "12345"), new TarBuilder().Add("b", content: "678"));

        Assert.Equal(image.Id, fixture.Store.Resolve("localhost/test").Id);
        Assert.Equal((8, new DateTimeOffset(2024, 5, 1, 10, 0, 0, TimeSpan.Zero)), (image.Size, image.Created));
        Assert.Equal(("PATH=/bin", "sh", "1000:1000", "/srv", "SIGINT"),
            (image.Config.Env[0], image.Config.Cmd![0], image.Config.User, image.Config.WorkingDir, image.Config.StopSignal));
        Assert.Equal(("/data", "80/tcp", "b"), (image.Config.Volumes[0], image.Config.ExposedPorts[0], image.Config.Labels["a"]));
        Assert.Null(image.Config.Entrypoint);
    }

    [SkippableFact]
    public void One_image_of_two_names_is_returned_once()
    {
        var images = fixture.Store.Load(fixture.Layout().Add("localhost/b", Lower).Add("localhost/a:1", Lower).Finish());

        Assert.Equal(["localhost/a:1", "localhost/b:latest"], Assert.Single(images).Names);
        Assert.Equal(["localhost/a:1", "localhost/b:latest"], Assert.Single(fixture.Store.List()).Names);
    }

    [SkippableFact]
    public void Loading_again_changes_nothing()
    {
        var source = fixture.Layout().Add("localhost/a", Lower, Upper).Finish();
        fixture.Store.Load(source);
        var before = Snapshot();

        fixture.Store.Load(source);

        Assert.Equal(before, Snapshot());
        fixture.AssertWhole();
    }

    [SkippableFact]
    public void A_name_moves_to_the_image_loaded_last_and_the_other_stays_by_its_id()
    {
        var first = fixture.Load(new TarBuilder().Add("one"));
        var second = fixture.Load(new TarBuilder().Add("two"));

        Assert.Equal(second.Id, fixture.Store.Resolve("localhost/test").Id);
        Assert.Empty(fixture.Store.Resolve(first.Id.ToString()).Names);
        Assert.Equal([second.Id, first.Id], fixture.Store.List().Select(image => image.Id));
        Assert.Equal([first.Id], fixture.Store.Remove(first.Id.Hex).Deleted);
        Assert.Equal(second.Id, Assert.Single(fixture.Store.List()).Id);
        fixture.AssertWhole();
    }

    [SkippableFact]
    public void A_nameless_image_gets_its_first_name_and_is_gone_with_it()
    {
        var plain = Assert.Single(fixture.Store.Load(fixture.Layout("one").Add(null, gzip: false, Lower).Finish()));
        Assert.Empty(plain.Names);

        var named = Assert.Single(fixture.Store.Load(fixture.Layout("two").Add("localhost/a", gzip: true, Lower).Finish()));

        Assert.Equal(plain.Id, named.Id);
        Assert.NotEqual(plain.Digest, named.Digest);
        Assert.Equal([named.Id], fixture.Store.Remove("localhost/a").Deleted);
        fixture.AssertEmpty();
    }

    [SkippableFact]
    public void An_image_that_has_a_name_is_not_doubled_when_it_comes_without_one()
    {
        fixture.Store.Load(fixture.Layout("one").Add("localhost/a", gzip: true, Lower).Finish());

        Assert.Equal(["localhost/a:latest"], Assert.Single(fixture.Store.Load(fixture.Layout("two").Add(null, gzip: false, Lower).Finish())).Names);
        fixture.Store.Remove("localhost/a");
        fixture.AssertEmpty();
    }

    [SkippableFact]
    public void All_images_without_name_and_platform_are_loaded()
    {
        var images = fixture.Store.Load(fixture.Layout().Add(null, Lower).Add(null, Upper).Add("localhost/a", Lower, Upper).Finish());

        Assert.Equal(3, images.Select(image => image.Id).Distinct().Count());
        Assert.Equal(3, fixture.Store.List().Count);
    }

    [SkippableFact]
    public void The_name_given_replaces_those_of_the_file()
    {
        var image = Assert.Single(fixture.Store.Load(fixture.Layout().Add("localhost/a", Lower).Finish(), new() { Tag = "mine" }));

        Assert.Equal(["docker.io/library/mine:latest"], image.Names);
        Assert.ThrowsAny<ImageException>(() => fixture.Store.Resolve("localhost/a"));
    }

    [SkippableFact]
    public void A_name_that_cannot_be_given_is_refused_and_nothing_is_loaded()
    {
        var two = fixture.Layout().Add("localhost/a", Lower).Add("localhost/b", Upper).Finish();
        var one = fixture.Layout("one").Add("Bad Name", Lower).Finish();

        Assert.Equal($"\"{two}\" holds 2 images; a name can be given to one only", Refused(two, new() { Tag = "x" }));
        Assert.Equal("\"Bad Name\" is not an image reference: \"Bad Name\" is not a part of a name (lower-case letters and digits, joined by one '.', one or two '_', or '-')", Refused(one));
        var digest = "sha256:" + new string('0', 64);
        Assert.Equal($"\"docker.io/library/x@{digest}\": an image can be given a name and a tag, not a digest", Refused(one, new() { Tag = $"x@{digest}" }));
        Assert.Single(fixture.Store.Load(one, new() { Tag = "good" }));
    }

    [SkippableFact]
    public void Of_an_index_the_image_for_this_host_is_loaded_and_found_by_either_digest()
    {
        var image = Assert.Single(fixture.Store.Load(fixture.Layout().AddIndex("localhost/many", Lower).Finish()));
        var index = (string)JsonNode.Parse(File.ReadAllText($"{fixture.Folder}/layout/index.json"))!["manifests"]![0]!["digest"]!;

        Assert.NotEqual(index, image.Digest.ToString());
        Assert.Equal(image.Id, fixture.Store.Resolve($"localhost/many@{index}").Id);
        Assert.Equal(image.Id, fixture.Store.Resolve($"localhost/many:whatever@{image.Digest}").Id);
        Assert.Equal($"image \"localhost/other@{image.Digest}\" is not in {fixture.Images}", Assert.ThrowsAny<ImageException>(() => fixture.Store.Resolve($"localhost/other@{image.Digest}")).Message);
        fixture.AssertWhole();
    }

    [SkippableFact]
    public void Signatures_beside_an_image_are_passed_over()
    {
        var layout = fixture.Layout().Add("localhost/a", Lower).AddEntry(new()
        {
            ["mediaType"] = "application/vnd.oci.image.manifest.v1+json",
            ["digest"] = "sha256:" + new string('1', 64),
            ["size"] = 5,
            ["platform"] = new JsonObject { ["os"] = "unknown", ["architecture"] = "unknown" },
        });

        Assert.Equal(["localhost/a:latest"], Assert.Single(fixture.Store.Load(layout.Finish())).Names);
    }

    [SkippableTheory]
    [InlineData(1)]
    [InlineData(4)]
    public void Layers_of_one_image_are_unpacked_however_many_at_a_time(int atOnce)
    {
        var layers = Enumerable.Range(0, 9).Select(i => new TarBuilder().Add($"file{i}", content: new string((char)('a' + i), 400_000)).Build()).ToList();
        layers.Add(layers[0]);

        var image = Assert.Single(fixture.Store.Load(fixture.Layout().Add("localhost/a", [.. layers]).Finish(), new() { LayersAtOnce = atOnce }));

        Assert.Equal(layers.Select(LayoutBuilder.Sha256), image.DiffIds.Select(id => id.ToString()));
        for (var i = 0; i < 9; i++)
        {
            Assert.Equal(new string((char)('a' + i), 400_000), File.ReadAllText($"{fixture.Images}/layers/sha256/{image.DiffIds[i].Hex}/tree/file{i}"));
        }
    }

    [SkippableFact]
    public void Layers_packed_with_zstd_are_unpacked_in_several_frames_and_with_frames_to_be_skipped()
    {
        using var packer = new ZstdSharp.Compressor();
        byte[] Pack(byte[] data) => [.. packer.Wrap(data.AsSpan(0, 1000)), 0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3, .. packer.Wrap(data.AsSpan(1000))];
        var config = Encoding.UTF8.GetBytes(LayoutBuilder.NewConfiguration([LayoutBuilder.Sha256(Lower)]).ToJsonString());
        var archive = new TarBuilder().File("c.json", config).File("l.tar", Pack(Lower)).File("manifest.json", Encoding.UTF8.GetBytes("""[{"Config": "c.json", "RepoTags": ["localhost/z"], "Layers": ["l.tar"]}]"""));

        var image = Assert.Single(fixture.Store.Load(fixture.Write("z.tar", archive.Build())));

        Assert.Equal(LayoutBuilder.Sha256(Lower), Assert.Single(image.DiffIds).ToString());
        Assert.Equal("application/vnd.oci.image.layer.v1.tar+zstd", (string)JsonNode.Parse(fixture.Store.ReadManifest(image))!["layers"]![0]!["mediaType"]!);
    }

    [SkippableFact]
    public void Progress_tells_every_layer_to_its_end()
    {
        var told = new List<LoadProgress>();
        fixture.Store.Load(fixture.Layout().Add("localhost/a", gzip: false, Lower, Upper).Finish(), new() { Progress = told.Add });

        // Several are read at a time.
        told.Sort((one, other) => one.Number - other.Number);
        Assert.Equal(
            [new(LayoutBuilder.Sha256(Lower), 1, 2, Lower.Length, Lower.Length), new(LayoutBuilder.Sha256(Upper), 2, 2, Upper.Length, Upper.Length)],
            told);
    }

    [SkippableFact]
    public void Nobody_but_root_can_look_into_the_store()
    {
        fixture.Load(new TarBuilder().Add("su", mode: 0x9ed));

        foreach (var folder in new[] { fixture.Data, fixture.Images, $"{fixture.Images}/layers", $"{fixture.Images}/blobs" })
        {
            Assert.Equal(0, Syscall.lstat(folder, out var status));
            Assert.Equal((FilePermissions.S_IFDIR | FilePermissions.S_IRWXU, 0u), (status.st_mode, status.st_uid));
        }
    }

    private string Refused(string source, LoadOptions? options = null)
    {
        var message = Assert.ThrowsAny<ImageException>(() => fixture.Store.Load(source, options)).Message;
        fixture.AssertEmpty();
        return message;
    }

    private List<string> Snapshot() => Directory.GetFileSystemEntries(fixture.Images, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)
        .Select(path => $"{path} {(File.Exists(path) ? LayoutBuilder.Sha256(File.ReadAllBytes(path)) : "")}").ToList();
}
