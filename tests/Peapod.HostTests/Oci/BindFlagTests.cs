using Peapod.HostTests.Harness;

namespace Peapod.HostTests.Oci;

/// <summary>Which flags a bind mount has: runc's rules, tried with runc 1.3 on the same mounts.</summary>
public sealed class BindFlagTests : IDisposable
{
    private const string Mappings = """[{"containerID": 0, "hostID": 100000, "size": 65536}]""";
    private readonly string source = Directory.CreateTempSubdirectory("peapod-flags-").FullName;

    [Theory]
    [InlineData("nosuid,nodev,noexec,noatime", "rbind rprivate", "rw,nosuid,nodev,noexec,noatime")]
    [InlineData("nosuid,nodev,noexec,noatime", "bind rw", "rw,noatime")]
    [InlineData("nosuid,nodev,noexec,noatime", "bind ro", "ro,noatime")]
    [InlineData("nosuid,nodev,noexec,noatime", "bind nosuid", "rw,nosuid,noatime")]
    [InlineData("nosuid,nodev,noexec,noatime", "bind dev", "rw,noatime")]
    [InlineData("nosuid,nodev,noexec,noatime", "bind atime", "rw,noatime")]
    [InlineData("nosuid,nodev,noexec,noatime", "bind diratime", "rw,noatime")]
    [InlineData("nosuid,nodev,noexec,noatime", "bind norelatime", "rw,noatime")]
    [InlineData("nosuid,nodev,noexec,noatime", "bind relatime", "rw,relatime")]
    [InlineData("nosuid,nodev,noexec,noatime", "bind strictatime", "rw")]
    [InlineData("nosuid,nodev,noexec,noatime", "bind nodiratime", "rw,nodiratime,relatime")]
    [InlineData("nosuid,nodev,noexec,noatime", "bind sync", "rw,noatime")]
    [InlineData("ro,nosuid", "bind noexec", "rw,noexec,relatime")]
    [InlineData("ro,nosuid", "bind", "ro,nosuid,relatime")]
    [InlineData("strictatime,nodiratime", "bind nodev", "rw,nodev,nodiratime")]
    [InlineData("strictatime,nodiratime", "bind noatime", "rw,noatime")]
    [InlineData("relatime", "bind noatime relatime", "rw,noatime")]
    [InlineData("relatime", "bind noatime strictatime", "rw")]
    [InlineData("relatime", "rbind nosuid rro", "ro,nosuid,relatime")]
    [Covers("mounts.options")]
    public void Flags_of_the_source_that_no_option_names_end_when_one_names_any(string flags, string options, string expected)
    {
        Mount(flags);
        using var bundle = Bind(options);

        Assert.Equal($"{expected}\n", bundle.RunOutput());
    }

    /// <summary>The host's flags are locked there: mount_namespaces(7).</summary>
    [Theory]
    [InlineData("nosuid,nodev,noexec,noatime", "bind ro", "ro,nosuid,nodev,noexec,noatime")]
    [InlineData("nosuid,nodev,noexec,noatime", "bind noatime nodev", "rw,nosuid,nodev,noexec,noatime")]
    [InlineData("ro,noexec", "bind nosuid", "ro,nosuid,noexec,relatime")]
    public void In_a_user_namespace_they_stay(string flags, string options, string expected)
    {
        Mount(flags);
        using var bundle = InUserNamespace(Bind(options));

        Assert.Equal($"{expected}\n", bundle.RunOutput());
    }

    [Theory]
    [InlineData("ro", "bind rw")]
    [InlineData("nosuid", "bind suid")]
    [InlineData("noatime", "bind relatime")]
    [InlineData("noatime", "bind strictatime")]
    public void In_a_user_namespace_an_option_that_would_end_one_is_refused(string flags, string options)
    {
        Mount(flags);
        using var bundle = InUserNamespace(Bind(options));

        Assert.Equal(
            $"peapod: config.json: mounts[7]: cannot mount \"{source}\" at \"/data\": operation not permitted\n  the host's mount has other flags, and in a user namespace they stay: leave out the options that say otherwise\n",
            bundle.Run().Error);
    }

    [Theory]
    [InlineData("src-nofollow", "symbolic link\n", "symbolic link\n")]
    [InlineData("copy-symlink", "symbolic link\n", "symbolic link\n")]
    [InlineData("", "regular empty file\n", "regular empty file\n")]
    public void A_source_that_is_a_symlink_is_followed_kept_or_copied(string option, string made, string again)
    {
        using var bundle = new Bundle("stat", "-c", "%F", "/data").Set("root.readonly", "false");
        File.WriteAllText(Path.Combine(bundle.Folder, "file"), "");
        var link = Path.Combine(bundle.Folder, "link");
        File.CreateSymbolicLink(link, "file");
        bundle.Mount(link, "/data", "bind", option.Length == 0 ? ["bind"] : ["bind", option]);

        Assert.Equal(made, bundle.RunOutput());
        Assert.Equal(again, bundle.RunOutput());
    }

    [Fact]
    public void A_symlink_is_not_copied_over_another_file()
    {
        using var bundle = new Bundle("true").Set("root.readonly", "false");
        File.CreateSymbolicLink(Path.Combine(bundle.Folder, "link"), "file");
        File.WriteAllText(bundle.PathInRootfs("/data"), "kept");
        bundle.Mount("link", "/data", "bind", "bind", "copy-symlink");

        Assert.Equal($"peapod: config.json: mounts[7]: cannot mount \"{bundle.Folder}/link\" at \"/data\": symlinkat: File exists\n", bundle.Run().Error);
        Assert.Equal("kept", File.ReadAllText(bundle.PathInRootfs("/data")));
    }

    [Fact]
    public void A_target_that_is_a_symlink_is_mounted_on_itself_with_dest_nofollow()
    {
        using var bundle = new Bundle("sh", "-c", "cat /data; cat /real").Set("root.readonly", "false");
        File.WriteAllText(Path.Combine(bundle.Folder, "file"), "from the host\n");
        File.WriteAllText(bundle.PathInRootfs("/real"), "from the root\n");
        File.CreateSymbolicLink(bundle.PathInRootfs("/data"), "/real");
        bundle.Mount("file", "/data", "bind", "bind", "dest-nofollow");

        Assert.Equal("from the host\nfrom the root\n", bundle.RunOutput());
    }

    public void Dispose()
    {
        PeapodCommand.Start("umount", source);
        Directory.Delete(source);
    }

    private void Mount(string flags) => Assert.Equal(0, PeapodCommand.Start("mount", "-t", "tmpfs", "-o", flags, "none", source).ExitCode);

    private Bundle Bind(string options)
    {
        var bundle = new Bundle("sh", "-c", "grep ' /data ' /proc/self/mountinfo | cut -d' ' -f6");
        Directory.CreateDirectory(bundle.PathInRootfs("/data"));
        return bundle.Mount(source, "/data", "bind", options.Split(' '));
    }

    private static Bundle InUserNamespace(Bundle bundle)
    {
        Assert.Equal(0, Mono.Unix.Native.Syscall.chmod(bundle.Folder, (Mono.Unix.Native.FilePermissions)0x1ed));
        return bundle.Namespaces("pid", "network", "ipc", "uts", "mount", "cgroup", "user").Set("linux.uidMappings", Mappings).Set("linux.gidMappings", Mappings);
    }
}
