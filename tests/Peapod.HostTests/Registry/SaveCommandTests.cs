using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Peapod.HostTests.Harness;
using Peapod.HostTests.Image;
using Peapod.Kernel.Files;

namespace Peapod.HostTests.Registry;

/// <summary><c>peapod image save</c>: what it writes, skopeo and another store read.</summary>
public sealed class SaveCommandTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("peapod-save-").FullName;

    public SaveCommandTests() => Assert.Equal(0, Image("load", Path.Combine(PeapodCommand.Out, "images", "busybox")).ExitCode);

    public void Dispose() => FileTree.Remove(folder);

    [SkippableTheory]
    [InlineData("docker-archive", "docker-archive:{0}")]
    [InlineData("oci-archive", "oci-archive:{0}:localhost/busybox:latest")]
    [InlineData("oci-dir", "oci:{0}:localhost/busybox:latest")]
    public void What_is_saved_is_read_by_skopeo_and_loaded_again(string format, string transport)
    {
        Skip.IfNot(File.Exists("/usr/bin/skopeo"), "skopeo is not installed here");

        var saved = Image("save", "--format", format, "-o", $"{folder}/saved", "localhost/busybox");

        Assert.Equal((0, "", ""), (saved.ExitCode, saved.Output, saved.Error));
        var seen = PeapodCommand.Start("skopeo", "inspect", "--config", string.Format(transport, $"{folder}/saved"));
        Assert.True(seen.ExitCode == 0, seen.Error);
        Assert.Equal("sh", (string)JsonNode.Parse(seen.Output)!["config"]!["Cmd"]![0]!);
        var loaded = PeapodCommand.Run("image", "--data-root", $"{folder}/other", "load", $"{folder}/saved");
        Assert.Equal((0, "Loaded image: localhost/busybox:latest\n"), (loaded.ExitCode, loaded.Output));
        Assert.Equal(Inspect("data")["Id"]!.ToString(), Inspect("other")["Id"]!.ToString());
        Assert.Equal(format == "docker-archive", Inspect("data")["Digest"]!.ToString() != Inspect("other")["Digest"]!.ToString());
        Assert.Single(Directory.GetFileSystemEntries(folder, "saved*"));
    }

    [SkippableFact]
    public void The_same_images_make_the_same_archive_with_each_layer_once()
    {
        Assert.Equal(0, Image("tag", "localhost/busybox", "localhost/again:2").ExitCode);
        foreach (var name in new[] { "one", "two" })
        {
            Assert.Equal(0, Image("save", "-o", $"{folder}/{name}", "localhost/busybox", "localhost/again:2").ExitCode);
        }

        Assert.Equal(SHA256.HashData(File.ReadAllBytes($"{folder}/one")), SHA256.HashData(File.ReadAllBytes($"{folder}/two")));
        Assert.InRange(new FileInfo($"{folder}/one").Length, 1, 2 * new FileInfo(Directory.GetFiles($"{folder}/data/images/layers/sha256", "busybox", SearchOption.AllDirectories)[0]).Length);
        var loaded = PeapodCommand.Run("image", "--data-root", $"{folder}/other", "load", $"{folder}/one");
        Assert.Equal("Loaded image: localhost/again:2, localhost/busybox:latest\n", loaded.Output);
    }

    [SkippableFact]
    public void Zstd_layers_are_saved_as_what_is_in_them()
    {
        var layer = new TarBuilder().Add("a", content: new string('a', 5000)).Build();
        using var packer = new ZstdSharp.Compressor();
        var config = System.Text.Encoding.UTF8.GetBytes(LayoutBuilder.NewConfiguration([LayoutBuilder.Sha256(layer)]).ToJsonString());
        File.WriteAllBytes($"{folder}/z.tar", new TarBuilder().File("c.json", config).File("l.tar", packer.Wrap(layer).ToArray())
            .File("manifest.json", """[{"Config": "c.json", "RepoTags": ["localhost/z"], "Layers": ["l.tar"]}]"""u8.ToArray()).Build());
        Assert.Equal(0, Image("load", $"{folder}/z.tar").ExitCode);

        Assert.Equal(0, Image("save", "-o", $"{folder}/saved", "localhost/z").ExitCode);

        Assert.Contains(System.Text.Encoding.ASCII.GetString(layer), System.Text.Encoding.ASCII.GetString(File.ReadAllBytes($"{folder}/saved")), StringComparison.Ordinal);
    }

    [SkippableFact]
    public void What_cannot_be_saved_is_told_and_leaves_nothing()
    {
        File.WriteAllText($"{folder}/there", "x");
        Assert.Equal($"peapod: --output: \"{folder}/there\" exists already\n", Image("save", "-o", $"{folder}/there", "localhost/busybox").Error);
        Assert.Equal("peapod: --format: \"zip\" is none of docker-archive, oci-archive and oci-dir\n", Image("save", "--format", "zip", "localhost/busybox").Error);
        Assert.Contains("is not in", Image("save", "-o", $"{folder}/saved", "localhost/none").Error, StringComparison.Ordinal);
        Assert.Equal("peapod: /dev/full: cannot be written to its end: no space, or nobody reads\n", Image("save", "-o", "/dev/full", "localhost/busybox").Error);

        var blob = Directory.GetFiles($"{folder}/data/images/blobs/sha256").MaxBy(file => new FileInfo(file).Length)!;
        var content = File.ReadAllBytes(blob);
        content[^100] ^= 1;
        File.WriteAllBytes(blob, content);
        foreach (var format in new[] { "docker-archive", "oci-archive", "oci-dir" })
        {
            Assert.Equal($"peapod: {blob} is missing or damaged; load or pull the image again\n", Image("save", "--format", format, "-o", $"{folder}/saved", "localhost/busybox").Error);
        }

        Assert.Empty(Directory.GetFileSystemEntries(folder, "saved*"));
    }

    private JsonNode Inspect(string data) => JsonNode.Parse(PeapodCommand.Run("image", "--data-root", $"{folder}/{data}", "inspect", "localhost/busybox").Output)![0]!;

    private CommandResult Image(params string[] arguments) => PeapodCommand.Run(["image", "--data-root", $"{folder}/data", .. arguments]);
}
