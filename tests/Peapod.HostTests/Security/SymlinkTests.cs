using Peapod.HostTests.Harness;

namespace Peapod.HostTests.Security;

/// <summary>Symlinks of an image in the places where a runtime mounts and makes things. A folder of the host is what they aim at; it stays empty.</summary>
public sealed class SymlinkTests
{
    [Theory]
    [InlineData("proc", "/tmp")]
    [InlineData("proc", "tmp")]
    [InlineData("proc", "tmp/../tmp/")]
    [InlineData("proc", "OUTSIDE")]
    [InlineData("proc", "/chain")]
    [InlineData("sys", "/tmp")]
    [InlineData("sys", "tmp")]
    [InlineData("sys", "OUTSIDE")]
    [InlineData("sys", "/chain")]
    public void Proc_and_sys_behind_a_symlink_are_refused(string place, string target)
    {
        using var bundle = new Bundle("true");
        File.CreateSymbolicLink(bundle.PathInRootfs("chain"), "tmp");
        Link(bundle, place, target);

        var result = bundle.Run();

        Assert.Contains($"at \"/{place}\": ", result.Error, StringComparison.Ordinal);
        Assert.Contains("it must not be a symlink in the root file system", result.Error, StringComparison.Ordinal);
        Assert.Equal(1, result.ExitCode);
        AssertUntouched(bundle);
    }

    [Theory]
    [InlineData("proc")]
    [InlineData("sys")]
    public void A_bind_of_proc_or_sys_goes_through_no_symlink_either(string place)
    {
        using var bundle = new Bundle("true");
        bundle.Edit(config => config["mounts"]!.AsArray().First(mount => (string)mount!["destination"]! == $"/{place}")!.AsObject().Replace(source: $"/{place}"));
        Link(bundle, place, "tmp");

        var result = bundle.Run();

        Assert.Contains($"cannot mount \"/{place}\" at \"/{place}\": ", result.Error, StringComparison.Ordinal);
        Assert.Equal(1, result.ExitCode);
    }

    [Theory]
    [InlineData("dev")]
    [InlineData("dev/pts")]
    [InlineData("dev/shm")]
    [InlineData("run/notify")]
    [InlineData("data")]
    [InlineData("data/a/b")]
    public void What_is_made_behind_a_symlink_out_of_the_root_is_not_made_on_the_host(string place)
    {
        using var bundle = new Bundle("true");
        Directory.CreateDirectory(Path.GetDirectoryName(bundle.PathInRootfs(place))!);
        Link(bundle, place, "OUTSIDE");
        bundle.Mount("tmpfs", $"/{place}/below", "tmpfs").Set("process.cwd", $"\"/{place}/cwd\"");

        // The container's own view of that path, or a refusal: both are right, a trace on the host is not.
        bundle.Run();

        AssertUntouched(bundle);
    }

    [Fact]
    public void Default_devices_are_made_in_the_root_though_dev_is_a_symlink_and_nothing_is_mounted_there()
    {
        using var bundle = new Bundle("true");
        bundle.Edit(static config => config["mounts"] = new System.Text.Json.Nodes.JsonArray());
        Link(bundle, "dev", "OUTSIDE");
        File.WriteAllText(Path.Combine(Outside(bundle), "ptmx"), "the host's");

        bundle.Run();

        Assert.Equal("the host's", File.ReadAllText(Path.Combine(Outside(bundle), "ptmx")));
        Assert.Single(Directory.GetFileSystemEntries(Outside(bundle)));
    }

    [Theory]
    [InlineData("/etc/localtime", "/usr/share/zoneinfo/Area/City", "/usr/share/zoneinfo/Area/City")]
    [InlineData("/etc/resolv.conf", "../run/systemd/resolve/stub-resolv.conf", "/run/systemd/resolve/stub-resolv.conf")]
    [InlineData("/etc/resolv.conf", "../../../../run/up.conf", "/run/up.conf")]
    [InlineData("/opt/app", "made", "/opt/made")]
    [InlineData("/opt/app/deep/file", "/srv/../srv/app/", "/srv/app/deep/file")]
    public void What_a_dangling_symlink_leads_to_is_made_inside_the_root(string destination, string target, string made)
    {
        using var bundle = new Bundle("cat", destination, made).Set("root.readonly", "false");
        File.WriteAllText(Path.Combine(bundle.Folder, "file"), "from the host\n");
        var place = destination.StartsWith("/opt/", StringComparison.Ordinal) ? "/opt/app" : destination;
        Directory.CreateDirectory(Path.GetDirectoryName(bundle.PathInRootfs(place))!);
        File.Delete(bundle.PathInRootfs(place));
        File.CreateSymbolicLink(bundle.PathInRootfs(place), target);
        bundle.Mount("file", destination, "bind", "bind");

        Assert.Equal("from the host\nfrom the host\n", bundle.RunOutput());
        Assert.Equal(target, new FileInfo(bundle.PathInRootfs(place)).LinkTarget);
    }

    [Fact]
    public void A_chain_of_dangling_symlinks_is_followed_to_its_end()
    {
        using var bundle = new Bundle("cat", "/a").Set("root.readonly", "false");
        File.WriteAllText(Path.Combine(bundle.Folder, "file"), "from the host\n");
        File.CreateSymbolicLink(bundle.PathInRootfs("a"), "/links/b");
        File.CreateSymbolicLink(bundle.PathInRootfs("links"), "var/new");
        Directory.CreateDirectory(bundle.PathInRootfs("var"));
        bundle.Mount("file", "/a", "bind", "bind");

        Assert.Equal("from the host\n", bundle.RunOutput());
        Assert.True(File.Exists(bundle.PathInRootfs("var/new/b")));
    }

    [Fact]
    public void A_chain_of_symlinks_that_has_no_end_is_refused()
    {
        using var bundle = new Bundle("true");
        for (var i = 0; i < 60; i++)
        {
            File.CreateSymbolicLink(bundle.PathInRootfs($"link{i}"), $"link{i + 1}");
        }

        File.CreateSymbolicLink(bundle.PathInRootfs("circle"), "circle");
        bundle.Mount("/tmp", "/link0/x", "bind", "bind");
        Assert.Contains("Too many levels of symbolic links", bundle.Run().Error, StringComparison.Ordinal);
        bundle.Set("mounts[7].destination", "\"/circle/x\"");
        Assert.Contains("Too many levels of symbolic links", bundle.Run().Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Dots_and_absolute_symlinks_stay_in_the_root()
    {
        using var bundle = new Bundle("sh", "-c", "ls /real/up /real/absolute");
        File.CreateSymbolicLink(bundle.PathInRootfs("up"), "../../../../../../real/up");
        File.CreateSymbolicLink(bundle.PathInRootfs("absolute"), "/../../real/absolute");
        Directory.CreateDirectory(bundle.PathInRootfs("real/up"));
        Directory.CreateDirectory(bundle.PathInRootfs("real/absolute"));
        var source = Directory.CreateDirectory(Path.Combine(bundle.Folder, "source")).FullName;
        File.WriteAllText($"{source}/file", "");
        bundle.Mount(source, "/up", "bind", "bind").Mount(source, "/absolute", "bind", "bind");

        Assert.Equal("/real/absolute:\nfile\n\n/real/up:\nfile\n", bundle.RunOutput());
    }

    private static string Outside(Bundle bundle) => Directory.CreateDirectory(Path.Combine(bundle.Folder, "outside")).FullName;

    private static void Link(Bundle bundle, string place, string target)
    {
        var path = bundle.PathInRootfs(place);
        if (Directory.Exists(path))
        {
            Directory.Delete(path, recursive: true);
        }

        File.CreateSymbolicLink(path, target == "OUTSIDE" ? Outside(bundle) : target);
    }

    private static void AssertUntouched(Bundle bundle) => Assert.Empty(Directory.GetFileSystemEntries(Outside(bundle)));
}

file static class Mounts
{
    internal static void Replace(this System.Text.Json.Nodes.JsonObject mount, string source)
    {
        mount["type"] = "bind";
        mount["source"] = source;
        mount["options"] = new System.Text.Json.Nodes.JsonArray("rbind");
    }
}
