using System.Security.Cryptography;
using Peapod.Image;

namespace Peapod.HostTests.Image;

/// <summary>What finds an image, and what removes it.</summary>
public sealed class NameTests : IDisposable
{
    private readonly StoreFixture fixture = new();

    public void Dispose() => fixture.Dispose();

    [SkippableFact]
    public void An_image_is_found_by_name_digest_and_the_beginning_of_its_id()
    {
        var image = fixture.LoadAs("docker.io/library/busybox:1.36", new TarBuilder().Add("a"));

        foreach (var reference in new[]
        {
            "busybox:1.36", "docker.io/busybox:1.36", "library/busybox:1.36", $"busybox@{image.Digest}", image.Id.ToString(), image.Id.Hex, image.Id.Hex[..12], image.Id.Hex[..4],
            $"sha256:{image.Id.Hex[..10]}",
        })
        {
            Assert.Equal(image.Id, fixture.Store.Resolve(reference).Id);
        }
    }

    [SkippableFact]
    public void What_is_not_there_is_told_by_its_full_name()
    {
        var id = fixture.Load(new TarBuilder().Add("a")).Id;
        var other = new string(id.Hex[0] == '0' ? '1' : '0', 64);

        Assert.Equal($"image \"busybox\" (docker.io/library/busybox:latest) is not in {fixture.Images}", NotFound("busybox"));
        Assert.Equal($"image \"test\" (docker.io/library/test:latest) is not in {fixture.Images}; localhost/test is", NotFound("test"));
        Assert.Equal($"image \"localhost/test:2\" is not in {fixture.Images}", NotFound("localhost/test:2"));
        Assert.Equal($"image \"sha256:{other}\" is not in {fixture.Images}", NotFound($"sha256:{other}"));
        Assert.Equal($"image \"{other}\" is not in {fixture.Images}", NotFound(other));
        Assert.Equal($"image \"{id.Hex[..3]}\" (docker.io/library/{id.Hex[..3]}:latest) is not in {fixture.Images}", NotFound(id.Hex[..3]));
        Assert.Equal("\"A b\" is not an image reference: \"A b\" is not a part of a name (lower-case letters and digits, joined by one '.', one or two '_', or '-')", NotFound("A b"));
        Assert.StartsWith("\"\\u001b\" is not an image reference: ", NotFound("\u001b"), StringComparison.Ordinal);
    }

    [SkippableFact]
    public void Nothing_is_found_before_there_is_a_store()
    {
        Assert.Empty(fixture.Store.List());
        Assert.Equal($"image \"busybox\" (docker.io/library/busybox:latest) is not in {fixture.Images}", NotFound("busybox"));
        Assert.Equal($"image \"busybox\" (docker.io/library/busybox:latest) is not in {fixture.Images}", Assert.ThrowsAny<ImageException>(() => fixture.Store.Remove("busybox")).Message);
        Assert.True(fixture.Store.CollectGarbage());
        Assert.False(Directory.Exists(fixture.Data));
    }

    [SkippableFact]
    public void The_beginning_of_two_ids_is_refused_whatever_is_asked()
    {
        var (one, two) = AlikeAuthors();
        var first = Assert.Single(fixture.Store.Load(new LayoutBuilder($"{fixture.Folder}/one") { Configuration = config => config["author"] = one }.Add("localhost/one").Finish()));
        var second = Assert.Single(fixture.Store.Load(new LayoutBuilder($"{fixture.Folder}/two") { Configuration = config => config["author"] = two }.Add("localhost/two").Finish()));
        var common = first.Id.Hex[..4];

        Assert.Equal(common, second.Id.Hex[..4]);
        Assert.Equal($"\"{common}\" is the beginning of more than one image's id; give more digits", NotFound(common));
        Assert.Equal($"\"{common}\" is the beginning of more than one image's id; give more digits", Assert.ThrowsAny<ImageException>(() => fixture.Store.Remove(common)).Message);
        Assert.Equal(2, fixture.Store.List().Count);
        Assert.Equal(second.Id, fixture.Store.Resolve(second.Id.Hex[..20]).Id);
    }

    [SkippableFact]
    public void An_image_cannot_take_another_ones_id_for_its_name()
    {
        var honest = fixture.Load(new TarBuilder().Add("honest"));
        var layer = new TarBuilder().Add("hostile").Build();
        var hostile = Assert.Single(fixture.Store.Load(fixture.Write("a.tar", StoreFixture.DockerArchive(([honest.Id.ToString(), honest.Id.Hex], [layer])).Build())));

        Assert.Equal([$"docker.io/library/{honest.Id.Hex}:latest", $"docker.io/library/{honest.Id}"], hostile.Names);
        Assert.Equal(honest.Id, fixture.Store.Resolve(honest.Id.ToString()).Id);
        Assert.Equal(honest.Id, fixture.Store.Resolve(honest.Id.Hex).Id);
        Assert.Equal([honest.Id], fixture.Store.Remove(honest.Id.ToString()).Deleted);
        Assert.Equal(hostile.Id, fixture.Store.Resolve($"library/{honest.Id.Hex}").Id);
        fixture.AssertWhole();
    }

    [SkippableFact]
    public void A_long_name_reads_back_and_is_found_by_digest()
    {
        var name = "docker.io/library/" + new string('n', 255 - "docker.io/library/".Length);
        var image = fixture.LoadAs(name[18..], new TarBuilder().Add("a"));

        Assert.Equal(image.Id, fixture.Store.Resolve($"{name}@{image.Digest}").Id);
        Assert.Equal([$"{name}:latest"], fixture.Store.Remove(name).Untagged);
    }

    [SkippableFact]
    public void Removing_a_name_leaves_the_others_and_the_last_takes_the_image()
    {
        var layer = new TarBuilder().Add("a").Build();
        var image = Assert.Single(fixture.Store.Load(fixture.Layout().Add("localhost/a", layer).Add("localhost/b", layer).Finish()));

        var first = fixture.Store.Remove("localhost/a");
        Assert.Equal(("localhost/a:latest", 0), (Assert.Single(first.Untagged), first.Deleted.Count));
        Assert.Equal(["localhost/b:latest"], fixture.Store.Resolve(image.Id.Hex).Names);
        fixture.AssertWhole();

        var last = fixture.Store.Remove("localhost/b");
        Assert.Equal(("localhost/b:latest", image.Id), (Assert.Single(last.Untagged), Assert.Single(last.Deleted)));
        fixture.AssertEmpty();
    }

    [SkippableTheory]
    [InlineData("id")]
    [InlineData("digits")]
    [InlineData("digest")]
    public void Removing_by_id_or_digest_takes_all_names(string what)
    {
        var layer = new TarBuilder().Add("a").Build();
        var image = Assert.Single(fixture.Store.Load(fixture.Layout().Add("localhost/a", layer).Add("localhost/b", layer).Finish()));

        var removed = fixture.Store.Remove(what switch { "id" => image.Id.ToString(), "digits" => image.Id.Hex[..12], _ => $"localhost/a@{image.Digest}" });

        Assert.Equal(["localhost/a:latest", "localhost/b:latest"], removed.Untagged);
        Assert.Equal([image.Id], removed.Deleted);
        fixture.AssertEmpty();
    }

    [SkippableFact]
    public void Layers_go_with_the_last_image_that_has_them()
    {
        var common = new TarBuilder().Add("common");
        var one = fixture.LoadAs("localhost/one", common, new TarBuilder().Add("one"));
        var two = fixture.LoadAs("localhost/two", common, new TarBuilder().Add("two"));

        fixture.Store.Remove("localhost/one");

        Assert.False(Directory.Exists(one.LayerPaths[1]));
        Assert.All(two.LayerPaths, layer => Assert.True(Directory.Exists(layer)));
        fixture.AssertWhole();
        fixture.Store.Remove("localhost/two");
        fixture.AssertEmpty();
    }

    [SkippableFact]
    public void Layers_in_use_outlive_their_image()
    {
        var image = fixture.Load(new TarBuilder().Add("a"));
        var other = fixture.LoadAs("localhost/other", new TarBuilder().Add("b"));
        fixture.Store.TakeLease("c1", image);

        fixture.Store.Remove("localhost/test");
        fixture.Store.Remove("localhost/other", new HashSet<string> { other.DiffIds[0].ToString() });

        Assert.Empty(fixture.Store.List());
        Assert.True(File.Exists($"{image.LayerPaths[0]}/a"));
        Assert.True(File.Exists($"{other.LayerPaths[0]}/b"));
        Assert.Equivalent(image with { Names = [] }, fixture.Store.ReadLease("c1"), strict: true);

        fixture.Store.ReleaseLease("c1");
        fixture.Store.ReleaseLease("c1");
        Assert.Null(fixture.Store.ReadLease("c1"));
        Assert.True(fixture.Store.CollectGarbage());
        fixture.AssertEmpty();
    }

    [SkippableFact]
    public void No_lease_is_had_on_an_image_that_was_removed()
    {
        var image = fixture.Load(new TarBuilder().Add("a"));
        fixture.Store.Remove("localhost/test");

        var error = Assert.ThrowsAny<ImageException>(() => fixture.Store.TakeLease("c1", image));

        Assert.Equal("image localhost/test:latest was removed while container c1 was being made", error.Message);
        Assert.Null(fixture.Store.ReadLease("c1"));
    }

    [SkippableTheory]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("..")]
    [InlineData(".hidden")]
    [InlineData("a/b")]
    [InlineData("../index.json")]
    public void Lease_of_a_name_that_is_no_containers_is_refused(string id)
    {
        var image = fixture.Load(new TarBuilder().Add("a"));

        foreach (var act in new Action[] { () => fixture.Store.TakeLease(id, image), () => fixture.Store.ReadLease(id), () => fixture.Store.ReleaseLease(id) })
        {
            Assert.Equal($"\"{id}\" is not a container's id", Assert.ThrowsAny<ImageException>(act).Message);
        }

        fixture.AssertWhole();
    }

    [SkippableFact]
    public void A_lease_has_a_name_as_long_as_a_files()
    {
        var image = fixture.Load(new TarBuilder().Add("a"));
        var longest = new string('c', 255);

        fixture.Store.TakeLease(longest, image);
        Assert.Equal(image.Id, fixture.Store.ReadLease(longest)!.Id);
        fixture.Store.ReleaseLease(longest);
        Assert.ThrowsAny<ImageException>(() => fixture.Store.TakeLease(longest + "c", image));
    }

    [SkippableFact]
    public void A_lease_that_a_power_failure_emptied_holds_nothing()
    {
        fixture.Load(new TarBuilder().Add("a"));
        File.WriteAllBytes($"{fixture.Images}/leases/c1", []);

        fixture.Store.Remove("localhost/test");

        Assert.Null(fixture.Store.ReadLease("c1"));
        fixture.AssertEmpty();
    }

    [SkippableFact]
    public void A_damaged_lease_or_table_lets_nothing_be_removed()
    {
        var image = fixture.Load(new TarBuilder().Add("a"));
        File.WriteAllText($"{fixture.Images}/leases/c1", "{");

        var told = new List<string>();
        new ImageStore(fixture.Data) { Damage = told.Add }.CollectGarbage();
        Assert.Equal([$"the lease of container c1: {fixture.Images}/leases/c1 is damaged: it is not what was written there\n  no layer is removed until the container is"], told);
        Assert.True(File.Exists($"{image.LayerPaths[0]}/a"));
        File.Delete($"{fixture.Images}/leases/c1");
        File.WriteAllText($"{fixture.Images}/index.json", "{}");
        Assert.StartsWith($"{fixture.Images}/index.json is damaged: ", Assert.ThrowsAny<ImageException>(() => fixture.Store.CollectGarbage()).Message, StringComparison.Ordinal);
        Assert.True(File.Exists($"{image.LayerPaths[0]}/a"));
    }

    [SkippableFact]
    public void An_image_whose_record_is_gone_is_named_and_can_be_loaded_again()
    {
        var layer = new TarBuilder().Add("a");
        var image = fixture.Load(layer);
        File.Delete($"{fixture.Images}/records/sha256/{image.Digest.Hex}");

        Assert.Equal($"image {image.Digest} is named by {fixture.Images}/index.json, but its record is missing; load it again", NotFound("localhost/test"));
        Assert.Equal(image.Id, fixture.Load(layer).Id);
        fixture.AssertWhole();
    }

    private string NotFound(string reference) => Assert.ThrowsAny<ImageException>(() => fixture.Store.Resolve(reference)).Message;

    /// <summary>Two authors' names that give the configurations of an image without layers digests that begin alike.</summary>
    private static (string One, string Two) AlikeAuthors()
    {
        var seen = new Dictionary<string, string>();
        for (var number = 0; ; number++)
        {
            var config = LayoutBuilder.NewConfiguration([]);
            config["author"] = $"{number}";
            var beginning = Convert.ToHexStringLower(SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(config.ToJsonString())))[..4];
            if (!seen.TryAdd(beginning, $"{number}"))
            {
                return (seen[beginning], $"{number}");
            }
        }
    }
}
