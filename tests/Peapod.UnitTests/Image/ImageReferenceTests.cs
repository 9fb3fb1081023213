using Peapod.Image;

namespace Peapod.UnitTests.Image;

public sealed class ImageReferenceTests
{
    private const string Hex = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
    private const string BadTag = "is not 1 to 128 letters, digits, '_', '.' or '-' beginning with a letter, digit or '_'";
    private const string BadPart = "is not a part of a name (lower-case letters and digits, joined by one '.', one or two '_', or '-')";
    private const string BadDigest = "what follows the @ is not a digest (sha256: and 64 lower-case hexadecimal digits)";

    [Theory]
    [InlineData("busybox", "docker.io/library/busybox", "latest")]
    [InlineData("busybox:1.36", "docker.io/library/busybox", "1.36")]
    [InlineData("docker.io/busybox", "docker.io/library/busybox", "latest")]
    [InlineData("index.docker.io/library/busybox", "docker.io/library/busybox", "latest")]
    [InlineData("grafana/grafana", "docker.io/grafana/grafana", "latest")]
    [InlineData("localhost/busybox", "localhost/busybox", "latest")]
    [InlineData("localhost:5000/busybox", "localhost:5000/busybox", "latest")]
    [InlineData("localhost:5000/a/b/c:x", "localhost:5000/a/b/c", "x")]
    [InlineData("registry/busybox", "docker.io/registry/busybox", "latest")]
    [InlineData("REGISTRY/busybox", "REGISTRY/busybox", "latest")]
    [InlineData("registry.example/busybox", "registry.example/busybox", "latest")]
    [InlineData("registry.k8s.io/pause:3.10", "registry.k8s.io/pause", "3.10")]
    [InlineData("[2001:db8::1]:5000/a", "[2001:db8::1]:5000/a", "latest")]
    [InlineData("[::1]/a:b", "[::1]/a", "b")]
    [InlineData("localhost/a.b_c__d---e/f", "localhost/a.b_c__d---e/f", "latest")]
    [InlineData("x:_.-", "docker.io/library/x", "_.-")]
    [InlineData("localhost", "docker.io/library/localhost", "latest")]
    public void A_short_name_is_completed(string text, string repository, string tag)
    {
        var reference = ImageReference.Parse(text);

        Assert.Equal((repository, tag, null), (reference.Repository, reference.Tag, reference.Digest));
        Assert.Equal($"{repository}:{tag}", reference.Name);
        Assert.Equal(reference.Name, reference.ToString());
    }

    [Theory]
    [InlineData("busybox@sha256:" + Hex, null, "docker.io/library/busybox@sha256:" + Hex, "docker.io/library/busybox@sha256:" + Hex)]
    [InlineData("localhost:1/a:b@sha256:" + Hex, "b", "localhost:1/a:b", "localhost:1/a:b@sha256:" + Hex)]
    public void A_digest_takes_the_place_of_the_tag_or_stands_beside_it(string text, string? tag, string name, string full)
    {
        var reference = ImageReference.Parse(text);

        Assert.Equal((tag, name, full), (reference.Tag, reference.Name, reference.ToString()));
        Assert.Equal(Hex, reference.Digest!.Value.Hex);
    }

    [Theory]
    [InlineData("busybox")]
    [InlineData("[::1]:5000/a/b:c")]
    [InlineData("localhost/x@sha256:" + Hex)]
    public void A_full_reference_means_itself(string text)
    {
        var full = ImageReference.Parse(text);

        Assert.Equal(full, ImageReference.Parse(full.ToString()));
    }

    [Theory]
    [InlineData("", "it has no name")]
    [InlineData(":latest", "it has no name")]
    [InlineData("@sha256:" + Hex, "it has no name")]
    [InlineData("a@", BadDigest)]
    [InlineData("a@sha256:abc", BadDigest)]
    [InlineData("a@sha512:" + Hex + Hex, BadDigest)]
    [InlineData("a@sha256:" + Hex + "@sha256:" + Hex, BadDigest)]
    [InlineData("a:", $"the tag \"\" {BadTag}")]
    [InlineData("a:-x", $"the tag \"-x\" {BadTag}")]
    [InlineData("a:.x", $"the tag \".x\" {BadTag}")]
    [InlineData("a:x y", $"the tag \"x y\" {BadTag}")]
    [InlineData("a:b:c/d", "\"a:b:c\" is not a registry's host name and port")]
    [InlineData("a:b:", $"the tag \"\" {BadTag}")]
    [InlineData("host:/a", "\"host:\" is not a registry's host name and port")]
    [InlineData("host:port/a", "\"host:port\" is not a registry's host name and port")]
    [InlineData("host:123456/a", "\"host:123456\" is not a registry's host name and port")]
    [InlineData("host:65536/a", "\"host:65536\" is not a registry's host name and port")]
    [InlineData("host:0/a", "\"host:0\" is not a registry's host name and port")]
    [InlineData("-host.x/a", "\"-host.x\" is not a registry's host name and port")]
    [InlineData("a..b/c", "\"a..b\" is not a registry's host name and port")]
    [InlineData("[::1/a", "\"[::1\" is not a registry's host name and port")]
    [InlineData("[]:1/a", "\"[]:1\" is not a registry's host name and port")]
    [InlineData("../etc/passwd", "\"..\" is not a registry's host name and port")]
    [InlineData("/a", $"\"\" {BadPart}")]
    [InlineData("a/", $"\"\" {BadPart}")]
    [InlineData("a//b", $"\"\" {BadPart}")]
    [InlineData("a/../b", $"\"..\" {BadPart}")]
    [InlineData("Busybox", $"\"Busybox\" {BadPart}")]
    [InlineData("a___b", $"\"a___b\" {BadPart}")]
    [InlineData("a..b", $"\"a..b\" {BadPart}")]
    [InlineData("a._b", $"\"a._b\" {BadPart}")]
    [InlineData("a-", $"\"a-\" {BadPart}")]
    [InlineData("_a", $"\"_a\" {BadPart}")]
    [InlineData("busy box", $"\"busy box\" {BadPart}")]
    [InlineData("büsybox", $"\"büsybox\" {BadPart}")]
    [InlineData("a\nb", "\"a\\nb\" is not a part of a name (lower-case letters and digits, joined by one '.', one or two '_', or '-')")]
    public void What_is_no_reference_is_told_with_the_reason(string text, string reason)
    {
        Assert.False(ImageReference.TryParse(text, out _));
        var error = Assert.Throws<ImageException>(() => ImageReference.Parse(text));
        Assert.Equal($"\"{text.Replace("\n", "\\n", StringComparison.Ordinal)}\" is not an image reference: {reason}", error.Message);
    }

    [Fact]
    public void The_full_name_may_have_255_characters_and_the_tag_128()
    {
        var longest = new string('a', 255 - "docker.io/library/".Length);

        Assert.Equal(255, ImageReference.Parse(longest).Repository.Length);
        Assert.Equal(ImageReference.Parse(longest), ImageReference.Parse(ImageReference.Parse(longest).Name));
        Assert.EndsWith(": its name in full is longer than 255 characters", Refused(longest + "a"), StringComparison.Ordinal);
        Assert.Equal(new string('t', 128), ImageReference.Parse("a:" + new string('t', 128)).Tag);
        Assert.StartsWith("\"a:ttt", Refused("a:" + new string('t', 129)), StringComparison.Ordinal);
    }

    [Fact]
    public void A_message_shows_no_more_than_200_characters_of_a_name()
    {
        var message = Refused(new string('A', 5000));

        Assert.Equal($"\"{new string('A', 200)}…\" is not an image reference: \"{new string('A', 200)}…\" {BadPart}", message);
    }

    private static string Refused(string text) => Assert.Throws<ImageException>(() => ImageReference.Parse(text)).Message;
}
