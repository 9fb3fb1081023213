using Peapod.HostTests.Harness;
using Peapod.Image;

namespace Peapod.HostTests.Image;

/// <summary>Files of the store itself are damaged: what to do is said, the other images are there, and nothing that may be needed is removed.</summary>
public sealed class StoreDamageTests : IDisposable
{
    private readonly StoreFixture fixture = new();
    private readonly List<string> told = [];

    public void Dispose() => fixture.Dispose();

    private ImageStore Telling => new(fixture.Data) { Damage = told.Add };

    private static TarBuilder Layer(string name) => new TarBuilder().Add(name, content: name);

    [SkippableTheory]
    [InlineData("empty")]
    [InlineData("half")]
    [InlineData("garbage")]
    [InlineData("newer")]
    [InlineData("huge")]
    [InlineData("directory")]
    [InlineData("fifo")]
    [InlineData("loop")]
    public void A_damaged_index_says_what_to_do_and_that_helps(string kind)
    {
        fixture.LoadAs("localhost/a", Layer("a"));
        var index = $"{fixture.Images}/index.json";
        Damage.Do(index, kind);

        foreach (var act in new Action[] { () => Telling.List(), () => Telling.Resolve("localhost/a"), () => Telling.Remove("localhost/a"), () => fixture.LoadAs("localhost/b", Layer("b")), () => Telling.CollectGarbage() })
        {
            var error = Assert.Throws<ImageException>(act);
            Assert.Contains($"{index} is damaged: ", error.Message, StringComparison.Ordinal);
            Assert.Contains($"mv {index} {index}.damaged", error.Message, StringComparison.Ordinal);
        }

        Assert.Equal(0, PeapodCommand.Start("mv", index, $"{index}.damaged").ExitCode);
        fixture.LoadAs("localhost/a", Layer("a"));
        Assert.Equal(["localhost/a:latest"], Assert.Single(Telling.List()).Names);
    }

    [SkippableTheory]
    [InlineData("missing")]
    [InlineData("garbage")]
    [InlineData("half")]
    [InlineData("directory")]
    [InlineData("fifo")]
    public void A_damaged_record_hides_no_other_image_and_loading_again_mends_it(string kind)
    {
        var bad = fixture.LoadAs("localhost/bad", Layer("a"));
        var good = fixture.LoadAs("localhost/good", Layer("b"));
        Damage.Do($"{fixture.Images}/records/sha256/{bad.Digest.Hex}", kind);

        Assert.Equal([good.Id], Telling.List().Select(static image => image.Id));
        Assert.Contains(bad.Digest.Hex, Assert.Single(told), StringComparison.Ordinal);
        Telling.Remove("localhost/good");
        Assert.True(Directory.Exists(bad.LayerPaths[0]));

        fixture.LoadAs("localhost/bad", Layer("a"));
        told.Clear();
        Assert.Equal([bad.Id], Telling.List().Select(static image => image.Id));
        Assert.Empty(told);
    }

    [SkippableTheory]
    [InlineData("garbage")]
    [InlineData("directory")]
    [InlineData("fifo")]
    public void A_damaged_lease_keeps_the_layers_that_its_container_may_use_until_it_is_released(string kind)
    {
        var image = fixture.LoadAs("localhost/a", Layer("a"));
        Telling.TakeLease("c", image);
        Damage.Do($"{fixture.Images}/leases/c", kind);

        Telling.Remove("localhost/a");

        Assert.True(Directory.Exists(image.LayerPaths[0]));
        Assert.Contains("the lease of container c: ", Assert.Single(told), StringComparison.Ordinal);
        Telling.ReleaseLease("c");
        Telling.CollectGarbage();
        Assert.False(Directory.Exists(image.LayerPaths[0]));
    }

    [SkippableTheory]
    [InlineData("tmp")]
    [InlineData("leases")]
    [InlineData("records")]
    [InlineData("blobs")]
    [InlineData("diffids")]
    [InlineData("layers")]
    public void Folders_that_somebody_has_removed_are_made_again(string name)
    {
        fixture.LoadAs("localhost/a", Layer("a"));
        Directory.Delete($"{fixture.Images}/{name}", recursive: true);

        var image = fixture.LoadAs("localhost/a", Layer("a"));

        Telling.TakeLease("c", Telling.Resolve("localhost/a"));
        Assert.True(Directory.Exists(image.LayerPaths[0]));
        Telling.ReleaseLease("c");
        Telling.Remove("localhost/a");
        Assert.Empty(Telling.List());
    }

    [SkippableTheory]
    [InlineData("lock")]
    [InlineData("collect.lock")]
    public void A_lock_that_is_no_file_is_made_anew(string name)
    {
        fixture.LoadAs("localhost/a", Layer("a"));
        Damage.Do($"{fixture.Images}/{name}", "directory");

        fixture.LoadAs("localhost/b", Layer("b"));
        Telling.Remove("localhost/a");
        Assert.Single(Telling.List());
    }

    [SkippableTheory]
    [InlineData("garbage")]
    [InlineData("fifo")]
    [InlineData("directory")]
    public void A_layers_remarks_that_are_damaged_are_written_anew_by_the_next_load(string kind)
    {
        var image = fixture.LoadAs("localhost/a", Layer("a"));
        var info = $"{Path.GetDirectoryName(image.LayerPaths[0])}/info";
        var before = File.ReadAllText(info);
        Damage.Do(info, kind);

        fixture.LoadAs("localhost/a", Layer("a"));

        Assert.Equal(before, File.ReadAllText(info));
    }
}
