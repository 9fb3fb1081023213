using System.Text;
using System.Text.Json.Nodes;
using Mono.Unix.Native;
using Peapod.Image;
using Peapod.Kernel.Interop;
using Peapod.Kernel.Mounts;

namespace Peapod.HostTests.Image;

/// <summary>Each image that cannot be loaded gets one sentence, and leaves nothing in the store.</summary>
public sealed class DamageTests : IDisposable
{
    private const string IndexType = "application/vnd.oci.image.index.v1+json";
    private static readonly byte[] Layer = new TarBuilder().Add("a", content: new string('x', 5000)).Build();
    private static readonly string LayerDigest = LayoutBuilder.Sha256(Layer);
    private static readonly string Nobody = "sha256:" + new string('0', 64);

    private readonly StoreFixture fixture = new();

    public void Dispose() => fixture.Dispose();

    [SkippableTheory]
    [InlineData(true)]
    [InlineData(false)]
    public void Layer_with_a_wrong_byte_is_refused(bool gzip)
    {
        var layout = fixture.Layout().Add("localhost/good", gzip, Layer).Add("localhost/bad", gzip, new TarBuilder().Add("b").Build());
        var blob = Directory.GetFiles($"{layout.Folder}/blobs/sha256").Single(path => path.EndsWith(LayerBlob(gzip, new TarBuilder().Add("b").Build())[7..], StringComparison.Ordinal));
        var content = File.ReadAllBytes(blob);
        content[20] ^= 1;
        File.WriteAllBytes(blob, content);

        Assert.Equal(
            $"blobs/sha256/{Path.GetFileName(blob)}: its content has the digest {LayoutBuilder.Sha256(content)}, expected sha256:{Path.GetFileName(blob)}", Refused(layout.Finish()));
    }

    [SkippableFact]
    public void Layer_with_too_few_or_too_many_bytes_or_none_is_refused()
    {
        var layout = fixture.Layout().Add("localhost/a", gzip: false, Layer);
        var blob = layout.Blob(LayerDigest);
        var name = $"blobs/sha256/{LayerDigest[7..]}";
        layout.Finish();

        File.WriteAllBytes(blob, Layer[..^1]);
        Assert.Equal($"{name}: it has {Layer.Length - 1} bytes, expected {Layer.Length}", Refused(layout.Folder));
        File.WriteAllBytes(blob, [.. Layer, 0]);
        Assert.Equal($"{name}: it has {Layer.Length + 1} bytes, expected {Layer.Length}", Refused(layout.Folder));
        File.Delete(blob);
        Assert.Equal($"{name}: missing from {layout.Folder}", Refused(layout.Folder));
        Directory.CreateDirectory(blob);
        Assert.Equal($"{layout.Folder}: {name} is not a regular file", Refused(layout.Folder));
    }

    [SkippableFact]
    public void Blob_that_is_a_symlink_out_of_the_layout_or_a_fifo_is_not_read()
    {
        var layout = fixture.Layout().Add("localhost/a", gzip: false, Layer);
        var blob = layout.Blob(LayerDigest);
        layout.Finish();

        File.Move(blob, $"{fixture.Folder}/outside");
        File.CreateSymbolicLink(blob, $"{fixture.Folder}/outside");
        Assert.Equal($"blobs/sha256/{LayerDigest[7..]}: missing from {layout.Folder}", Refused(layout.Folder));
        File.Delete(blob);
        Assert.Equal(0, Syscall.mkfifo(blob, FilePermissions.DEFFILEMODE));
        Assert.Equal($"{layout.Folder}: blobs/sha256/{LayerDigest[7..]} is not a regular file", Refused(layout.Folder));
    }

    [SkippableFact]
    public void Manifest_and_configuration_are_verified_too()
    {
        var layout = fixture.Layout().Add("localhost/a", Layer);
        var index = JsonNode.Parse(File.ReadAllText($"{layout.Finish()}/index.json"))!;
        var manifest = (string)index["manifests"]![0]!["digest"]!;
        var config = (string)JsonNode.Parse(File.ReadAllText(layout.Blob(manifest)))!["config"]!["digest"]!;

        foreach (var digest in new[] { config, manifest })
        {
            var content = File.ReadAllBytes(layout.Blob(digest));
            content[^1] = (byte)' ';
            File.WriteAllBytes(layout.Blob(digest), content);
            Assert.Equal($"blobs/sha256/{digest[7..]}: its content has the digest {LayoutBuilder.Sha256(content)}, expected {digest}", Refused(layout.Folder));
        }
    }

    [SkippableFact]
    public void Layer_of_another_diff_id_than_the_configuration_says_is_refused()
    {
        var layout = new LayoutBuilder($"{fixture.Folder}/layout") { Configuration = config => config["rootfs"]!["diff_ids"]![0] = Nobody }.Add("localhost/a", gzip: false, Layer);

        Assert.Equal(
            $"blobs/sha256/{LayerDigest[7..]}: unpacked, its diff id is {LayerDigest}, expected {Nobody} as the image's configuration says", Refused(layout.Finish()));
    }

    [SkippableFact]
    public void Layer_that_is_not_packed_as_its_media_type_says_is_refused()
    {
        var notGzip = new LayoutBuilder($"{fixture.Folder}/one") { Manifest = manifest => manifest["layers"]![0]!["mediaType"] = LayoutBuilder.GzipType }.Add("localhost/a", gzip: false, Layer);
        Assert.Equal($"blobs/sha256/{LayerDigest[7..]}: damaged gzip data", Refused(notGzip.Finish()));

        var type = LayoutBuilder.GzipType[..^4] + "zstd";
        var zstd = new LayoutBuilder($"{fixture.Folder}/two") { Manifest = manifest => manifest["layers"]![0]!["mediaType"] = type }.Add("localhost/a", gzip: false, Layer);
        Assert.Equal($"blobs/sha256/{LayerDigest[7..]}: damaged zstd data", Refused(zstd.Finish()));
    }

    [SkippableFact]
    public void Gzip_data_that_ends_too_early_is_refused_though_its_digest_is_right()
    {
        var packed = TarBuilder.Gzip(Layer);
        var layout = fixture.Layout();
        var half = packed[..(packed.Length / 2)];
        var digest = LayoutBuilder.Sha256(half);
        File.WriteAllBytes(layout.Blob(digest), half);
        var whole = new LayoutBuilder(layout.Folder)
        {
            Manifest = manifest =>
            {
                manifest["layers"]![0]!["digest"] = digest;
                manifest["layers"]![0]!["size"] = half.Length;
            },
        }.Add("localhost/a", Layer);

        Assert.Equal($"blobs/sha256/{digest[7..]}: not a usable tar archive: it ends in the middle of a file", Refused(whole.Finish()));
    }

    [SkippableFact]
    public void Configuration_for_another_host_or_another_number_of_layers_is_refused()
    {
        var foreign = new LayoutBuilder($"{fixture.Folder}/one") { Configuration = config => config["architecture"] = "s390x" }.Add("localhost/a", Layer);
        Assert.EndsWith($": the image is for linux/s390x; this host runs linux/{LayoutBuilder.Architecture}", Refused(foreign.Finish()), StringComparison.Ordinal);

        var fewer = new LayoutBuilder($"{fixture.Folder}/two") { Configuration = config => config["rootfs"]!["diff_ids"]!.AsArray().RemoveAt(0) }.Add("localhost/a", Layer);
        Assert.EndsWith(": rootfs.diff_ids names 0 layers; the manifest has 1", Refused(fewer.Finish()), StringComparison.Ordinal);
    }

    [SkippableFact]
    public void Index_without_an_image_for_this_host_is_refused()
    {
        var entry = new JsonObject
        {
            ["mediaType"] = "application/vnd.oci.image.manifest.v1+json",
            ["digest"] = Nobody,
            ["size"] = 5,
            ["platform"] = new JsonObject { ["os"] = "linux", ["architecture"] = "arm", ["variant"] = "v7" },
        };
        Assert.Equal($"index.json: no image for linux/{LayoutBuilder.Architecture}: it is for linux/arm/v7", Refused(fixture.Layout("one").AddEntry(entry).Finish()));

        var artifact = new JsonObject { ["mediaType"] = "text/plain", ["digest"] = Nobody, ["size"] = 5 };
        Assert.Equal($"index.json: no image for linux/{LayoutBuilder.Architecture}: its entries are text/plain", Refused(fixture.Layout("two").AddEntry(artifact).Finish()));
    }

    [SkippableFact]
    public void Indexes_refer_to_indexes_four_deep_at_most()
    {
        foreach (var (depth, accepted) in new[] { (4, true), (5, false) })
        {
            var layout = fixture.Layout($"layout{depth}").Add(null, Layer);
            var entry = JsonNode.Parse(File.ReadAllText($"{layout.Finish()}/index.json"))!["manifests"]![0]!.AsObject();
            for (var i = 0; i < depth; i++)
            {
                entry = layout.Write(new JsonObject { ["schemaVersion"] = 2, ["manifests"] = new JsonArray(entry.DeepClone()) }, IndexType);
            }

            File.WriteAllText($"{layout.Folder}/index.json", new JsonObject { ["schemaVersion"] = 2, ["manifests"] = new JsonArray(entry.DeepClone()) }.ToJsonString());
            if (accepted)
            {
                fixture.Store.Remove(Assert.Single(fixture.Store.Load(layout.Folder)).Id.Hex);
            }
            else
            {
                Assert.EndsWith(": indexes refer to indexes more than 4 deep", Refused(layout.Folder), StringComparison.Ordinal);
            }
        }
    }

    [SkippableFact]
    public void What_holds_no_image_is_refused()
    {
        var empty = Directory.CreateDirectory($"{fixture.Folder}/empty").FullName;
        Assert.Equal($"\"{empty}\" holds no image: neither oci-layout (an OCI image layout) nor manifest.json (docker save) is in it", Refused(empty));
        Assert.Equal($"cannot open \"{fixture.Folder}/nowhere\": No such file or directory", Refused($"{fixture.Folder}/nowhere"));
        Assert.Equal("\"/dev/null\" is neither a folder nor a file; expected an OCI image layout, or a tar archive of one", Refused("/dev/null"));

        var nothing = fixture.Write("nothing.tar", []);
        Assert.Equal($"\"{nothing}\" holds no image: neither oci-layout (an OCI image layout) nor manifest.json (docker save) is in it", Refused(nothing));
        var text = fixture.Write("text", Encoding.ASCII.GetBytes(new string('x', 2000)));
        Assert.Equal($"{text}: not a usable tar archive: a checksum is not an octal number", Refused(text));
        var gzip = fixture.Write("gzip", [0x1f, 0x8b, 1, 2, 3]);
        Assert.Equal($"{gzip}: damaged gzip data", Refused(gzip));

        var layout = fixture.Layout();
        Assert.Equal($"\"{layout.Folder}\" has no index.json beside its oci-layout", Refused(layout.Folder));
        Assert.Equal($"\"{layout.Folder}\" holds no image: its list of images is empty", Refused(layout.Finish()));
        File.WriteAllText($"{layout.Folder}/oci-layout", """{"imageLayoutVersion": "2.0.0"}""");
        Assert.Equal("oci-layout: imageLayoutVersion is \"2.0.0\", expected \"1.0.0\"", Refused(layout.Folder));
    }

    [SkippableFact]
    public void Source_that_is_a_fifo_does_not_block()
    {
        Assert.Equal(0, Syscall.mkfifo($"{fixture.Folder}/fifo", FilePermissions.DEFFILEMODE));

        Assert.Equal($"\"{fixture.Folder}/fifo\" is neither a folder nor a file; expected an OCI image layout, or a tar archive of one", Refused($"{fixture.Folder}/fifo"));
    }

    [SkippableFact]
    public void Docker_archive_that_lacks_something_is_refused()
    {
        string Archive(string list, params (string Name, byte[] Content)[] files)
        {
            var tar = new TarBuilder().File("manifest.json", Encoding.UTF8.GetBytes(list));
            foreach (var (name, content) in files)
            {
                tar.File(name, content);
            }

            return fixture.Write("a.tar", tar.Build());
        }

        var config = Encoding.UTF8.GetBytes(LayoutBuilder.NewConfiguration([LayerDigest]).ToJsonString());
        var path = $"{fixture.Folder}/a.tar";
        Assert.Equal($"\"{path}\" holds no image: its list of images is empty", Refused(Archive("[]")));
        Assert.Equal($"manifest.json: Config names \"c.json\", which is not in {path}", Refused(Archive("""[{"Config": "c.json", "Layers": []}]""")));
        Assert.Equal($"manifest.json: Config names \"../c.json\", which is not in {path}", Refused(Archive("""[{"Config": "../c.json", "Layers": []}]""", ("c.json", config))));
        Assert.Equal($"manifest.json: Layers names \"l.tar\", which is not in {path}", Refused(Archive("""[{"Config": "c.json", "Layers": ["l.tar"]}]""", ("c.json", config))));
        Assert.Equal(
            $"l.tar: unpacked, its diff id is {LayoutBuilder.Sha256(new byte[1024])}, expected {LayerDigest} as the image's configuration says",
            Refused(Archive("""[{"Config": "c.json", "Layers": ["l.tar"]}]""", ("c.json", config), ("l.tar", new byte[1024]))));
        Assert.Equal(
            "l.tar: damaged zstd data",
            Refused(Archive("""[{"Config": "c.json", "Layers": ["l.tar"]}]""", ("c.json", config), ("l.tar", [0x28, 0xb5, 0x2f, 0xfd]))));
        Assert.Equal(
            $"{Nobody[7..]}.json: its content has the digest {LayoutBuilder.Sha256(config)}, expected {Nobody}",
            Refused(Archive($$"""[{"Config": "{{Nobody[7..]}}.json", "Layers": ["l.tar"]}]""", ($"{Nobody[7..]}.json", config), ("l.tar", Layer))));
    }

    [SkippableFact]
    public void Archive_with_two_files_of_one_name_or_too_many_is_refused()
    {
        var twice = fixture.Write("twice.tar", new TarBuilder().Add("oci-layout", content: "{}").Add("./oci-layout", content: "{}").Build());
        Assert.Equal($"{twice}: ambiguous: it contains oci-layout twice", Refused(twice));

        var header = new TarBuilder().Symlink("l", "x").Build().AsSpan(0, 512);
        var many = new byte[100_001 * 512];
        for (var i = 0; i < 100_001; i++)
        {
            header.CopyTo(many.AsSpan(i * 512));
        }

        var path = fixture.Write("many.tar", many);
        Assert.Equal($"{path}: an image's archive with more than 100000 files is refused", Refused(path));
    }

    [SkippableFact]
    public void Archive_whose_size_is_near_the_largest_number_is_refused()
    {
        var path = fixture.Write("a.tar", new TarBuilder().Add("a").Add("b").Overwrite(124, [0x80, 0, 0, 0, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfa, 0]).Build());

        Assert.Equal($"{path}: not a usable tar archive: it ends in the middle of a file", Refused(path));
    }

    [SkippableFact]
    public void Archive_that_becomes_shorter_while_it_is_read_is_refused()
    {
        var path = fixture.Write("a.tar", StoreFixture.DockerArchive((["localhost/a"], [Layer]), (["localhost/b"], [Layer, new TarBuilder().Add("b").Build()])).Build());

        var error = Assert.Throws<ImageException>(() => fixture.Store.Load(path, new() { Progress = _ => Syscall.truncate(path, 0) }));

        Assert.Equal($"cannot load \"{path}\": it cannot be read to its end", error.Message);
        fixture.AssertEmpty();
    }

    [SkippableFact]
    public void Limits_on_documents_layers_and_packed_archives_are_kept()
    {
        var folder = fixture.Layout().Add("localhost/a", Layer, new TarBuilder().Add("b").Build()).Finish();
        var archive = fixture.Write("a.tgz", TarBuilder.Gzip([.. TarBuilder.OfFolder(folder).Build(), .. new byte[1 << 20]]));

        Assert.Equal($"{folder}: oci-layout has 30 bytes; a document may have 29", Refused(folder, new() { DocumentBytes = 29 }));
        Assert.Equal($"{folder}: index.json has {new FileInfo($"{folder}/index.json").Length} bytes; a document may have 100", Refused(folder, new() { DocumentBytes = 100 }));
        Assert.EndsWith(": 2 layers; an image may have 1", Refused(folder, new() { Layers = 1 }), StringComparison.Ordinal);
        Assert.Equal($"{archive}: more than 1000000 bytes, unpacked", Refused(archive, new() { LayerBytes = 1_000_000 }));
    }

    [SkippableFact]
    public void Gzip_bomb_in_a_layer_stops_at_the_limit_even_behind_the_archives_end()
    {
        var bomb = new byte[20 << 20];
        var layout = fixture.Layout().Add("localhost/a", bomb);

        Assert.EndsWith(": it has more than 10000000 bytes", Refused(layout.Finish(), new() { LayerBytes = 10_000_000 }), StringComparison.Ordinal);
    }

    [SkippableFact]
    public void A_second_image_that_is_broken_keeps_the_first_out_too()
    {
        var layout = fixture.Layout().Add("localhost/good", gzip: false, new TarBuilder().Add("good").Build()).Add("localhost/bad", gzip: false, Layer);
        File.Delete(layout.Blob(LayerDigest));

        Assert.Equal($"blobs/sha256/{LayerDigest[7..]}: missing from {layout.Folder}", Refused(layout.Finish()));
    }

    [SkippableFact]
    public void A_store_that_was_whole_before_a_failed_load_is_whole_after_it()
    {
        var kept = fixture.Load(new TarBuilder().Add("kept"));
        var layout = fixture.Layout().Add("localhost/test", gzip: false, Layer);
        File.Delete(layout.Blob(LayerDigest));

        Assert.Throws<ImageException>(() => fixture.Store.Load(layout.Finish()));

        Assert.Equal(kept.Id, fixture.Store.Resolve("localhost/test").Id);
        Assert.Single(Directory.GetDirectories($"{fixture.Images}/layers/sha256"));
        fixture.AssertWhole();
    }

    [SkippableFact]
    public void A_place_where_no_store_can_be_is_named()
    {
        var file = fixture.Write("file", []);
        var layout = fixture.Layout().Add("localhost/a", Layer).Finish();

        Assert.Equal($"cannot load \"{layout}\": mkdir \"{file}/images\": Not a directory", Assert.Throws<ImageException>(() => new ImageStore(file).Load(layout)).Message);
    }

    [SkippableFact]
    public void A_full_disk_is_told_and_left_as_it_was()
    {
        var random = new byte[3 << 20];
        new Random(1).NextBytes(random);
        var big = new TarBuilder().File("big", random).Build();
        var layout = fixture.Layout().Add("localhost/big", gzip: false, big).Finish();
        var packed = fixture.Write("a.tgz", TarBuilder.Gzip(TarBuilder.OfFolder(layout).Build()));
        Directory.CreateDirectory(fixture.Images);
        using (var disk = DetachedMount.Create("tmpfs", "tmpfs", [new("size", "1m"), new("mode", "700")], 0))
        {
            disk.Attach(fixture.Images);
        }

        try
        {
            var small = fixture.LoadAs("localhost/small", new TarBuilder().Add("a"));

            var error = Assert.Throws<ImageException>(() => fixture.Store.Load(layout));
            Assert.Equal($"cannot load \"{layout}\": write \"blobs/sha256/{LayoutBuilder.Sha256(big)[7..]}\": No space left on device", error.Message);
            fixture.AssertWhole();
            error = Assert.Throws<ImageException>(() => fixture.Store.Load(packed));
            Assert.Equal($"cannot load \"{packed}\": write \"{packed}\": No space left on device", error.Message);
            fixture.AssertWhole();
            Assert.Equal(small.Id, Assert.Single(fixture.Store.List()).Id);
        }
        finally
        {
            Assert.Equal(0, Libc.umount2(fixture.Images, 0));
        }
    }

    private static string LayerBlob(bool gzip, byte[] layer) => LayoutBuilder.Sha256(gzip ? TarBuilder.Gzip(layer) : layer);

    private string Refused(string source, LoadLimits? limits = null)
    {
        var message = Assert.Throws<ImageException>(() => fixture.Store.Load(source, limits is null ? null : new() { Limits = limits })).Message;
        fixture.AssertEmpty();
        return message;
    }
}
