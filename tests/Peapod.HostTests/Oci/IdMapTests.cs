using Mono.Unix.Native;
using Peapod.HostTests.Harness;

namespace Peapod.HostTests.Oci;

public class IdMapTests
{
    private const string Mappings = """[{"containerID": 0, "hostID": 5000, "size": 10}]""";

    private static readonly string[] UserNamespace = ["pid", "network", "ipc", "uts", "mount", "cgroup", "user"];

    [Fact]
    [Covers("mounts.uidMappings.containerID", "mounts.uidMappings.hostID", "mounts.uidMappings.size")]
    [Covers("mounts.gidMappings.containerID", "mounts.gidMappings.hostID", "mounts.gidMappings.size")]
    public void Owners_are_those_that_the_mappings_give_and_the_source_keeps_its_own()
    {
        using var bundle = new Bundle("sh", "-c", "stat -c '%u %g' /mnt/file; touch /mnt/new; stat -c '%u %g' /mnt/new");
        var source = Source(bundle, 3, 4);
        bundle.Set("process.user", """{"uid": 5003, "gid": 5004}""").Set("process.capabilities", "{}");
        Bind(bundle, source, """["bind"]""", Mappings);

        Assert.Equal("5003 5004\n5003 5004\n", bundle.RunOutput());
        Assert.Equal((3u, 4u), OwnerOf($"{source}/new"));
    }

    [Theory]
    [InlineData("idmap")]
    [InlineData("ridmap")]
    public void Without_mappings_of_its_own_a_mount_has_those_of_the_containers_user_namespace(string option)
    {
        using var bundle = new Bundle("stat", "-c", "%u %g", "/mnt/file").Namespaces(UserNamespace);
        bundle.Set("linux.uidMappings", Shifted).Set("linux.gidMappings", Shifted);
        Open(bundle);
        Bind(bundle, Source(bundle, 3, 4), $"""["bind", "{option}"]""", null);

        Assert.Equal("3 4\n", bundle.RunOutput());
    }

    [Fact]
    public void Without_idmap_the_same_files_are_nobodys()
    {
        using var bundle = new Bundle("stat", "-c", "%u %g", "/mnt/file").Namespaces(UserNamespace);
        bundle.Set("linux.uidMappings", Shifted).Set("linux.gidMappings", Shifted);
        Open(bundle);
        Bind(bundle, Source(bundle, 3, 4), """["bind"]""", null);

        Assert.Equal("65534 65534\n", bundle.RunOutput());
    }

    [Fact]
    public void A_mount_has_the_mappings_of_a_user_namespace_that_is_joined()
    {
        using var first = new Bundle("sleep", "100").Namespaces(UserNamespace);
        first.Set("linux.uidMappings", Shifted).Set("linux.gidMappings", Shifted);
        Open(first);
        var pid = first.RunDetached();
        using var bundle = new Bundle("stat", "-c", "%u %g", "/mnt/file").Namespaces("pid", "ipc", "uts", "mount", "cgroup", "network", $"user=/proc/{pid}/ns/user");
        Open(bundle);
        Bind(bundle, Source(bundle, 3, 4), """["bind", "idmap"]""", null);

        Assert.Equal("3 4\n", bundle.RunOutput());
    }

    [Theory]
    [InlineData("ridmap", "5003 5004")]
    [InlineData("idmap", "3 4")]
    public void What_is_mounted_below_is_mapped_by_ridmap_only(string option, string below)
    {
        using var bundle = new Bundle("stat", "-c", "%u %g", "/mnt/inner/file");
        var source = Source(bundle, 3, 4);
        var inner = Directory.CreateDirectory($"{source}/inner").FullName;
        var other = Directory.CreateDirectory(Path.Combine(bundle.Folder, "other")).FullName;
        File.WriteAllText($"{other}/file", "");
        Assert.Equal(0, Syscall.chown($"{other}/file", 3, 4));
        Assert.Equal(0, PeapodCommand.Start("mount", "--bind", other, inner).ExitCode);
        try
        {
            Bind(bundle, source, $"""["rbind", "{option}"]""", Mappings);

            Assert.Equal(below + "\n", bundle.RunOutput());
        }
        finally
        {
            Assert.Equal(0, PeapodCommand.Start("umount", inner).ExitCode);
        }
    }

    [Fact]
    public void A_file_system_without_id_mapped_mounts_is_told()
    {
        using var bundle = new Bundle("true");
        Bind(bundle, "/sys", """["bind"]""", Mappings);

        Assert.Equal(
            "peapod: config.json: mounts[7]: cannot map the ids of \"/sys\": mount_setattr: Invalid argument\n  the file system of \"/sys\" has no id-mapped mounts\n",
            bundle.Run().Error);
    }

    private const string Shifted = """[{"containerID": 0, "hostID": 100000, "size": 65536}]""";

    private static string Source(Bundle bundle, uint uid, uint gid)
    {
        var source = Directory.CreateDirectory(Path.Combine(bundle.Folder, "source")).FullName;
        File.WriteAllText($"{source}/file", "");
        Assert.Equal(0, Syscall.chown(source, uid, gid));
        Assert.Equal(0, Syscall.chown($"{source}/file", uid, gid));
        return source;
    }

    /// <summary>Root of the user namespace comes to its root file system as anybody does.</summary>
    private static void Open(Bundle bundle)
    {
        Assert.Equal(0, Syscall.chmod(bundle.Folder, (FilePermissions)0x1ed));
        Directory.CreateDirectory(bundle.PathInRootfs("mnt"));
    }

    private static void Bind(Bundle bundle, string source, string options, string? mappings)
    {
        Directory.CreateDirectory(bundle.PathInRootfs("mnt"));
        var ids = mappings is null ? "" : $""", "uidMappings": {mappings}, "gidMappings": {mappings}""";
        bundle.Set("mounts[+]", $$"""{"destination": "/mnt", "type": "bind", "source": "{{source}}", "options": {{options}}{{ids}} }""");
    }

    private static (uint Uid, uint Gid) OwnerOf(string path)
    {
        Assert.Equal(0, Syscall.stat(path, out var status));
        return (status.st_uid, status.st_gid);
    }
}
