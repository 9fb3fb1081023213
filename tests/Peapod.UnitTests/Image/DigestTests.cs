using System.Security.Cryptography;
using Peapod.Image;

namespace Peapod.UnitTests.Image;

public sealed class DigestTests
{
    private const string Hex = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    [Fact]
    public void A_digest_reads_back_as_written()
    {
        Assert.True(Digest.TryParse("sha256:" + Hex, out var digest));
        Assert.Equal(Hex, digest.Hex);
        Assert.Equal("sha256:" + Hex, digest.ToString());
        Assert.Equal(digest, Digest.Parse("sha256:" + Hex, "test"));
    }

    [Fact]
    public void The_digest_of_nothing_is_the_one_everybody_knows() =>
        Assert.Equal("sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", Digest.OfHash(SHA256.HashData([])).ToString());

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("sha256:")]
    [InlineData(Hex)]
    [InlineData("sha256:" + Hex + "0")]
    [InlineData("SHA256:" + Hex)]
    [InlineData("sha512:" + Hex)]
    [InlineData("sha256:0123456789ABCDEF0123456789abcdef0123456789abcdef0123456789abcdef")]
    [InlineData("sha256:../../../../../../../../../../../../../../../../../../../etc/passw")]
    [InlineData("sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcde\n")]
    [InlineData(" sha256:" + Hex)]
    public void Anything_else_is_none(string? text) => Assert.False(Digest.TryParse(text, out _));

    [Fact]
    public void The_message_names_the_place_and_shows_no_control_characters()
    {
        var error = Assert.Throws<ImageException>(() => Digest.Parse("sha256:\u001b[2J", "index.json: manifests[0].digest"));

        Assert.Equal(
            "index.json: manifests[0].digest: \"sha256:\\u001b[2J\" is not a digest that can be used; expected sha256: and 64 lower-case hexadecimal digits", error.Message);
    }
}
