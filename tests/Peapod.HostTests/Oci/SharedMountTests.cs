using System.Text.Json.Nodes;
using Peapod.HostTests.Harness;

namespace Peapod.HostTests.Oci;

/// <summary>Containers that live in a mount namespace with others: their mounts are made there, and go with them.</summary>
public class SharedMountTests
{
    private const string Show = "cut -d' ' -f5 /proc/self/mountinfo | sort | tr '\\n' ' '; touch /opt/x 2>/dev/null || echo ro";

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Mounts_are_made_in_a_shared_mount_namespace_and_go_with_the_container(bool byPath)
    {
        using var bundle = Sharing(byPath, "sh", "-c", Show).Set("root.readonly", "true");
        bundle.Set("mounts", """[{"destination": "/proc", "type": "proc", "source": "proc"}, {"destination": "/tmp", "type": "tmpfs", "source": "tmpfs"}]""");

        var output = bundle.RunOutput();

        Assert.Contains("/proc /tmp ", output, StringComparison.Ordinal);
        Assert.EndsWith("ro\n", output, StringComparison.Ordinal);
        bundle.AssertUnchanged();
    }

    [Theory]
    [InlineData("create")]
    [InlineData("run --detach")]
    public void They_are_there_until_the_container_is_deleted(string command)
    {
        using var bundle = Sharing(byPath: false, "sleep", "100");
        bundle.Set("mounts", """[{"destination": "/tmp", "type": "tmpfs", "source": "tmpfs"}]""").Set("process.terminal", "false");
        Assert.Equal((0, ""), (bundle.Peapod([.. command.Split(' '), "--bundle", bundle.Folder, bundle.Id]) is var made ? made.ExitCode : -1, made.Error));
        Assert.Contains($" {bundle.PathInRootfs("tmp")} ", File.ReadAllText("/proc/self/mountinfo"), StringComparison.Ordinal);
        Assert.Equal("", bundle.Peapod("kill", bundle.Id, "KILL").Error);
        bundle.WaitFor("stopped");
        Assert.Contains($" {bundle.PathInRootfs("tmp")} ", File.ReadAllText("/proc/self/mountinfo"), StringComparison.Ordinal);

        Assert.Equal("", bundle.Peapod("delete", bundle.Id).Error);

        bundle.AssertUnchanged();
    }

    [Fact]
    public void Another_mount_at_the_roots_place_stays()
    {
        using var bundle = Sharing(byPath: false, "sleep", "100").Set("mounts", """[{"destination": "/tmp", "type": "tmpfs", "source": "tmpfs"}]""");
        bundle.RunDetached();
        var root = bundle.PathInRootfs("");
        Assert.Equal(0, PeapodCommand.Start("mount", "-t", "tmpfs", "others", root).ExitCode);
        try
        {
            Assert.Equal("", bundle.Peapod("delete", "--force", bundle.Id).Error);
            Assert.Contains(" others ", File.ReadAllText("/proc/self/mountinfo"), StringComparison.Ordinal);
        }
        finally
        {
            Assert.Equal(0, PeapodCommand.Start("umount", "-R", root).ExitCode);
            PeapodCommand.Start("umount", "-R", root);
        }
    }

    [Fact]
    public void A_creation_that_fails_half_way_leaves_no_mount()
    {
        using var bundle = Sharing(byPath: false, "true");
        bundle.Set("mounts", """[{"destination": "/tmp", "type": "tmpfs", "source": "tmpfs"}, {"destination": "/opt", "type": "nosuch", "source": "x"}]""");

        Assert.StartsWith("peapod: config.json: mounts[1]: cannot mount nosuch at \"/opt\": fsopen: ", bundle.Run().Error, StringComparison.Ordinal);

        bundle.AssertUnchanged();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Hooks_run_with_the_mounts_in_place(bool byPath)
    {
        using var bundle = Sharing(byPath, "sh", "-c", "cat /tmp/*").Set("mounts", """[{"destination": "/tmp", "type": "tmpfs", "source": "tmpfs"}]""");
        var place = bundle.PathInRootfs("tmp");
        bundle.Set("hooks", $$"""
            {"createRuntime": [{"path": "/bin/sh", "args": ["sh", "-c", "echo runtime >{{place}}/1"]}],
             "createContainer": [{"path": "/bin/sh", "args": ["sh", "-c", "echo container >{{place}}/2"]}],
             "startContainer": [{"path": "/bin/sh", "args": ["sh", "-c", "echo start >/tmp/3"]}]}
            """);

        Assert.Equal("runtime\ncontainer\nstart\n", bundle.RunOutput());
    }

    [Fact]
    public void The_root_of_the_host_is_not_mounted_over()
    {
        using var bundle = Sharing(byPath: false, "true").Set("root.path", "\"/\"").Set("mounts", """[{"destination": "/tmp", "type": "tmpfs"}]""");

        Assert.Equal("peapod: config.json: root.path: mounts in \"/\" itself need a new mount namespace: they would be everybody's\n", bundle.Run().Error);
    }

    private static Bundle Sharing(bool byPath, params string[] args)
    {
        var bundle = new Bundle(args).Edit(static config =>
        {
            config["mounts"] = new JsonArray();
            config["root"]!["readonly"] = false;
            config["linux"]!.AsObject().Remove("maskedPaths");
            config["linux"]!.AsObject().Remove("readonlyPaths");
        });
        return bundle.Namespaces(byPath ? ["pid", "uts", $"mount=/proc/{Environment.ProcessId}/ns/mnt"] : ["pid", "uts"]);
    }
}
