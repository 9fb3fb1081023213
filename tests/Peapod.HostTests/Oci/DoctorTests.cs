using System.Text.Json.Nodes;
using Peapod.HostTests.Harness;

namespace Peapod.HostTests.Oci;

public class DoctorTests
{
    [Fact]
    [Covers("doctor")]
    public void It_finds_that_containers_can_run_here_and_leaves_nothing_behind()
    {
        using var bundle = new Bundle("true");
        var mounts = File.ReadAllText("/proc/self/mountinfo");
        var pins = Directory.Exists("/sys/fs/bpf") ? Directory.GetFileSystemEntries("/sys/fs/bpf", "*", SearchOption.AllDirectories) : [];

        var result = bundle.Peapod("doctor");

        Assert.Equal((0, ""), (result.ExitCode, result.Error));
        Assert.Matches("\ncontainers can run here: [0-9]+ ok, [0-9]+ warnings?, [0-9]+ missing\n$", result.Output);
        foreach (var line in new[] { "kernel: clone3: ", "kernel: openat2: ", "cgroup: cgroup v2 mount: /sys/fs/cgroup\n", "cgroup: CLONE_INTO_CGROUP: ", "cgroup: cgroup.kill\n", "cgroup: device program", "namespace: time", "seccomp: filters: ", "pod: bridge\n", "pod: veth\n", "pod: nftables\n", "library: libseccomp: 2." })
        {
            Assert.Contains("ok       " + line, result.Output, StringComparison.Ordinal);
        }

        bundle.AssertUnchanged();
        Assert.False(Directory.Exists(bundle.Root));
        Assert.Equal(mounts, File.ReadAllText("/proc/self/mountinfo"));
        Assert.Equal(pins, Directory.Exists("/sys/fs/bpf") ? Directory.GetFileSystemEntries("/sys/fs/bpf", "*", SearchOption.AllDirectories) : []);
    }

    [Fact]
    [Covers("doctor")]
    public void Json_has_the_same_findings_and_each_that_is_not_ok_says_what_follows_and_what_to_do()
    {
        var text = PeapodCommand.Run("doctor").Output.Split('\n');

        var json = JsonNode.Parse(PeapodCommand.Run("doctor", "--format", "json").Output)!;

        Assert.True((bool)json["canRun"]!);
        var findings = json["findings"]!.AsArray();
        Assert.Equal(text.Count(static line => line.StartsWith("ok ") || line.StartsWith("warning ") || line.StartsWith("missing ")), findings.Count);
        Assert.All(findings, static finding =>
        {
            var ok = (string)finding!["status"]! == "ok";
            Assert.Equal(ok, (string)finding["consequence"]! == "");
            Assert.Equal(ok, (string)finding["remedy"]! == "");
        });
    }

    [Fact]
    public void What_it_says_of_controllers_is_what_a_container_finds()
    {
        var here = File.ReadAllText("/sys/fs/cgroup/cgroup.controllers").Trim().Split(' ');
        var v1 = File.ReadAllLines("/proc/cgroups").Select(static line => line.Split('\t')).Where(static line => line.Length == 4 && line[1] != "0").ToDictionary(static line => line[0], static line => line[1]);

        var findings = JsonNode.Parse(PeapodCommand.Run("doctor", "--format", "json").Output)!["findings"]!.AsArray();

        foreach (var name in new[] { "cpu", "memory", "pids", "io" })
        {
            var finding = findings.Single(finding => (string)finding!["what"]! == $"controller {name}")!;
            Assert.Equal(here.Contains(name) ? "ok" : "missing", (string)finding["status"]!);
            if (v1.TryGetValue(name == "io" ? "blkio" : name, out var hierarchy))
            {
                Assert.Equal($"it is bound to cgroup v1 hierarchy {hierarchy}", (string)finding["detail"]!);
            }
        }
    }

    [Fact]
    public void A_capability_that_the_caller_lacks_is_told_with_what_follows()
    {
        var result = PeapodCommand.Start("setpriv", "--bounding-set", "-mknod", PeapodCommand.Executable, "doctor");

        Assert.Equal(0, result.ExitCode);
        Assert.Contains("warning  caller: CAP_MKNOD: not permitted\n         Devices of linux.devices cannot be made. Remedy: give it", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_CAP_SYS_ADMIN_no_container_can_run_and_the_exit_code_says_so()
    {
        var result = PeapodCommand.Start("setpriv", "--bounding-set", "-sys_admin", PeapodCommand.Executable, "doctor");

        Assert.Equal((1, ""), (result.ExitCode, result.Error));
        Assert.Contains("missing  caller: CAP_SYS_ADMIN: not permitted\n", result.Output, StringComparison.Ordinal);
        Assert.Matches("missing  namespace: mnt: unshare: Operation not permitted\n", result.Output);
        Assert.Contains("\nno container can run here: ", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_state_root_on_a_read_only_file_system_is_told()
    {
        var result = PeapodCommand.Run("--root", "/proc/sys/kernel", "doctor");
        var readOnly = PeapodCommand.Start("unshare", "-m", "sh", "-c", $"mount -t tmpfs -o ro none /mnt && exec {PeapodCommand.Executable} --root /mnt/state doctor");

        Assert.Equal(0, result.ExitCode);
        Assert.Equal((1, ""), (readOnly.ExitCode, readOnly.Error));
        Assert.Contains("missing  room: state root: /mnt/state: the file system is read-only\n", readOnly.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_namespace_limit_of_zero_is_told_with_its_sysctl()
    {
        // In a user namespace of the test's own, whose limits are its own.
        var result = PeapodCommand.Start("unshare", "-Ur", "sh", "-c", $"echo 0 >/proc/sys/user/max_ipc_namespaces && exec {PeapodCommand.Executable} doctor");

        Assert.Equal(1, result.ExitCode);
        Assert.Contains("missing  namespace: ipc: unshare: No space left on device (user.max_ipc_namespaces is 0)\n", result.Output, StringComparison.Ordinal);
        Assert.Contains("Remedy: sysctl -w user.max_ipc_namespaces=15000.\n", result.Output, StringComparison.Ordinal);
    }
}
