using Peapod.Image;
using Peapod.Registry;
using Peapod.Registry.Configuration;

namespace Peapod.UnitTests.Registry;

public sealed class RegistriesConfTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("peapod-registries-").FullName;
    private readonly List<string> warnings = [];

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private string Main => $"{folder}/registries.conf";

    [Theory]
    [InlineData("example.com/a:1", "example.com", "mirror.local/x", "mirror.local/x/a:1")]
    [InlineData("example.com/a:1", "example.com/a", "mirror.local/b", "mirror.local/b:1")]
    [InlineData("example.com/a:1", "example.com/a:1", "mirror.local/b:2", "mirror.local/b:2")]
    [InlineData("example.com:5000/a:1", "example.com:5000", "mirror.local", "mirror.local/a:1")]
    [InlineData("deep.example.com/a:1", "*.example.com", "mirror.local", "mirror.local/a:1")]
    [InlineData("x.example.com:5000/a:1", "*.example.com", "", "x.example.com:5000/a:1")]
    public void A_prefix_is_replaced_by_its_location(string name, string prefix, string location, string expected)
    {
        var conf = Load($"[[registry]]\nprefix = \"{prefix}\"\nlocation = \"{location}\"");

        var entry = conf.Find(ImageReference.Parse(name))!;

        Assert.Equal(expected, entry.Rewrite(ImageReference.Parse(name), entry.Location).ToString());
    }

    [Theory]
    [InlineData("example.com.evil/a", "example.com")]
    [InlineData("example.com:5000/a", "example.com")]
    [InlineData("example.com/ab", "example.com/a")]
    [InlineData("example.com/a", "*.example.com")]
    [InlineData("evil/x.example.com/a", "*.example.com")]
    [InlineData("a.example.com.evil/a", "*.example.com")]
    public void A_prefix_ends_where_a_part_of_the_name_does(string name, string prefix) =>
        Assert.Null(Load($"[[registry]]\nprefix = \"{prefix}\"\nlocation = \"mirror.local\"").Find(ImageReference.Parse(name)));

    [Fact]
    public void The_longest_prefix_counts_and_a_later_file_replaces_an_earlier_one()
    {
        Drop("20.conf", "[[registry]]\nlocation = \"example.com\"\nblocked = true\n[[registry]]\nlocation = \"example.com/team\"\ninsecure = true");

        var conf = Load("[[registry]]\nlocation = \"example.com\"");

        Assert.True(conf.Find(ImageReference.Parse("example.com/other/a"))!.Blocked);
        Assert.True(conf.Find(ImageReference.Parse("example.com/team/a"))!.Insecure);
    }

    [Fact]
    public void Mirrors_come_before_their_registry_and_only_for_what_they_serve()
    {
        var conf = Load("""
            [[registry]]
            location = "example.com"
            [[registry.mirror]]
            location = "first.local/copies"
            insecure = true
            [[registry.mirror]]
            location = "second.local"
            pull-from-mirror = "digest-only"
            """);
        var byTag = Endpoint.Of(ImageReference.Parse("example.com/a:1"), conf, new());
        var byDigest = Endpoint.Of(ImageReference.Parse($"example.com/a@sha256:{new string('a', 64)}"), conf, new());

        Assert.Equal(["first.local/copies/a:1", "example.com/a:1"], byTag.Select(endpoint => endpoint.Name.ToString()));
        Assert.Equal([(true, true, true), (false, false, false)], byTag.Select(endpoint => (endpoint.IsMirror, endpoint.MayBePlain, endpoint.SkipVerify)));
        Assert.Equal(["first.local", "second.local", "example.com"], byDigest.Select(endpoint => endpoint.Label));
    }

    [Fact]
    public void A_blocked_registry_is_named_with_its_file_and_line()
    {
        var conf = Load("\n[[registry]]\nlocation = \"evil.example\"\nblocked = true");

        var error = Assert.Throws<RegistryException>(() => Endpoint.Of(ImageReference.Parse("evil.example/a"), conf, new()));

        Assert.Equal($"evil.example/a:latest: registry evil.example is blocked by {Main}:2", error.Message);
        Assert.Equal(RegistryFailure.Denied, error.Failure);
    }

    [Fact]
    public void Short_names_go_by_alias_then_by_the_search_list()
    {
        Drop("shortnames.conf", "[aliases]\n\"fedora\" = \"registry.example/fedora\"\n\"gone\" = \"registry.example/gone\"");
        Drop("zz.conf", "[aliases]\n\"gone\" = \"\"");
        var conf = Load("unqualified-search-registries = [\"one.example\", \"docker.io\"]\nshort-name-mode = \"permissive\"");

        Assert.Equal(["registry.example/fedora:39"], Resolve(conf, "fedora:39"));
        Assert.Equal(["one.example/gone:latest", "docker.io/library/gone:latest"], Resolve(conf, "gone"));
        Assert.Equal(["one.example/team/app:latest", "docker.io/team/app:latest"], Resolve(conf, "team/app"));
        Assert.Equal(["localhost/app:latest"], Resolve(conf, "localhost/app"));
        Assert.Equal([$"registry.example/fedora@sha256:{new string('a', 64)}"], Resolve(conf, $"fedora@sha256:{new string('a', 64)}"));
    }

    [Fact]
    public void Without_a_file_a_short_name_is_Dockers()
    {
        Assert.Equal(["docker.io/library/nginx:latest"], Resolve(RegistriesConf.Load([Main], null, warnings.Add), "nginx"));
        Assert.Equal(["docker.io/library/nginx:latest"], Resolve(Load("[aliases]\n\"x\" = \"a.example/x\""), "nginx"));
    }

    [Fact]
    public void A_short_name_that_could_mean_several_things_is_refused_when_modes_enforce_it()
    {
        var conf = Load("unqualified-search-registries = [\"one.example\", \"two.example\"]");
        Assert.Equal(
            $"\"app\" is a short name that could mean one.example/app:latest or two.example/app:latest; give the registry, too, or an alias in {Main} (short-name-mode is enforcing)",
            Assert.Throws<ImageException>(() => Resolve(conf, "app")).Message);

        Assert.Contains("an empty list of unqualified-search-registries", Assert.Throws<ImageException>(() => Resolve(Load("unqualified-search-registries = []"), "app")).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a = [\n\"x\"\nb = 1", ":", "not valid TOML: ")]
    [InlineData("\nunqualified-search-registries = \"docker.io\"", ":2: ", "unqualified-search-registries: expected an array of strings")]
    [InlineData("unqualified-search-registries = [\"a\", 7]", ":1: ", "unqualified-search-registries: expected an array of strings")]
    [InlineData("unqualified-search-registries = [\"https://docker.io\"]", ":1: ", "unqualified-search-registries: \"https://docker.io\" begins with a scheme; write the host alone")]
    [InlineData("short-name-mode = \"lax\"", ":1: ", "short-name-mode: is \"lax\", expected enforcing, permissive or disabled")]
    [InlineData("[[registry]]\ninsecure = true", ":1: ", "[[registry]]: neither prefix nor location is set")]
    [InlineData("[[registry]]\nprefix = \"a.example\"", ":2: ", "registry.prefix: location must be set beside a prefix without a wildcard")]
    [InlineData("[[registry]]\nprefix = \"a.*.example\"\nlocation = \"b\"", ":2: ", "registry.prefix: \"a.*.example\": a wildcard stands for the beginning of a host's name and nothing else: *.example.com")]
    [InlineData("[[registry]]\nlocation = \"a\"\ninsecure = \"yes\"", ":3: ", "registry.insecure: expected true or false")]
    [InlineData("[registry]\nlocation = \"a\"", ":1: ", "registry: expected tables: [[registry]]")]
    [InlineData("[[registry]]\nlocation = \"a\"\n[[registry.mirror]]\ninsecure = true", ":3: ", "[[registry.mirror]]: location is not set")]
    [InlineData("[[registry]]\nlocation = \"a\"\n[[registry.mirror]]\nlocation = \"b\"\npull-from-mirror = \"some\"", ":5: ", "registry.mirror.pull-from-mirror: is \"some\", expected all, digest-only or tag-only")]
    [InlineData("[aliases]\n\"a.example/x\" = \"b.example/x\"", ":2: ", "aliases.a.example/x: is not a short name: one without a registry, tag and digest")]
    [InlineData("[aliases]\nx = \"y\"", ":2: ", "aliases.x: \"y\" is not a name with a registry")]
    [InlineData("[aliases]\nx = 3", ":2: ", "aliases.x: expected a string in quotes")]
    [InlineData("[registries.search]\nregistries = [\"docker.io\"]", ":1: ", "this is the old format of registries.conf")]
    public void What_is_wrong_is_told_with_file_and_line(string text, string line, string complaint)
    {
        var message = Assert.Throws<ImageException>(() => Load(text)).Message;

        Assert.StartsWith(Main + line, message, StringComparison.Ordinal);
        Assert.Contains(complaint, message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_key_that_nobody_reads_is_told()
    {
        Load("unqualified-search-registry = [\"a\"]\n[[registry]]\nlocation = \"a\"\nblock = true\n[[registry.mirror]]\nlocation = \"b\"\nsecure = false");

        Assert.Equal(
            [$"{Main}:4: \"registry.block\"", $"{Main}:7: \"registry.mirror.secure\"", $"{Main}:1: \"unqualified-search-registry\""],
            warnings.Select(warning => warning[..(warning.LastIndexOf('"') + 1)]).OrderBy(warning => warning, Comparer<string>.Create((a, b) => string.CompareOrdinal(a[(a.IndexOf('"'))..], b[(b.IndexOf('"'))..]))));
    }

    [Fact]
    public void A_file_that_is_a_folder_or_no_text_is_told()
    {
        Directory.CreateDirectory(Main);
        Assert.StartsWith($"{Main}: cannot be read: ", Assert.Throws<ImageException>(() => RegistriesConf.Load([Main], null, warnings.Add)).Message, StringComparison.Ordinal);

        Directory.Delete(Main);
        File.WriteAllBytes(Main, [0xff, 0xfe]);
        Assert.Equal($"{Main}: not valid UTF-8", Assert.Throws<ImageException>(() => RegistriesConf.Load([Main], null, warnings.Add)).Message);
    }

    private static List<string> Resolve(RegistriesConf conf, string text) => ShortName.Resolve(text, conf).Select(name => name.ToString()).ToList();

    private RegistriesConf Load(string text)
    {
        File.WriteAllText(Main, text);
        return RegistriesConf.Load([Main], null, warnings.Add);
    }

    private void Drop(string name, string text)
    {
        Directory.CreateDirectory($"{Main}.d");
        File.WriteAllText($"{Main}.d/{name}", text);
    }
}
