using Peapod.Pod;
using Peapod.Pod.Objects;

namespace Peapod.UnitTests.Pod;

public sealed class ObjectStoreTests : IDisposable
{
    private readonly Told told = new();

    public void Dispose() => told.Dispose();

    [Fact]
    public void An_object_is_created_left_alone_or_configured()
    {
        Assert.Equal(["created", "unchanged", "configured"], [told.Objects.Apply(Map("1")), told.Objects.Apply(Map("1")), told.Objects.Apply(Map("2"))]);
        Assert.Equal("2", told.Objects.TryReadConfigMap("space", "m")!.Data!["k"]);
        Assert.Equal(["m"], told.Objects.Names("space", "ConfigMap"));
        Assert.True(told.Objects.Remove("space", "ConfigMap", "m"));
        Assert.False(told.Objects.Remove("space", "ConfigMap", "m"));
        Assert.Null(told.Objects.TryReadConfigMap("space", "m"));
    }

    [Fact]
    public void Nobody_else_may_read_what_is_kept()
    {
        told.Secret("s", ("k", "v"u8.ToArray()));
        foreach (var path in Directory.EnumerateFileSystemEntries($"{told.Host.DataRoot}/objects", "*", SearchOption.AllDirectories))
        {
            Assert.Equal((UnixFileMode)0, File.GetUnixFileMode(path) & ~(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute));
        }

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode($"{told.Host.DataRoot}/objects/space/secrets/s.json"));
    }

    [Fact]
    public void What_is_immutable_may_be_applied_again_but_not_changed()
    {
        var map = Map("1") with { Immutable = true };
        told.Objects.Apply(map);
        Assert.Equal("unchanged", told.Objects.Apply(map));
        Assert.Equal("The ConfigMap \"m\" is invalid: data: Forbidden: field is immutable when `immutable` is set", Refused(Map("2") with { Immutable = true }));
        Assert.Equal("The ConfigMap \"m\" is invalid: immutable: Forbidden: field is immutable when `immutable` is set", Refused(Map("1")));
        Assert.Equal("configured", told.Objects.Apply(map with { Metadata = map.Metadata with { Labels = new Dictionary<string, string> { ["a"] = "b" } } }));
    }

    [Fact]
    public void The_type_of_a_secret_and_the_spec_of_a_claim_stay()
    {
        var secret = new Secret { Metadata = new() { Name = "s", Namespace = "space" }, Type = "Opaque" };
        told.Objects.Apply(secret);
        Assert.Equal(
            "The Secret \"s\" is invalid: type: Invalid value: \"other\": field is immutable",
            Assert.Throws<PodException>(() => told.Objects.Apply(secret with { Type = "other" })).Message);

        var claim = new PersistentVolumeClaim { Metadata = new() { Name = "c", Namespace = "space" }, Spec = new() { AccessModes = ["ReadWriteOnce"] } };
        told.Objects.Apply(claim);
        Assert.Equal("configured", told.Objects.Apply(claim with { Spec = claim.Spec with { Resources = new() } }));
        Assert.StartsWith(
            "The PersistentVolumeClaim \"c\" is invalid: spec: Forbidden: spec is immutable after creation",
            Assert.Throws<PodException>(() => told.Objects.Apply(claim with { Spec = claim.Spec with { AccessModes = ["ReadWriteMany"] } })).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_name_that_is_too_long_for_a_file_is_refused() =>
        Assert.Contains("at most 250", Assert.Throws<PodException>(() => told.Objects.Apply(Map("1") with { Metadata = new() { Name = new string('a', 251), Namespace = "space" } })).Message, StringComparison.Ordinal);

    private static ConfigMap Map(string value) =>
        new() { Metadata = new() { Name = "m", Namespace = "space" }, Data = new Dictionary<string, string> { ["k"] = value } };

    private string Refused(ConfigMap map) => Assert.Throws<PodException>(() => told.Objects.Apply(map)).Message;
}
