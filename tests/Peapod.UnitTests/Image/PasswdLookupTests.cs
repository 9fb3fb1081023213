using Peapod.Image;
using Peapod.Kernel.Files;
using Peapod.Kernel.Interop;

namespace Peapod.UnitTests.Image;

public sealed class PasswdLookupTests : IDisposable
{
    private const string Passwd = """
        root:x:0:0:root:/root:/bin/sh
        # daemon:x:1:1::/:/bin/sh

        www:x:33:34:web:/srv/www:/bin/false
        1000:x:5:5::/five:
        user:x:1000:100::/home/user:
        bare:x:7:8
        relative:x:9:9::home:
        +nis::::::
        negative:x:-1:0::/:
        huge:x:4294967296:0::/:
        words:x:one:two::/:
        twice:x:10:10::/first:
        twice:x:11:11::/second:
        """;

    private const string Group = """
        root:x:0:
        www:x:34:user
        video:x:44:www, user
        audio:x:63:user,
        100:x:7:
        docker:x:-5:user
        users:x:100:user
        """;

    private readonly string folder = Directory.CreateTempSubdirectory("peapod-passwd-").FullName;

    public PasswdLookupTests()
    {
        Directory.CreateDirectory($"{folder}/etc");
        File.WriteAllText($"{folder}/etc/passwd", Passwd);
        File.WriteAllText($"{folder}/etc/group", Group);
    }

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Theory]
    [InlineData("", 0, 0, "0", "/root")]
    [InlineData("0", 0, 0, "0", "/root")]
    [InlineData("root", 0, 0, "0", "/root")]
    [InlineData("www", 33, 34, "34 44", "/srv/www")]
    [InlineData("33", 33, 34, "34 44", "/srv/www")]
    [InlineData("user", 1000, 100, "100 34 44 63", "/home/user")]
    [InlineData("1000", 1000, 100, "100 34 44 63", "/home/user")]
    [InlineData("5", 5, 5, "5", "/five")]
    [InlineData("bare", 7, 8, "8", "/")]
    [InlineData("relative", 9, 9, "9", "/")]
    [InlineData("twice", 10, 10, "10", "/first")]
    [InlineData("11", 11, 11, "11", "/second")]
    [InlineData("4242", 4242, 0, "0", "/")]
    [InlineData("2147483647", 2147483647, 0, "0", "/")]
    [InlineData("user:video", 1000, 44, "44", "/home/user")]
    [InlineData("user:100", 1000, 100, "100", "/home/user")]
    [InlineData("4242:4343", 4242, 4343, "4343", "/")]
    [InlineData(":video", 0, 44, "44", "/root")]
    public void A_user_is_found_with_groups_and_home(string user, uint uid, uint gid, string groups, string home)
    {
        var found = Resolve(user);

        Assert.Equal((uid, gid, groups, home), (found.Uid, found.Gid, string.Join(' ', found.AdditionalGids), found.Home));
    }

    [Theory]
    [InlineData("nobody", "\"nobody\" is not in the image's /etc/passwd")]
    [InlineData("daemon", "\"daemon\" is not in the image's /etc/passwd")]
    [InlineData("+nis", "\"+nis\" is not in the image's /etc/passwd")]
    [InlineData("negative", "\"negative\" is not in the image's /etc/passwd")]
    [InlineData("huge", "\"huge\" is not in the image's /etc/passwd")]
    [InlineData("words", "\"words\" is not in the image's /etc/passwd")]
    [InlineData("www:nogroup", "group \"nogroup\" is not in the image's /etc/group")]
    [InlineData("www:docker", "group \"docker\" is not in the image's /etc/group")]
    [InlineData("-1", "user -1 is out of range; expected 0 to 2147483647")]
    [InlineData("+1", "user +1 is out of range; expected 0 to 2147483647")]
    [InlineData("2147483648", "user 2147483648 is out of range; expected 0 to 2147483647")]
    [InlineData("99999999999999999999", "user 99999999999999999999 is out of range; expected 0 to 2147483647")]
    [InlineData("0:4294967295", "group 4294967295 is out of range; expected 0 to 2147483647")]
    [InlineData("www:", "expected a name or number, or two with one ':' between")]
    [InlineData("a:b:c", "expected a name or number, or two with one ':' between")]
    public void Unknown_user_or_group_is_named(string user, string message) =>
        Assert.Equal($"user \"{user}\": {message}", Assert.Throws<ImageException>(() => Resolve(user)).Message);

    [Fact]
    public void An_image_without_the_files_has_numbers_only()
    {
        Directory.Delete($"{folder}/etc", recursive: true);

        Assert.Equal((0u, 0u, "/"), (Resolve("").Uid, Resolve("").Gid, Resolve("").Home));
        Assert.Equal(4343u, Resolve("4242:4343").Gid);
        Assert.Equal("user \"root\": \"root\" is not in the image's /etc/passwd", Assert.Throws<ImageException>(() => Resolve("root")).Message);
    }

    [Fact]
    public void A_file_without_a_final_line_end_or_with_carriage_returns_is_read()
    {
        File.WriteAllText($"{folder}/etc/passwd", "a:x:1:2::/a:\r\nb:x:3:4::/b");

        Assert.Equal((1u, "/a"), (Resolve("a").Uid, Resolve("a").Home));
        Assert.Equal((3u, "/b"), (Resolve("b").Uid, Resolve("b").Home));
    }

    private ContainerUser Resolve(string user)
    {
        using var root = FileSystem.Open(folder, Libc.O_PATH | Libc.O_DIRECTORY);
        return PasswdLookup.Resolve(root, user);
    }
}
