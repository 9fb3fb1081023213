using Mono.Unix.Native;
using Peapod.Image;
using Peapod.Kernel;
using Peapod.Kernel.Files;
using Peapod.Kernel.Mounts;

namespace Peapod.HostTests.Image;

/// <summary>The overlay a container gets. It is attached nowhere: /proc/self/fd/N is its "/", and Mono.Posix the witness.</summary>
public sealed class RootFileSystemTests : IDisposable
{
    private readonly StoreFixture fixture = new();

    private string Container => $"{fixture.Folder}/container";

    public void Dispose() => fixture.Dispose();

    [SkippableTheory]
    [InlineData(false)]
    [InlineData(true)]
    public void What_a_container_writes_goes_to_its_own_folder_and_is_found_again(bool old)
    {
        var image = fixture.Load(new TarBuilder().Add("a", content: "image"));

        using (var mount = Mount(image, old))
        {
            Assert.Equal(0x794c7630, Type(mount));
            File.WriteAllText($"{At(mount)}/a", "container");
            File.WriteAllText($"{At(mount)}/b", "new");
        }

        Assert.Equal("image", File.ReadAllText($"{image.LayerPaths[0]}/a"));
        Assert.Equal(["a", "b"], Directory.GetFiles($"{Container}/upper").Select(Path.GetFileName).Order());
        using (var mount = Mount(image, old))
        {
            Assert.Equal("container", File.ReadAllText($"{At(mount)}/a"));
            Assert.Equal("new", File.ReadAllText($"{At(mount)}/b"));
        }

        Remove();
    }

    [SkippableTheory]
    [InlineData(false)]
    [InlineData(true)]
    public void Read_only_root_takes_nothing(bool old)
    {
        var image = fixture.Load(new TarBuilder().Directory("d").Add("a", content: "image"));

        using (var mount = RootFileSystem.Mount(image, Container, new() { ReadOnly = true, WithoutAppendedLayers = old }))
        {
            Assert.Equal("image", File.ReadAllText($"{At(mount)}/a"));
            Assert.Equal((-1, Mono.Unix.Native.Errno.EROFS), (Syscall.mkdir($"{At(mount)}/d/new", FilePermissions.ALLPERMS), Stdlib.GetLastError()));
            Assert.Equal((-1, Mono.Unix.Native.Errno.EROFS), (Syscall.open($"{At(mount)}/a", OpenFlags.O_WRONLY), Stdlib.GetLastError()));
            Assert.Equal((-1, Mono.Unix.Native.Errno.EROFS), (Syscall.chmod($"{At(mount)}/a", FilePermissions.ALLPERMS), Stdlib.GetLastError()));
        }

        Assert.Empty(Directory.GetFileSystemEntries($"{Container}/upper"));
        Remove();
    }

    [SkippableTheory]
    [InlineData(false, 130)]
    [InlineData(true, 130)]
    [InlineData(false, 500)]
    [InlineData(true, 500)]
    public void Many_layers_are_stacked_in_their_order(bool old, int count)
    {
        var layers = Enumerable.Range(0, count).Select(i => new TarBuilder().Add($"f{i}", content: $"{i}").Add("top", content: $"{i}")).ToArray();
        var image = fixture.Load(layers);

        using (var mount = Mount(image, old))
        {
            Assert.Equal($"{count - 1}", File.ReadAllText($"{At(mount)}/top"));
            Assert.All(Enumerable.Range(0, count), i => Assert.Equal($"{i}", File.ReadAllText($"{At(mount)}/f{i}")));
            Assert.Equal(count + 1, Directory.GetFiles(At(mount)).Length);
        }

        Remove();
    }

    [SkippableTheory]
    [InlineData(false)]
    [InlineData(true)]
    public void Folders_with_colons_commas_and_backslashes_in_their_names_are_mounted(bool old)
    {
        var strange = Directory.CreateDirectory($"{fixture.Folder}/a:b,lowerdir=c\\d e").FullName;
        var store = new ImageStore($"{strange}/data");
        var source = fixture.Layout().Add("localhost/a", new TarBuilder().Add("a", content: "image").Build(), new TarBuilder().Add("b").Build()).Finish();
        var image = Assert.Single(store.Load(source));

        using (var mount = RootFileSystem.Mount(image, $"{strange}/container:1,2", new() { WithoutAppendedLayers = old }))
        {
            Assert.Equal("image", File.ReadAllText($"{At(mount)}/a"));
            File.WriteAllText($"{At(mount)}/b", "container");
        }

        Assert.Equal("container", File.ReadAllText($"{strange}/container:1,2/upper/b"));
        RootFileSystem.RemoveFolder($"{strange}/container:1,2");
        Assert.False(Path.Exists($"{strange}/container:1,2"));
    }

    [SkippableTheory]
    [InlineData(false)]
    [InlineData(true)]
    public void Paths_too_long_for_an_option_are_mounted(bool old)
    {
        var deep = Directory.CreateDirectory($"{fixture.Folder}/{new string('x', 200)}/{new string('y', 200)}").FullName;
        var source = fixture.Layout().Add("localhost/a", new TarBuilder().Add("a", content: "image").Build()).Finish();
        var image = Assert.Single(new ImageStore($"{deep}/data").Load(source));

        using (var mount = RootFileSystem.Mount(image, $"{deep}/container", new() { WithoutAppendedLayers = old }))
        {
            Assert.Equal("image", File.ReadAllText($"{At(mount)}/a"));
        }

        RootFileSystem.RemoveFolder($"{deep}/container");
    }

    [SkippableFact]
    public void Whiteouts_hide_what_lies_below_and_nothing_else()
    {
        var image = fixture.Load(
            new TarBuilder().Add("gone", content: "1").Add("kept", content: "1").Add("again", content: "1").Add("tree/one").Add("tree/two").Add("swept/one").Add("file/inner").Add("swap/inner"),
            new TarBuilder().Add(".wh.gone").Add(".wh.never").Add("again", content: "2").Add(".wh.again").Add(".wh.tree").Add("tree/three").Add("swept/.wh..wh..opq").Add("swept/two")
                .Add("file", content: "x").Add("swap", content: "x").Directory("swap").Add("swap/new"));

        using (var mount = Mount(image))
        {
            Assert.Equal(["again", "file", "kept", "swap", "swept", "tree"], Directory.GetFileSystemEntries(At(mount)).Select(Path.GetFileName).Order());
            Assert.Equal("2", File.ReadAllText($"{At(mount)}/again"));
            Assert.Equal("three", Path.GetFileName(Assert.Single(Directory.GetFileSystemEntries($"{At(mount)}/tree"))));
            Assert.Equal("two", Path.GetFileName(Assert.Single(Directory.GetFileSystemEntries($"{At(mount)}/swept"))));
            Assert.Equal("new", Path.GetFileName(Assert.Single(Directory.GetFileSystemEntries($"{At(mount)}/swap"))));
            Assert.Equal("x", File.ReadAllText($"{At(mount)}/file"));
        }

        Remove();
    }

    [SkippableFact]
    public void Opaque_root_hides_all_lower_layers()
    {
        var image = fixture.Load(new TarBuilder().Add("lower"), new TarBuilder().Add(".wh..wh..opq").Add("middle"), new TarBuilder().Add("upper"));

        Assert.Equal((3, 2), (image.DiffIds.Count, image.LayerPaths.Count));
        using (var mount = Mount(image))
        {
            Assert.Equal(["middle", "upper"], Directory.GetFileSystemEntries(At(mount)).Select(Path.GetFileName).Order());
        }

        Remove();
    }

    [SkippableFact]
    public void Layer_that_comes_twice_is_mounted_once_where_it_is_higher()
    {
        var layer = new TarBuilder().Add("a", content: "twice");
        var image = fixture.Load(layer, new TarBuilder().Add("a", content: "between").Add("b"), layer);

        Assert.Equal((3, 2), (image.DiffIds.Count, image.LayerPaths.Count));
        using (var mount = Mount(image))
        {
            Assert.Equal("twice", File.ReadAllText($"{At(mount)}/a"));
            Assert.True(File.Exists($"{At(mount)}/b"));
        }

        Remove();
    }

    [SkippableFact]
    public void Hard_linked_files_stay_one_file_above_a_whiteout()
    {
        var image = fixture.Load(
            new TarBuilder().Add("a", content: "lower").HardLink("b", "a"),
            new TarBuilder().Add(".wh.a").Add(".wh.b").Add("c", content: "upper").HardLink("a", "c").HardLink("b", "a"));

        using (var mount = Mount(image))
        {
            Assert.Equal("upper", File.ReadAllText($"{At(mount)}/b"));
            Assert.Equal(Stat($"{At(mount)}/c").st_ino, Stat($"{At(mount)}/b").st_ino);
            Assert.Equal(3ul, Stat($"{At(mount)}/a").st_nlink);
        }

        Remove();
    }

    [SkippableFact]
    public void Root_has_the_mode_and_owner_the_topmost_layer_gives_it()
    {
        var image = fixture.Load(new TarBuilder().Directory("./", 0x1c0, 9, 9), new TarBuilder().Directory("./", 0x3e8, 5, 6), new TarBuilder().Add("a"));

        using (var mount = Mount(image))
        {
            Assert.Equal((FilePermissions.S_IFDIR | (FilePermissions)0x3e8, 5u, 6u), (Stat(At(mount) + "/.").st_mode, Stat(At(mount) + "/.").st_uid, Stat(At(mount) + "/.").st_gid));
            Assert.Equal(0, Syscall.chmod(At(mount) + "/.", (FilePermissions)0x1ed));
        }

        using (var mount = Mount(image))
        {
            Assert.Equal(FilePermissions.S_IFDIR | (FilePermissions)0x1ed, Stat(At(mount) + "/.").st_mode);
        }

        Remove();
    }

    [SkippableTheory]
    [InlineData(false)]
    [InlineData(true)]
    public void An_image_without_layers_is_an_empty_root(bool old)
    {
        var image = fixture.Load();

        using (var mount = Mount(image, old))
        {
            Assert.Empty(Directory.GetFileSystemEntries(At(mount)));
            Assert.Equal(FilePermissions.S_IFDIR | (FilePermissions)0x1ed, Stat(At(mount) + "/.").st_mode);
            File.WriteAllText($"{At(mount)}/a", "");
        }

        Remove();
    }

    [SkippableFact]
    public void A_layer_that_was_removed_is_named()
    {
        var image = fixture.Load(new TarBuilder().Add("a"));
        fixture.Store.Remove("localhost/test");

        Assert.Equal($"layer {image.LayerPaths[0]} is not there: its image was removed", Assert.Throws<ImageException>(() => Mount(image)).Message);
        Remove();
    }

    [SkippableFact]
    public void A_container_folder_whose_parent_is_missing_is_refused()
    {
        var image = fixture.Load(new TarBuilder().Add("a"));

        var error = Assert.Throws<KernelException>(() => RootFileSystem.Mount(image, $"{fixture.Folder}/no/container"));

        Assert.Equal($"mkdir \"{fixture.Folder}/no/container\": No such file or directory", error.Message);
    }

    [SkippableFact]
    public void A_folder_left_by_a_process_killed_while_making_it_is_used_and_removed()
    {
        var image = fixture.Load(new TarBuilder().Directory("./", 0x3ff, 7));
        Directory.CreateDirectory($"{Container}/upper.new");

        RootFileSystem.RemoveFolder(Container);
        Assert.False(Path.Exists(Container));

        Directory.CreateDirectory($"{Container}/upper.new");
        using (var mount = Mount(image))
        {
            Assert.Equal((FilePermissions.S_IFDIR | (FilePermissions)0x3ff, 7u), (Stat(At(mount) + "/.").st_mode, Stat(At(mount) + "/.").st_uid));
        }

        Remove();
    }

    [SkippableFact]
    public void Removing_a_folder_leaves_what_others_put_there_and_is_no_error_twice()
    {
        var image = fixture.Load(new TarBuilder().Add("a"));
        Mount(image).Dispose();
        File.WriteAllText($"{Container}/config.json", "{}");

        RootFileSystem.RemoveFolder(Container);
        Assert.Equal("config.json", Path.GetFileName(Assert.Single(Directory.GetFileSystemEntries(Container))));

        File.Delete($"{Container}/config.json");
        Remove();
        Remove();
    }

    [SkippableFact]
    public void What_a_container_wrote_is_removed_whatever_it_is()
    {
        var image = fixture.Load(new TarBuilder().Directory("d").Add("d/a"));
        using (var mount = Mount(image))
        {
            File.Delete($"{At(mount)}/d/a");
            Directory.CreateSymbolicLink($"{At(mount)}/out", fixture.Data);
            Assert.Equal(0, Syscall.mkfifo($"{At(mount)}/fifo", FilePermissions.DEFFILEMODE));
            var path = $"{At(mount)}/deep";
            Assert.Equal(0, Syscall.mkdir(path, 0));
            Deepen(path);
        }

        Remove();
        Assert.NotEmpty(Directory.GetFileSystemEntries(fixture.Data));
    }

    [SkippableFact]
    public void The_mount_is_in_no_mount_table_and_outlives_nothing()
    {
        var image = fixture.Load(new TarBuilder().Add("a"));

        foreach (var old in new[] { false, true })
        {
            using var mount = Mount(image, old);
            Assert.DoesNotContain(File.ReadAllLines("/proc/self/mountinfo"), line => line.Contains(fixture.Folder, StringComparison.Ordinal));
        }

        Remove();
    }

    /// <summary>300 folders, one in the other: deeper than a path can name.</summary>
    private static void Deepen(string top)
    {
        var current = FileSystem.OpenDirectory(top);
        for (var i = 0; i < 300; i++)
        {
            var name = new string('n', 100);
            FileSystem.MakeDirectory(current, name, 0x1c0);
            var next = FileSystem.OpenAt(current, name, Peapod.Kernel.Interop.Libc.O_PATH);
            current.Dispose();
            current = next;
        }

        current.Dispose();
    }

    private static string At(DetachedMount mount) => $"/proc/self/fd/{mount.Number}";

    private static long Type(DetachedMount mount)
    {
        using var probe = System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo("stat", ["-f", "-c", "%t", $"/proc/{Environment.ProcessId}/fd/{mount.Number}/"]) { RedirectStandardOutput = true })!;
        return Convert.ToInt64(probe.StandardOutput.ReadToEnd().Trim(), 16);
    }

    private static Stat Stat(string path)
    {
        Assert.Equal(0, Syscall.lstat(path, out var status));
        return status;
    }

    private DetachedMount Mount(ContainerImage image, bool old = false) => RootFileSystem.Mount(image, Container, new() { WithoutAppendedLayers = old });

    private void Remove()
    {
        RootFileSystem.RemoveFolder(Container);
        Assert.False(Path.Exists(Container));
    }
}
