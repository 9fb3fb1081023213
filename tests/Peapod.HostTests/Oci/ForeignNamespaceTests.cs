using System.Text.Json.Nodes;
using Peapod.HostTests.Harness;

namespace Peapod.HostTests.Oci;

/// <summary>Namespaces that are joined and that the container's user namespace does not own.</summary>
public class ForeignNamespaceTests
{
    private static readonly string[] All = ["pid", "network", "ipc", "uts", "mount", "cgroup"];

    [Theory]
    [InlineData("network", "net", false)]
    [InlineData("network", "net", true)]
    [InlineData("ipc", "ipc", false)]
    [InlineData("ipc", "ipc", true)]
    [InlineData("uts", "uts", false)]
    [InlineData("uts", "uts", true)]
    [InlineData("pid", "pid", false)]
    [InlineData("pid", "pid", true)]
    [InlineData("cgroup", "cgroup", false)]
    [InlineData("cgroup", "cgroup", true)]
    [InlineData("time", "time", false)]
    [InlineData("time", "time", true)]
    [Covers("linux.namespaces.path")]
    public void A_namespace_of_the_hosts_is_joined_from_a_user_namespace(string type, string kind, bool joinsUser)
    {
        using var owner = new Bundle("sleep", "100").Namespaces([.. All, "time"]);
        var sandbox = owner.RunDetached();
        using var user = new Bundle("sleep", "100").Namespaces([.. All, "user"]).Mapped();
        var other = joinsUser ? user.RunDetached() : 0;
        using var bundle = new Bundle("sleep", "100").Namespaces([.. All.Where(name => name != type), $"{type}=/proc/{sandbox}/ns/{kind}", joinsUser ? $"user=/proc/{other}/ns/user" : "user"]);
        bundle.Mapped();
        bundle.Edit(static config => config.AsObject().Remove("hostname"));

        var pid = bundle.RunDetached();

        Assert.Equal(Of(sandbox, kind), Of(pid, kind));
        Assert.True(joinsUser == (Of(other, "user") == Of(pid, "user")));
        Assert.NotEqual(Of(sandbox, "user"), Of(pid, "user"));
        Assert.StartsWith("0 100000 1000", string.Join(' ', File.ReadAllText($"/proc/{pid}/uid_map").Split(' ', StringSplitOptions.RemoveEmptyEntries)), StringComparison.Ordinal);

        // What shows the namespace shows that one, and one more process joins it, too.
        Assert.Equal($"{new FileInfo($"/proc/{sandbox}/ns/{kind}").LinkTarget}\n", bundle.Exec(bundle.Id, "readlink", $"/proc/self/ns/{kind}").Output);
    }

    [Fact]
    public void File_systems_that_show_a_foreign_namespace_show_that_one()
    {
        using var owner = new Bundle("sleep", "100");
        var sandbox = owner.RunDetached();
        Assert.Equal(0, PeapodCommand.Start("nsenter", "--net", "--target", $"{sandbox}", "ip", "link", "add", "seen", "type", "bridge").ExitCode);
        using var bundle = new Bundle("sh", "-c", "ls /sys/class/net | tr '\\n' ' '; cat /proc/1/comm; stat -f -c %t /dev/mqueue; touch /sys/x 2>/dev/null || echo ro");
        bundle.Namespaces("mount", "cgroup", "user", "uts", $"network=/proc/{sandbox}/ns/net", $"pid=/proc/{sandbox}/ns/pid", $"ipc=/proc/{sandbox}/ns/ipc");
        bundle.Mapped();

        Assert.Equal("lo seen sleep\n19800202\nro\n", bundle.RunOutput());
    }

    [Fact]
    public void A_container_of_a_user_namespace_may_live_in_the_hosts_network()
    {
        using var bundle = new Bundle("sh", "-c", "ls /sys/class/net; readlink /proc/self/ns/net").Namespaces("pid", "mount", "uts", "ipc", "user");
        bundle.Mapped();

        Assert.Equal($"lo\n{new FileInfo("/proc/self/ns/net").LinkTarget}\n", bundle.RunOutput());
    }

    [Fact]
    public void A_mount_namespace_of_the_hosts_is_joined_from_a_user_namespace()
    {
        using var bundle = new Bundle("sleep", "100").Edit(static config =>
        {
            config["mounts"] = new JsonArray();
            config["root"]!["readonly"] = false;
            config["linux"]!.AsObject().Remove("maskedPaths");
            config["linux"]!.AsObject().Remove("readonlyPaths");
        });
        bundle.Namespaces("pid", "uts", "user", $"mount=/proc/{Environment.ProcessId}/ns/mnt").Mapped();

        Assert.Equal(Of(Environment.ProcessId, "mnt"), Of(bundle.RunDetached(), "mnt"));
    }

    [Fact]
    public void A_user_namespace_need_not_have_a_root()
    {
        const string mappings = """[{"containerID": 1000, "hostID": 100000, "size": 1}]""";
        using var bundle = new Bundle("sh", "-c", "id -u; id -g; touch /dev/shm/x && stat -c %u:%g /dev/shm/x; sleep 100").Namespaces([.. All, "user"]).Mapped();
        bundle.Set("linux.uidMappings", mappings).Set("linux.gidMappings", mappings).Set("process.user", """{"uid": 1000, "gid": 1000}""");
        bundle.Edit(static config => config["mounts"]!.AsArray().Remove(config["mounts"]!.AsArray().Single(static mount => (string)mount!["destination"]! == "/dev/pts")));
        bundle.RunDetached();

        Assert.Equal("1000\n1000\n1000:1000\n", bundle.Exec(bundle.Id, "sh", "-c", "id -u; id -g; touch /dev/shm/y && stat -c %u:%g /dev/shm/y").Output);
    }

    [Fact]
    public void A_user_namespace_that_denies_setgroups_is_joined()
    {
        using var denying = System.Diagnostics.Process.Start("unshare", ["--user", "--map-root-user", "sleep", "100"]);
        try
        {
            for (var tries = 0; tries < 200 && File.ReadAllText($"/proc/{denying.Id}/uid_map").Length == 0; tries++)
            {
                Thread.Sleep(10);
            }

            using var bundle = new Bundle("grep", "Groups", "/proc/self/status").Namespaces("pid", "mount", "uts", "ipc", "network", $"user=/proc/{denying.Id}/ns/user");
            bundle.Edit(static config => config["mounts"]!.AsArray().Remove(config["mounts"]!.AsArray().Single(static mount => (string)mount!["destination"]! == "/dev/pts")));
            var run = PeapodCommand.Start("setpriv", "--groups", "5,6", PeapodCommand.Executable, "--root", bundle.Root, "run", "--bundle", bundle.Folder, bundle.Id);

            Assert.Equal((0, "", "Groups:"), (run.ExitCode, run.Error, run.Output.Trim()));
        }
        finally
        {
            denying.Kill();
        }
    }

    private static ulong Of(int pid, string kind) => pid == 0 ? 0 : Peapod.Kernel.Files.FileSystem.TryStat($"/proc/{pid}/ns/{kind}") is { } status ? status.Inode : 0;
}
