using System.Text;
using Mono.Unix.Native;

namespace Peapod.HostTests.Image;

/// <summary>What layers may and may not do while they are unpacked; stat(2) by Mono.Posix is the witness.</summary>
public sealed class LayerTests : IDisposable
{
    private readonly StoreFixture fixture = new();

    public void Dispose() => fixture.Dispose();

    [SkippableFact]
    public void Files_keep_content_mode_owner_and_time()
    {
        var tree = fixture.Unpack(new TarBuilder().Directory("bin", 0x3ff, 3, 4).Add("bin/su", content: "hello", mode: 0x9ed, uid: 70000, gid: 5, time: 1234567890));

        var file = Stat($"{tree}/bin/su");
        Assert.Equal("hello", File.ReadAllText($"{tree}/bin/su"));
        Assert.Equal(FilePermissions.S_IFREG | (FilePermissions)0x9ed, file.st_mode);
        Assert.Equal((70000u, 5u, 1234567890L), (file.st_uid, file.st_gid, file.st_mtime));
        var folder = Stat($"{tree}/bin");
        Assert.Equal(FilePermissions.S_IFDIR | (FilePermissions)0x3ff, folder.st_mode);
        Assert.Equal((3u, 4u, 1_700_000_000L), (folder.st_uid, folder.st_gid, folder.st_mtime));
    }

    [SkippableFact]
    public void Links_devices_and_fifos_are_made()
    {
        var tree = fixture.Unpack(new TarBuilder()
            .Add("a", content: "x").HardLink("b", "/a").Symlink("c", "/etc/shadow").HardLink("d", "c")
            .Add("null", '3', major: 1, minor: 3, mode: 0x1b6).Add("disk", '4', major: 259, minor: 300, mode: 0x1b0, gid: 6).Add("pipe", '6', mode: 0x1a0, uid: 9));

        Assert.Equal(Stat($"{tree}/a").st_ino, Stat($"{tree}/b").st_ino);
        Assert.Equal("/etc/shadow", new FileInfo($"{tree}/c").LinkTarget);
        Assert.Equal(Stat($"{tree}/c").st_ino, Stat($"{tree}/d").st_ino);
        Assert.Equal(FilePermissions.S_IFCHR | (FilePermissions)0x1b6, Stat($"{tree}/null").st_mode);
        Assert.Equal(0x103ul, Stat($"{tree}/null").st_rdev);
        Assert.Equal((ulong)((259 << 8) | (300 & 0xff) | ((300 & ~0xff) << 12)), Stat($"{tree}/disk").st_rdev);
        Assert.Equal(FilePermissions.S_IFIFO | (FilePermissions)0x1a0, Stat($"{tree}/pipe").st_mode);
        Assert.Equal(9u, Stat($"{tree}/pipe").st_uid);
    }

    [SkippableFact]
    public void File_capabilities_are_kept_and_overlay_marks_are_not_taken_from_an_archive()
    {
        byte[] capability = [1, 0, 0, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        var tree = fixture.Unpack(new TarBuilder().Directory("d").Add("ping", content: "x", uid: 5, attributes:
        [
            ("security.capability", capability), ("user.note", "hi\n=\0"u8.ToArray()), ("trusted.overlay.redirect", "/"u8.ToArray()), ("security.selinux", "x"u8.ToArray()),
        ]));

        Assert.True(Syscall.getxattr($"{tree}/ping", "security.capability", out var found) > 0);
        Assert.Equal(capability, found);
        Syscall.getxattr($"{tree}/ping", "user.note", out var note);
        Assert.Equal("hi\n=\0"u8.ToArray(), note);
        Assert.Equal(-1, Syscall.getxattr($"{tree}/ping", "trusted.overlay.redirect", out _));
        Assert.Equal(-1, Syscall.getxattr($"{tree}/ping", "security.selinux", out _));
    }

    [SkippableFact]
    public void Names_that_are_not_UTF8_or_very_long_are_kept()
    {
        var deep = string.Join('/', Enumerable.Repeat(new string('n', 90), 12));
        var tree = fixture.Unpack(new TarBuilder().RawName([0x66, 0xff, 0xfe], "x").Add(deep, content: "y"));

        Assert.Equal("y", File.ReadAllText($"{tree}/{deep}"));
        Assert.Equal(2, Directory.GetFileSystemEntries(tree).Length);
        fixture.Store.Remove("localhost/test");
        Assert.Empty(Directory.GetFileSystemEntries($"{fixture.Images}/layers/sha256"));
    }

    [SkippableFact]
    public void Absolute_names_and_dots_stay_inside()
    {
        var tree = fixture.Unpack(new TarBuilder().Add("/etc/one", content: "1").Add("./a/../two", content: "2").Add("//x//./three", content: "3"));

        Assert.Equal("1", File.ReadAllText($"{tree}/etc/one"));
        Assert.Equal("2", File.ReadAllText($"{tree}/two"));
        Assert.Equal("3", File.ReadAllText($"{tree}/x/three"));
    }

    [SkippableTheory]
    [InlineData("../escape")]
    [InlineData("a/../../escape")]
    [InlineData("/../escape")]
    [InlineData("..")]
    public void Name_that_leads_out_is_refused(string name)
    {
        var error = fixture.Refused(new TarBuilder().Add(name, content: "x"));

        Assert.Contains("leads out of the image", error.Message, StringComparison.Ordinal);
        Assert.Contains($"\"{name}\"", error.Message, StringComparison.Ordinal);
    }

    [SkippableFact]
    public void Files_behind_a_symlink_land_inside_the_image_not_on_the_host()
    {
        var outside = Directory.CreateDirectory($"{fixture.Folder}/outside").FullName;
        var tree = fixture.Unpack(new TarBuilder()
            .Directory(outside[1..]).Symlink("absolute", outside).Symlink("up", "../../../../../../../.." + outside).Symlink("proc", "/proc/self/root" + outside)
            .Add("absolute/one", content: "1").Add("up/two", content: "2"));

        Assert.Empty(Directory.GetFileSystemEntries(outside));
        Assert.Equal("1", File.ReadAllText($"{tree}{outside}/one"));
        Assert.Equal("2", File.ReadAllText($"{tree}{outside}/two"));
    }

    [SkippableFact]
    public void File_behind_a_dangling_symlink_is_refused()
    {
        var error = fixture.Refused(new TarBuilder().Symlink("l", "/nowhere").Add("l/x", content: "x"));

        Assert.Contains("not a directory of the image", error.Message, StringComparison.Ordinal);
        Assert.False(Path.Exists("/nowhere"));
    }

    [SkippableFact]
    public void Symlink_is_replaced_by_a_file_or_directory_of_its_name_not_followed()
    {
        var victim = $"{fixture.Folder}/victim";
        File.WriteAllText(victim, "mine");
        Directory.CreateDirectory($"{fixture.Folder}/folder");
        Assert.Equal(0, Syscall.chmod($"{fixture.Folder}/folder", (FilePermissions)0x1c0));
        var tree = fixture.Unpack(new TarBuilder()
            .Symlink("l", victim).Add("l", content: "theirs", mode: 0x1ff, uid: 7)
            .Symlink("d", $"{fixture.Folder}/folder").Directory("d", 0x1ff, 7).Add("d/x", content: "x"));

        Assert.Equal("mine", File.ReadAllText(victim));
        Assert.Equal(0u, Stat(victim).st_uid);
        Assert.Equal("theirs", File.ReadAllText($"{tree}/l"));
        Assert.Equal((FilePermissions)0x1c0, Stat($"{fixture.Folder}/folder").st_mode & (FilePermissions)0xfff);
        Assert.Empty(Directory.GetFileSystemEntries($"{fixture.Folder}/folder"));
        Assert.True(File.Exists($"{tree}/d/x"));
    }

    [SkippableTheory]
    [InlineData("/etc/passwd")]
    [InlineData("../../../../../../../../etc/passwd")]
    [InlineData("link/passwd")]
    [InlineData("proc/self/root/etc/passwd")]
    [InlineData("")]
    public void Hard_link_to_a_file_of_the_host_is_refused(string target)
    {
        var before = Stat("/etc/passwd").st_nlink;
        fixture.Refused(new TarBuilder().Symlink("link", "/etc").Symlink("proc", "/proc").HardLink("stolen", target));

        Assert.Equal(before, Stat("/etc/passwd").st_nlink);
    }

    [SkippableFact]
    public void Write_through_a_hard_linked_symlink_replaces_the_link()
    {
        var victim = $"{fixture.Folder}/victim";
        File.WriteAllText(victim, "mine");
        fixture.Unpack(new TarBuilder().Symlink("s", victim).HardLink("h", "s").Add("h", content: "theirs"));

        Assert.Equal("mine", File.ReadAllText(victim));
    }

    [SkippableTheory]
    [InlineData('S')]
    [InlineData('V')]
    [InlineData('Z')]
    public void Unknown_kind_of_member_is_refused(char type) =>
        Assert.Contains("layers may not contain", fixture.Refused(new TarBuilder().Add("x", type)).Message, StringComparison.Ordinal);

    [SkippableFact]
    public void Member_that_would_replace_the_root_is_refused()
    {
        fixture.Refused(new TarBuilder().Add("./", '2', link: "/"));
        fixture.Refused(new TarBuilder().Add("a/..", '0', content: "x"));
    }

    [SkippableFact]
    public void Device_that_overlayfs_takes_for_a_whiteout_is_refused() => fixture.Refused(new TarBuilder().Add("x", '3'));

    [SkippableTheory]
    [InlineData(".wh.")]
    [InlineData("a/.wh..")]
    [InlineData(".wh...")]
    [InlineData(".wh.a/b")]
    public void Whiteout_of_nothing_and_file_in_a_whiteout_are_refused(string name) => fixture.Refused(new TarBuilder().Add(name));

    [SkippableFact]
    public void Damaged_archives_are_refused()
    {
        var whole = new TarBuilder().Add("a", content: new string('x', 2000)).Build();
        var truncated = whole[..1200];
        var scribbled = (byte[])whole.Clone();
        scribbled[110] ^= 1;

        foreach (var (archive, expected) in new[] { (truncated, "in the middle of a file"), (scribbled, "checksum"), (Encoding.ASCII.GetBytes("hello"), "middle of a header") })
        {
            var layout = fixture.Layout(Guid.NewGuid().ToString()).Add("localhost/x", archive).Finish();
            Assert.Contains(expected, Assert.Throws<Peapod.Image.ImageException>(() => fixture.Store.Load(layout)).Message, StringComparison.Ordinal);
        }
    }

    [SkippableFact]
    public void Limits_on_entries_and_bytes_are_kept()
    {
        var layout = fixture.Layout().Add("localhost/x", new TarBuilder().Add("a", content: "xx").Add("b", content: "yy").Build()).Finish();

        var few = Assert.Throws<Peapod.Image.ImageException>(() => fixture.Store.Load(layout, new() { Limits = new() { LayerEntries = 1 } }));
        Assert.Contains("more than 1 entries", few.Message, StringComparison.Ordinal);
        var small = Assert.Throws<Peapod.Image.ImageException>(() => fixture.Store.Load(layout, new() { Limits = new() { LayerBytes = 3 } }));
        Assert.Contains("3 bytes", small.Message, StringComparison.Ordinal);
    }

    private static Stat Stat(string path)
    {
        Assert.Equal(0, Syscall.lstat(path, out var status));
        return status;
    }
}
