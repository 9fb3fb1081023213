using Mono.Unix.Native;
using Peapod.HostTests.Harness;

namespace Peapod.HostTests.Oci;

public class NamespaceTests
{
    private static readonly string[] Kinds = ["cgroup", "ipc", "mnt", "net", "pid", "time", "user", "uts"];

    private static readonly string[] UserNamespace = ["pid", "network", "ipc", "uts", "mount", "cgroup", "user"];

    [Fact]
    [Covers("linux.namespaces.type")]
    public void The_namespaces_of_the_default_configuration_are_new_ones()
    {
        using var bundle = new Bundle("sleep", "100");
        var pid = bundle.RunDetached();

        foreach (var kind in Kinds)
        {
            var own = kind is "time" or "user";
            Assert.True(own == (Of(pid, kind) == Of("self", kind)), kind);
        }
    }

    [Fact]
    public void Without_namespaces_the_process_stays_in_the_callers()
    {
        using var bundle = new Bundle("sleep", "100").Edit(static config =>
        {
            config.AsObject().Remove("hostname");
            config["mounts"] = new System.Text.Json.Nodes.JsonArray();
            config["linux"]!.AsObject().Remove("maskedPaths");
            config["linux"]!.AsObject().Remove("readonlyPaths");
        });
        bundle.Set("root.readonly", "false").Namespaces();
        var pid = bundle.RunDetached();

        foreach (var kind in Kinds)
        {
            Assert.True(Of("self", kind) == Of(pid, kind), kind);
        }

        Assert.Equal(Path.Combine(bundle.Folder, "rootfs"), new FileInfo($"/proc/{pid}/root").LinkTarget);
    }

    [Fact]
    [Covers("linux.namespaces.path")]
    public void Namespaces_of_another_container_are_joined_by_path()
    {
        using var first = new Bundle("sleep", "100").Set("hostname", "\"sandbox\"");
        var sandbox = first.RunDetached();
        using var second = new Bundle("sh", "-c", "hostname; cat /proc/1/cmdline | tr '\\0' ' '; sleep 100").Edit(static config => config.AsObject().Remove("hostname"));
        second.Namespaces("mount", "cgroup", $"network=/proc/{sandbox}/ns/net", $"ipc=/proc/{sandbox}/ns/ipc", $"uts=/proc/{sandbox}/ns/uts", $"pid=/proc/{sandbox}/ns/pid");
        var output = Path.Combine(second.Folder, "out");
        var run = PeapodCommand.Start("sh", "-c", "exec \"$@\" >\"$0\"", output, PeapodCommand.Executable, "--root", second.Root, "run", "--detach", "--bundle", second.Folder, second.Id);
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        var pid = (int)second.State()["pid"]!;

        foreach (var kind in Kinds)
        {
            Assert.True(kind is "mnt" or "cgroup" != (Of(sandbox, kind) == Of(pid, kind)), kind);
        }

        for (var tries = 0; tries < 100 && !File.ReadAllText(output).Contains("100", StringComparison.Ordinal); tries++)
        {
            Thread.Sleep(20);
        }

        Assert.Equal("sandbox\nsleep 100 ", File.ReadAllText(output));
        Assert.Contains($"NSpid:\t{pid}\t2", File.ReadAllText($"/proc/{pid}/status"), StringComparison.Ordinal);
    }

    [Fact]
    public void A_namespace_that_is_gone_is_told_by_its_field()
    {
        using var bundle = new Bundle("true").Namespaces("mount", "uts", "network=/no/such/namespace");

        Assert.Equal(
            "peapod: config.json: linux.namespaces[2].path: cannot join the network namespace \"/no/such/namespace\": open: No such file or directory\n  the namespace is gone, or was never there\n",
            bundle.Run().Error);
    }

    [Fact]
    public void A_path_that_is_a_namespace_of_another_type_is_told_by_its_field()
    {
        using var bundle = new Bundle("true").Namespaces("mount", "uts", "network=/proc/self/ns/uts");

        Assert.Equal(
            "peapod: config.json: linux.namespaces[2].path: cannot join the network namespace \"/proc/self/ns/uts\": setns: Invalid argument\n",
            bundle.Run().Error);
    }

    [Fact]
    [Covers("linux.namespaces.type")]
    public void A_time_namespace_is_a_new_one()
    {
        using var bundle = new Bundle("sleep", "100").Namespaces("mount", "uts", "network", "pid", "time");
        var pid = bundle.RunDetached();

        Assert.NotEqual(Of("self", "time"), Of(pid, "time"));
        Assert.Equal(Of(pid, "time") + "\n", bundle.Exec(bundle.Id, "readlink", "/proc/self/ns/time").Output);
    }

    [Fact]
    [Covers("linux.uidMappings", "linux.gidMappings")]
    public void A_user_namespace_maps_its_root_to_the_hosts_user()
    {
        using var bundle = InUserNamespace("sh", "-c", "id -u; id -g; cat /proc/self/uid_map /proc/self/gid_map | tr -s ' '; touch /tmp/made; stat -c %u:%g /tmp/made /proc/self/status /dev/null; cat /proc/self/setgroups");
        bundle.Set("root.readonly", "false");

        Assert.Equal(
            " 0 100000 65536\n 0 200000 65536\n".Insert(0, "0\n0\n") + "0:0\n0:0\n65534:65534\nallow\n",
            bundle.RunOutput());

        Assert.Equal(0, Syscall.stat(bundle.PathInRootfs("/tmp/made"), out var made));
        Assert.Equal((100000u, 200000u), (made.st_uid, made.st_gid));
    }

    [Fact]
    public void A_user_of_a_user_namespace_is_the_mapped_one_on_the_host()
    {
        using var bundle = InUserNamespace("sleep", "100");
        bundle.Set("process.user", """{"uid": 1000, "gid": 33, "additionalGids": [100]}""");
        var pid = bundle.RunDetached();

        var status = File.ReadAllText($"/proc/{pid}/status");

        Assert.Contains("\nUid:\t101000\t101000\t101000\t101000\nGid:\t200033\t200033\t200033\t200033\n", status, StringComparison.Ordinal);
        Assert.Contains("\nGroups:\t200100 \n", status, StringComparison.Ordinal);
        Assert.NotEqual(Of("self", "user"), Of(pid, "user"));
    }

    [Fact]
    public void A_user_without_a_mapping_is_refused()
    {
        using var bundle = InUserNamespace("true");
        bundle.Set("process.user", """{"uid": 70000, "gid": 0}""");

        Assert.Equal("peapod: config.json: process.user: cannot become user 70000, group 0: setresuid: Invalid argument\n", bundle.Run().Error);
    }

    [Fact]
    public void Mappings_that_the_kernel_refuses_are_told_by_their_field()
    {
        using var bundle = InUserNamespace("true");
        bundle.Set("linux.gidMappings[+]", """{"containerID": 5, "hostID": 5, "size": 1}""");

        Assert.Equal("peapod: config.json: linux.gidMappings: cannot write gid_map: Invalid argument\n", bundle.Run().Error);
    }

    [Fact]
    public void The_root_of_a_user_namespace_owns_the_other_namespaces()
    {
        using var bundle = InUserNamespace("sh", "-c", "hostname other && hostname; ip link set lo down && ip -o link | grep -c LOOPBACK,UP; mount -t tmpfs none /mnt && echo mounted");
        bundle.Set("process.capabilities", """{"bounding": ["CAP_SYS_ADMIN", "CAP_NET_ADMIN"], "effective": ["CAP_SYS_ADMIN", "CAP_NET_ADMIN"], "permitted": ["CAP_SYS_ADMIN", "CAP_NET_ADMIN"]}""");
        Directory.CreateDirectory(bundle.PathInRootfs("/mnt"));

        Assert.Equal("other\n0\nmounted\n", bundle.RunOutput());
    }

    [Fact]
    public void A_container_in_a_user_namespace_can_be_entered()
    {
        using var bundle = InUserNamespace("sleep", "100");
        var pid = bundle.RunDetached();

        var result = bundle.Exec(bundle.Id, "sh", "-c", "id -u; for kind in cgroup ipc mnt net pid user uts; do readlink /proc/self/ns/$kind; done");

        Assert.Equal("0\n" + string.Concat(Kinds.Where(static kind => kind != "time").Select(kind => Of(pid, kind) + "\n")), result.Output);
        Assert.Equal("1000\n33\n", bundle.Exec("--user", "1000:33", bundle.Id, "sh", "-c", "id -u; id -g").Output);
    }

    [Fact]
    public void Limits_that_the_host_may_set_can_be_set_for_a_user_namespace()
    {
        // What only CAP_SYS_RESOURCE of the host allows cannot be tried without it; a limit that is lowered and kept can.
        using var bundle = InUserNamespace("sh", "-c", "ulimit -n; ulimit -Hn");
        bundle.Set("process.rlimits", """[{"type": "RLIMIT_NOFILE", "soft": 100, "hard": 200}]""");

        Assert.Equal("100\n200\n", bundle.RunOutput());
    }

    [Theory]
    [InlineData("rw", 101000u, "made\n")]
    [InlineData("ro", 0u, "mkdir: can't create directory '/sys/fs/cgroup/inner': Read-only file system\n")]
    public void The_user_of_a_user_namespace_may_divide_a_writable_cgroup(string attribute, uint owner, string outcome)
    {
        using var bundle = InUserNamespace("sh", "-c", "(mkdir /sys/fs/cgroup/inner && echo $$ >/sys/fs/cgroup/inner/cgroup.procs && echo made) 2>&1; sleep 100");
        bundle.Set("mounts[6].options", $"""["{attribute}"]""").Set("process.user", """{"uid": 1000, "gid": 1000}""");
        var output = Path.Combine(bundle.Folder, "out");
        var run = PeapodCommand.Start("sh", "-c", "exec \"$@\" >\"$0\"", output, PeapodCommand.Executable, "--root", bundle.Root, "run", "--detach", "--bundle", bundle.Folder, bundle.Id);
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        for (var tries = 0; tries < 100 && new FileInfo(output).Length == 0; tries++)
        {
            Thread.Sleep(20);
        }

        Assert.Equal(outcome, File.ReadAllText(output));
        foreach (var name in new[] { "", "/cgroup.procs", "/cgroup.subtree_control", "/cgroup.threads" })
        {
            Assert.Equal(0, Syscall.stat($"/sys/fs/cgroup/{bundle.Id}{name}", out var status));
            Assert.Equal(owner, status.st_uid);
        }
    }

    [Fact]
    public void Devices_in_a_user_namespace_are_the_hosts_and_stay_as_they_are()
    {
        using var bundle = InUserNamespace("sh", "-c", "echo x >/dev/null; head -c 4 /dev/zero | wc -c; grep -c ' /dev/[a-z]* ro,nosuid,noexec' /proc/self/mountinfo; (chmod 600 /dev/null) 2>&1; true");

        Assert.Equal("4\n6\nchmod: /dev/null: Read-only file system\n", bundle.RunOutput());
    }

    [Fact]
    public void A_user_namespace_is_joined_and_the_others_are_made_in_it()
    {
        using var first = InUserNamespace("sleep", "100").Set("hostname", "\"sandbox\"");
        var sandbox = first.RunDetached();
        using var second = InUserNamespace("sleep", "100");
        second.Namespaces("pid", "mount", "cgroup", "uts", $"user=/proc/{sandbox}/ns/user", $"network=/proc/{sandbox}/ns/net", $"ipc=/proc/{sandbox}/ns/ipc");
        var pid = second.RunDetached();

        foreach (var kind in Kinds)
        {
            Assert.True(kind is "user" or "net" or "ipc" or "time" == (Of(sandbox, kind) == Of(pid, kind)), kind);
        }

        Assert.Equal("peapod\n1\n0\n", second.Exec(second.Id, "sh", "-c", "hostname; cat /proc/1/cmdline | grep -c sleep; id -u").Output);
        Assert.Contains("\nUid:\t100000\t", File.ReadAllText($"/proc/{pid}/status"), StringComparison.Ordinal);
        Assert.Equal($"0::/{second.Id}", File.ReadLines($"/proc/{pid}/cgroup").Last());
    }

    private static Bundle InUserNamespace(params string[] args)
    {
        var bundle = new Bundle(args).Namespaces(UserNamespace)
            .Set("linux.uidMappings", """[{"containerID": 0, "hostID": 100000, "size": 65536}]""")
            .Set("linux.gidMappings", """[{"containerID": 0, "hostID": 200000, "size": 65536}]""");

        // The way to the root file system must be open to the mapped root, and its files belong to it.
        File.SetUnixFileMode(bundle.Folder, (UnixFileMode)0x1ed);
        Assert.Equal(0, PeapodCommand.Start("chown", "-hR", "100000:200000", bundle.PathInRootfs("/")).ExitCode);
        return bundle;
    }

    private static string Of(object pid, string kind) => new FileInfo($"/proc/{pid}/ns/{kind}").LinkTarget!;
}
