using System.Text;
using Peapod.Pod.Objects;
using Peapod.Pod.Volumes;

namespace Peapod.UnitTests.Pod;

public sealed class ProjectedFilesTests : IDisposable
{
    private readonly Told told = new();

    public ProjectedFilesTests()
    {
        told.ConfigMap("map", ("a", "1"), ("b", "2"));
        told.Secret("secret", ("a", [0xff]), ("s", "x"u8.ToArray()));
    }

    public void Dispose() => told.Dispose();

    [Fact]
    public void All_keys_are_files_or_only_those_that_are_asked_for()
    {
        Assert.Equal("a 644 1; b 644 2", Files(new() { ConfigMap = new() { Name = "map" } }));
        Assert.Equal("deep/b 400 2", Files(new() { ConfigMap = new() { Name = "map", Items = [new() { Key = "b", Path = "deep/b", Mode = 0x100 }], DefaultMode = 0x1ff } }));
        Assert.Equal("a 400 \ufffd; s 400 x", Files(new() { Secret = new() { SecretName = "secret", DefaultMode = 0x100 } }));
    }

    [Fact]
    public void Several_sources_are_one_folder_and_the_later_one_counts()
    {
        var volume = new Volume
        {
            Projected = new()
            {
                DefaultMode = 0x120,
                Sources =
                [
                    new() { Secret = new() { Name = "secret" } },
                    new() { ConfigMap = new() { Name = "map" } },
                    new() { DownwardAPI = new() { Items = [new() { Path = "b", FieldRef = new() { FieldPath = "metadata.name" } }, new() { Path = "cpu", ResourceFieldRef = new() { ContainerName = "c", Resource = "limits.cpu" } }] } },
                ],
            },
        };
        Assert.Equal("a 440 1; b 440 p; cpu 440 4; s 440 x", Files(volume));
    }

    [Theory]
    [InlineData("map", "x", "configmap references non-existent config key: x")]
    [InlineData("none", "a", "configmap \"none\" not found")]
    public void What_is_missing_is_told_in_the_kubelets_words_unless_it_is_optional(string name, string key, string error)
    {
        var source = new ConfigMapVolumeSource { Name = name, Items = [new() { Key = key, Path = "f" }] };
        Assert.Equal(error, Assert.Throws<VolumeException>(() => Files(new() { ConfigMap = source })).Message);
        Assert.Equal("", Files(new() { ConfigMap = source with { Optional = true } }));
    }

    [Fact]
    public void A_secret_that_is_missing_is_told_too()
    {
        Assert.Equal("secret \"x\" not found", Assert.Throws<VolumeException>(() => Files(new() { Secret = new() { SecretName = "x" } })).Message);
        Assert.Equal(
            "references non-existent secret key: x",
            Assert.Throws<VolumeException>(() => Files(new() { Secret = new() { SecretName = "secret", Items = [new() { Key = "x", Path = "f" }] } })).Message);
    }

    [Theory]
    [InlineData("../a")]
    [InlineData("/a")]
    [InlineData("a/../b")]
    [InlineData("..a")]
    [InlineData("a//b")]
    [InlineData("./a")]
    [InlineData("")]
    public void A_path_that_leads_out_of_the_volume_or_to_the_writers_own_names_is_refused(string path)
    {
        var source = new ConfigMapVolumeSource { Name = "map", Items = [new() { Key = "a", Path = path }] };
        Assert.StartsWith($"path \"{path}\": must be relative", Assert.Throws<VolumeException>(() => Files(new() { ConfigMap = source })).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_cannot_stand_where_another_ones_folder_is_to_be()
    {
        var source = new ConfigMapVolumeSource { Name = "map", Items = [new() { Key = "a", Path = "x/y/z" }, new() { Key = "b", Path = "x/y" }] };
        Assert.Equal("conflicting paths \"x/y\" and \"x/y/z\"", Assert.Throws<VolumeException>(() => Files(new() { ConfigMap = source })).Message);
    }

    [Fact]
    public void Another_kind_of_volume_has_no_such_files() =>
        Assert.Null(ProjectedFiles.Of(new() { EmptyDir = new() }, "space", Told.Fields(), told.Objects));

    private string Files(Volume volume) => string.Join("; ", ProjectedFiles.Of(volume, "space", Told.Fields(new ContainerSpec { Name = "c" }), told.Objects)!
        .Select(static file => $"{file.Key} {Convert.ToString(file.Value.Mode, 8)} {Encoding.UTF8.GetString(file.Value.Content)}"));
}
