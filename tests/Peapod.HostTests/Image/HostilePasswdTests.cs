using System.Diagnostics;
using Mono.Unix.Native;
using Peapod.Image;
using Peapod.Kernel.Files;
using Peapod.Kernel.Interop;

namespace Peapod.HostTests.Image;

/// <summary>An image's /etc/passwd that is anything but a short text.</summary>
public sealed class HostilePasswdTests : IDisposable
{
    private readonly StoreFixture fixture = new();

    private string Root => $"{fixture.Folder}/root";

    public HostilePasswdTests()
    {
        Directory.CreateDirectory($"{Root}/etc");
        fixture.Write("passwd", "victim:x:4711:4712::/stolen:\n"u8.ToArray());
    }

    public void Dispose() => fixture.Dispose();

    [SkippableFact]
    public void Symlink_leads_to_a_file_of_the_image_never_to_the_hosts()
    {
        foreach (var target in new[] { $"{fixture.Folder}/passwd", "../../passwd", "../../../../../../../../../.." + fixture.Folder + "/passwd", $"/proc/self/root{fixture.Folder}/passwd" })
        {
            File.Delete($"{Root}/etc/passwd");
            File.CreateSymbolicLink($"{Root}/etc/passwd", target);
            Assert.Equal("user \"victim\": \"victim\" is not in the image's /etc/passwd", Refused("victim"));
        }

        Directory.CreateDirectory($"{Root}{fixture.Folder}");
        File.WriteAllText($"{Root}{fixture.Folder}/passwd", "victim:x:1:2::/own:\n");
        File.Delete($"{Root}/etc/passwd");
        File.CreateSymbolicLink($"{Root}/etc/passwd", $"{fixture.Folder}/passwd");
        Assert.Equal((1u, 2u, "/own"), (Resolve("victim").Uid, Resolve("victim").Gid, Resolve("victim").Home));
    }

    [SkippableFact]
    public void Folder_that_is_a_symlink_leads_nowhere_else_either()
    {
        Directory.Delete($"{Root}/etc");
        File.CreateSymbolicLink($"{Root}/etc", fixture.Folder);

        Assert.Equal("user \"victim\": \"victim\" is not in the image's /etc/passwd", Refused("victim"));
    }

    [SkippableFact]
    public void Symlinks_in_a_circle_are_refused()
    {
        File.CreateSymbolicLink($"{Root}/etc/passwd", "passwd");

        Assert.Equal("cannot read the image's /etc/passwd: Too many levels of symbolic links", Refused("victim"));
    }

    [SkippableTheory]
    [InlineData("passwd", FilePermissions.S_IFIFO, 0)]
    [InlineData("passwd", FilePermissions.S_IFCHR, 0x105)]
    [InlineData("passwd", FilePermissions.S_IFCHR, 0x500)]
    [InlineData("group", FilePermissions.S_IFIFO, 0)]
    [InlineData("group", FilePermissions.S_IFBLK, 0x700)]
    public void Fifo_and_device_are_refused_unopened(string file, FilePermissions type, int device)
    {
        Assert.Equal(0, Syscall.mknod($"{Root}/etc/{file}", type | FilePermissions.DEFFILEMODE, (ulong)device));
        var clock = Stopwatch.StartNew();

        Assert.Equal($"the image's /etc/{file} is not a regular file", Refused("1:name"));
        Assert.InRange(clock.ElapsedMilliseconds, 0, 5000);
    }

    [SkippableFact]
    public void Folder_in_place_of_the_file_is_refused()
    {
        Directory.CreateDirectory($"{Root}/etc/passwd");

        Assert.Equal("the image's /etc/passwd is not a regular file", Refused("victim"));
    }

    [SkippableFact]
    public void File_of_a_mebibyte_is_read_and_a_larger_one_refused_unread()
    {
        const string line = "last:x:5:6::/:";
        File.WriteAllText($"{Root}/etc/passwd", new string('#', PasswdLookup.FileLimit - line.Length - 1) + "\n" + line);
        Assert.Equal(5u, Resolve("last").Uid);

        File.AppendAllText($"{Root}/etc/passwd", "\n");
        Assert.Equal("the image's /etc/passwd is larger than 1048576 bytes", Refused("last"));
        Assert.Equal(0, Syscall.truncate($"{Root}/etc/passwd", 1L << 40));
        Assert.Equal("the image's /etc/passwd is larger than 1048576 bytes", Refused("last"));
    }

    [SkippableFact]
    public void Numbers_need_the_file_to_be_sound_too()
    {
        Assert.Equal(0, Syscall.mkfifo($"{Root}/etc/passwd", FilePermissions.DEFFILEMODE));

        Assert.Equal("the image's /etc/passwd is not a regular file", Refused("1000"));
    }

    [SkippableFact]
    public void Of_a_mounted_image_its_own_users_are_found()
    {
        var image = fixture.Load(new TarBuilder().Add("etc/passwd", content: "app:x:10:20::/app:\n").Add("etc/group", content: "app:x:20:\nlogs:x:30:app\n"));
        using (var mount = RootFileSystem.Mount(image, $"{fixture.Folder}/container"))
        {
            var user = PasswdLookup.Resolve(mount, "app");
            Assert.Equal((10u, 20u, "20 30", "/app"), (user.Uid, user.Gid, string.Join(' ', user.AdditionalGids), user.Home));
        }

        RootFileSystem.RemoveFolder($"{fixture.Folder}/container");
    }

    private string Refused(string user) => Assert.Throws<ImageException>(() => Resolve(user)).Message;

    private ContainerUser Resolve(string user)
    {
        using var root = FileSystem.Open(Root, Libc.O_PATH | Libc.O_DIRECTORY);
        return PasswdLookup.Resolve(root, user);
    }
}
