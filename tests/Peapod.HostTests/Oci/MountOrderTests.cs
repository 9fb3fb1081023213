using System.Text.Json.Nodes;
using Mono.Unix.Native;
using Peapod.HostTests.Harness;

namespace Peapod.HostTests.Oci;

/// <summary>Mounts are made in the listed order: config.md, "Mounts".</summary>
public class MountOrderTests
{
    private const string Mappings = """[{"containerID": 0, "hostID": 100000, "size": 65536}]""";

    [Theory]
    [InlineData(false, "", "root\n")]
    [InlineData(true, "", "nobody\n")]
    [InlineData(false, "mapped", "5000\n")]
    [InlineData(true, "mapped", "5000\n")]
    [Covers("mounts.source")]
    public void A_source_in_an_earlier_mount_is_what_that_mount_shows(bool inUserNamespace, string ids, string owner)
    {
        using var bundle = new Bundle("sh", "-c", "cat /second/word; stat -c %U /second/word");
        Directory.CreateDirectory(bundle.PathInRootfs("/first/sub"));
        File.WriteAllText(bundle.PathInRootfs("/first/sub/word"), "of the root file system, below the mount\n");
        var source = Folder(bundle, "source/sub", "from the first mount\n");
        if (inUserNamespace)
        {
            EnterUserNamespace(bundle);
        }

        bundle.Mount(Path.GetDirectoryName(source)!, "/first", "bind", "rbind").Mount(bundle.PathInRootfs("/first/sub"), "/second", "bind", "bind", "ro");
        if (ids == "mapped")
        {
            // In the user namespace, where the host's 105000 is 5000.
            var host = inUserNamespace ? 105000 : 5000;
            var mapping = $$"""[{"containerID": 0, "hostID": {{host}}, "size": 1}]""";
            bundle.Edit(config => config["mounts"]![8]!["uidMappings"] = JsonNode.Parse(mapping)).Edit(config => config["mounts"]![8]!["gidMappings"] = JsonNode.Parse(mapping));
        }

        Assert.Equal($"from the first mount\n{owner.Replace("5000", "UNKNOWN", StringComparison.Ordinal)}", bundle.RunOutput());
    }

    [Fact]
    public void A_source_that_only_an_earlier_mount_brings_is_found_by_each_way_to_it()
    {
        using var bundle = new Bundle("cat", "/a/word", "/b/word", "/c/word");
        var source = Folder(bundle, "source/sub", "word\n");
        File.CreateSymbolicLink(Path.Combine(bundle.Folder, "link"), "rootfs/first");
        bundle.Mount(Path.GetDirectoryName(source)!, "/first", "bind", "rbind")
            .Mount(bundle.PathInRootfs("/first/sub"), "/a", "bind", "bind")
            .Mount("rootfs/first/sub", "/b", "bind", "bind")
            .Mount(Path.Combine(bundle.Folder, "link/sub"), "/c", "bind", "bind");

        Assert.Equal("word\nword\nword\n", bundle.RunOutput());
    }

    [Fact]
    public void A_source_that_no_mount_brings_is_missing_as_ever()
    {
        using var bundle = new Bundle("true");
        bundle.Mount("rootfs/not/there", "/a", "bind", "bind");

        var place = Path.Combine(bundle.Folder, "rootfs/not/there");
        Assert.Equal($"peapod: config.json: mounts[7]: cannot mount \"{place}\" at \"/a\": open_tree: No such file or directory\n  the source does not exist on the host\n", bundle.Run().Error);
    }

    [Fact]
    public void Proc_of_the_container_is_a_source_for_its_later_mounts()
    {
        using var bundle = new Bundle("sh", "-c", "cat /own/1/comm; ls -d /own/[0-9]* | wc -l").Mount("rootfs/proc", "/own", "bind", "rbind");

        Assert.Equal("sh\n3\n", bundle.RunOutput());
    }

    [Theory]
    [InlineData("/")]
    [InlineData("/.")]
    [InlineData("/to-root")]
    [Covers("mounts.destination")]
    public void A_mount_on_the_root_is_the_root(string destination)
    {
        using var bundle = new Bundle("sh", "-c", "ls -d /bound /proc/self/fd/0 /dev/null; (touch /new) 2>&1; awk '$5 == \"/\"' /proc/self/mountinfo | wc -l").Set("root.readonly", "false");
        var other = Path.Combine(bundle.Folder, "other");
        Assert.Equal(0, PeapodCommand.Start("cp", "-a", bundle.PathInRootfs("/"), other).ExitCode);
        File.WriteAllText($"{other}/bound", "");
        File.CreateSymbolicLink(bundle.PathInRootfs("to-root"), "/");
        bundle.Edit(config => config["mounts"]!.AsArray().Insert(0, JsonNode.Parse($$"""{"destination": "{{destination}}", "type": "bind", "source": "{{other}}", "options": ["rbind", "ro"]}""")));

        Assert.Equal("/bound\n/dev/null\n/proc/self/fd/0\ntouch: /new: Read-only file system\n1\n", bundle.RunOutput());
    }

    [Theory]
    [InlineData("slave", "mounted later\n")]
    [InlineData("rslave", "mounted later\n")]
    [InlineData("private", "")]
    [InlineData("rprivate", "")]
    [InlineData("shared", "")]
    [InlineData("unbindable", "")]
    [Covers("linux.rootfsPropagation")]
    public void A_root_that_is_a_slave_sees_what_the_host_mounts_in_it_later(string propagation, string seen)
    {
        using var bundle = new Bundle("sleep", "100").Set("linux.rootfsPropagation", $"\"{propagation}\"");
        var (rootfs, later) = (bundle.PathInRootfs("/"), bundle.PathInRootfs("/srv/later"));
        Directory.CreateDirectory(later);
        Mount("--bind", rootfs, rootfs);
        try
        {
            Mount("--make-shared", rootfs);
            var pid = bundle.RunDetached();
            Mount("-t", "tmpfs", "none", later);
            File.WriteAllText($"{later}/word", "mounted later\n");

            Assert.Equal(seen, PeapodCommand.Start("sh", "-c", $"cat /proc/{pid}/root/srv/later/word 2>/dev/null").Output);
            Assert.Equal(0, bundle.Peapod("delete", "--force", bundle.Id).ExitCode);
        }
        finally
        {
            PeapodCommand.Start("umount", "--recursive", rootfs);
        }
    }

    private static void Mount(params string[] arguments) => Assert.Equal(0, PeapodCommand.Start("mount", arguments).ExitCode);

    private static string Folder(Bundle bundle, string name, string word)
    {
        var folder = Directory.CreateDirectory(Path.Combine(bundle.Folder, name)).FullName;
        File.WriteAllText($"{folder}/word", word);
        return folder;
    }

    private static void EnterUserNamespace(Bundle bundle)
    {
        Assert.Equal(0, Syscall.chmod(bundle.Folder, (FilePermissions)0x1ed));
        foreach (var name in new[] { "first", "second" })
        {
            Directory.CreateDirectory(bundle.PathInRootfs(name));
        }

        bundle.Namespaces("pid", "network", "ipc", "uts", "mount", "cgroup", "user").Set("linux.uidMappings", Mappings).Set("linux.gidMappings", Mappings);
    }
}
