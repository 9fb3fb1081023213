using System.Text;
using Peapod.Image;
using Peapod.Registry.Authentication;

namespace Peapod.UnitTests.Registry;

public sealed class AuthFileTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("peapod-auth-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Theory]
    [InlineData("quay.example/team/app", "quay.example/team/app")]
    [InlineData("quay.example/team/app/part", "quay.example/team/app")]
    [InlineData("quay.example/team/application", "quay.example/team")]
    [InlineData("quay.example/other", "quay.example")]
    [InlineData("nginx", "https://index.docker.io/v1/")]
    [InlineData("old.example/a", "https://old.example/v1/")]
    [InlineData("path.example/a", null)]
    [InlineData("quay.example.evil/a", null)]
    [InlineData("store.example/a", null)]
    public void The_longest_key_that_the_name_begins_with_counts(string name, string? key)
    {
        string[] keys = ["quay.example", "quay.example/team", "quay.example/team/app", "https://index.docker.io/v1/", "https://old.example/v1/", "https://path.example/b/v1/"];
        var file = Read($$"""{"auths": { {{string.Join(", ", keys.Select(one => $"\"{one}\": {{\"auth\": \"{Base64($"u:{one}")}\"}}"))}}, "store.example": {} } }""");

        var found = file.Find(ImageReference.Parse(name), TimeSpan.FromSeconds(1));

        // A user's name ends at the first colon.
        Assert.Equal(key, found?.Password);
        Assert.Equal(key is null ? null : "u", found?.User);
    }

    [Theory]
    [InlineData("""{"auths": {"a.example": {"auth": "?"}}}""", ": auths.a.example.auth: not base64")]
    [InlineData("""{"auths": {"a.example": {"auth": "YWJj"}}}""", ": auths.a.example.auth: decoded, it is not USER:PASSWORD")]
    [InlineData("""{"auths": []}""", ": auths: expected an object, found an array")]
    [InlineData("""{"credHelpers": {"a.example": "../x"}}""", ": credHelpers: \"../x\" is not a credential helper's name: what follows docker-credential- in a program's")]
    [InlineData("""{"credsStore": "peapod-has-none"}""", ": credsStore: cannot run docker-credential-peapod-has-none: No such file or directory")]
    public void What_is_wrong_is_told_with_file_and_field(string json, string complaint) => Assert.Equal(
        $"{folder}/auth.json{complaint}", Assert.Throws<ImageException>(() => Read(json).Find(ImageReference.Parse("a.example/x"), TimeSpan.FromSeconds(1))).Message);

    [Fact]
    public void A_file_that_is_no_json_is_told() => Assert.StartsWith($"{folder}/auth.json: not valid JSON", Assert.Throws<ImageException>(() => Read("{")).Message, StringComparison.Ordinal);

    [Fact]
    public void A_file_that_the_user_names_must_be_there() =>
        Assert.Equal($"authentication file \"{folder}/none\" does not exist", Assert.Throws<ImageException>(() => AuthFile.All($"{folder}/none")).Message);

    [Fact]
    public void An_identity_token_is_kept_beside_the_user()
    {
        var found = Read($$$"""{"auths": {"a.example": {"auth": "{{{Base64("00000000-0000-0000-0000-000000000000:")}}}", "identitytoken": "T"} } }""").Find(ImageReference.Parse("a.example/x"), TimeSpan.FromSeconds(1))!;

        Assert.Equal(("T", ""), (found.IdentityToken, found.Password));
        Assert.DoesNotContain("T", found.ToString(), StringComparison.Ordinal);
    }

    private static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));

    private AuthFile Read(string json)
    {
        File.WriteAllText($"{folder}/auth.json", json);
        return AuthFile.TryRead($"{folder}/auth.json")!;
    }
}
