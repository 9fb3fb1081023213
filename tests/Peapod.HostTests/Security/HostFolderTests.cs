using Peapod.HostTests.Harness;

namespace Peapod.HostTests.Security;

/// <summary>Cgroups, state folders and sockets: nothing of them is where or whose it should not be.</summary>
public sealed class HostFolderTests
{
    [Fact]
    public void Without_a_cgroup_namespace_a_read_only_cgroup_mount_is_read_only()
    {
        using var bundle = new Bundle("sh", "-c", "(echo $$ >/sys/fs/cgroup/cgroup.procs) 2>&1; mkdir /sys/fs/cgroup/x 2>&1");
        bundle.Namespaces("pid", "network", "ipc", "uts", "mount");
        var output = bundle.Run().Output;
        Assert.Equal(2, output.Split("Read-only file system").Length - 1);
    }

    [Theory]
    [InlineData("pid", "network", "ipc", "uts", "mount")]
    [InlineData("pid", "network", "ipc", "uts", "mount", "cgroup")]
    [InlineData("pid", "network", "ipc", "uts", "mount", "cgroup", "user")]
    [InlineData("pid", "ipc", "uts", "mount", "user")]
    public void The_process_is_below_the_cgroup_that_is_asked_for(params string[] namespaces)
    {
        using var bundle = new Bundle("sleep", "100").Namespaces(namespaces);
        bundle.Set("linux.cgroupsPath", "\"/hardening/a\"");
        if (namespaces.Contains("user"))
        {
            const string ids = """[{"containerID": 0, "hostID": 100000, "size": 65536}]""";
            bundle.Set("linux.uidMappings", ids).Set("linux.gidMappings", ids);
            Assert.Equal(0, Mono.Unix.Native.Syscall.chmod(bundle.Folder, (Mono.Unix.Native.FilePermissions)0x1ed));
            Directory.CreateDirectory(bundle.PathInRootfs("sys/fs/cgroup"));
            bundle.Edit(config => config["mounts"]!.AsArray().ToList().ForEach(mount =>
            {
                if ((string)mount!["type"]! == "sysfs" && !namespaces.Contains("network"))
                {
                    config["mounts"]!.AsArray().Remove(mount);
                }
            }));
        }

        var pid = bundle.RunDetached();
        Assert.EndsWith("/hardening/a\n", File.ReadAllText($"/proc/{pid}/cgroup"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("../../x")]
    [InlineData("/../x")]
    [InlineData("/a/../../x")]
    [InlineData("/")]
    [InlineData("/./")]
    public void A_cgroups_path_that_leads_out_is_refused(string path)
    {
        using var bundle = new Bundle("true").Set("linux.cgroupsPath", $"\"{path}\"");
        var result = bundle.Run();
        Assert.Equal(1, result.ExitCode);
        Assert.StartsWith("peapod: config.json: linux.cgroupsPath: ", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Folders_of_state_are_the_owners_alone()
    {
        using var bundle = new Bundle("sleep", "100");
        bundle.RunDetached();
        foreach (var path in Directory.GetDirectories(bundle.Root, "*", SearchOption.AllDirectories).Append(bundle.Root))
        {
            Assert.Equal((UnixFileMode)0x1c0, File.GetUnixFileMode(path));
        }

        foreach (var path in Directory.GetFiles(bundle.Root, "*", SearchOption.AllDirectories))
        {
            Assert.Equal((UnixFileMode)0, File.GetUnixFileMode(path) & (UnixFileMode)0x3f);
        }
    }

    [Fact]
    public void There_is_no_abstract_socket_of_ours()
    {
        using var bundle = new Bundle("sleep", "100");
        var before = Abstract();
        Assert.Equal(0, bundle.Create().ExitCode);
        Assert.Equal(before, Abstract());
        Assert.Equal(0, bundle.Peapod("start", bundle.Id).ExitCode);
        Assert.Equal(before, Abstract());
    }

    /// <summary>Parsers of command lines may put a file's lines in the place of "@file"; ours would do it with the host's, as root.</summary>
    [Fact]
    public void No_argument_names_a_file_to_take_arguments_from()
    {
        using var bundle = new Bundle("sleep", "100");
        bundle.RunDetached();
        var file = Path.Combine(bundle.Folder, "words");
        File.WriteAllText(file, "secret");
        Assert.Equal($"@{file}\n", bundle.Exec(bundle.Id, "echo", $"@{file}").Output);
        Assert.DoesNotContain("secret", bundle.Exec("--cwd", $"@{file}", bundle.Id, "true").Error, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", bundle.Peapod("state", $"@{file}").Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\n")]
    [InlineData("a\nb")]
    [InlineData("a/../../b")]
    [InlineData(".")]
    [InlineData("é")]
    [InlineData("a:b")]
    [InlineData("@seccomp")]
    [InlineData("%2e%2e")]
    public void An_id_that_could_be_a_path_is_refused_by_every_command(string id)
    {
        using var bundle = new Bundle("true");
        foreach (var command in new[] { "state", "start", "delete", "pause", "resume", "ps" })
        {
            var result = bundle.Peapod(command, id);
            Assert.Equal(1, result.ExitCode);
            Assert.Contains("container id", result.Error, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_field_longer_than_any_message_buffer_is_passed_on_whole()
    {
        var value = new string('x', 100_000);
        using var bundle = new Bundle("sh", "-c", "echo ${#LONG}; wc -l </proc/self/mountinfo");
        bundle.Set("process.env[+]", $"\"LONG={value}\"");
        for (var i = 0; i < 300; i++)
        {
            bundle.Mount("tmpfs", $"/tmp/{new string('d', 200)}/{i}", "tmpfs", "size=4k");
        }

        var lines = bundle.RunOutput().Split('\n');
        Assert.Equal("100000", lines[0]);
        Assert.InRange(int.Parse(lines[1]), 300, 400);
    }

    [Fact]
    public void More_mappings_than_the_kernel_takes_are_refused_and_not_cut()
    {
        using var bundle = new Bundle("true").Namespaces("pid", "network", "ipc", "uts", "mount", "user");
        var maps = $"[{string.Join(',', Enumerable.Range(0, 10_000).Select(static i => $$"""{"containerID": {{i}}, "hostID": {{i + 100_000}}, "size": 1}"""))}]";
        bundle.Set("linux.uidMappings", maps).Set("linux.gidMappings", maps);
        var result = bundle.Run();
        Assert.Equal(1, result.ExitCode);
        Assert.Contains("linux.uidMappings", result.Error, StringComparison.Ordinal);
    }

    private static int Abstract() => File.ReadAllLines("/proc/net/unix").Count(static line => line.Contains("peapod", StringComparison.Ordinal) && line.Contains('@', StringComparison.Ordinal));
}
