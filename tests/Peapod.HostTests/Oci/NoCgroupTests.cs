using Peapod.HostTests.Harness;

namespace Peapod.HostTests.Oci;

/// <summary>crun's --cgroup-manager=disabled: no cgroup is made, and later commands know it without being told.</summary>
public class NoCgroupTests
{
    private const string Warning = "peapod: warning: linux.resources.devices: not enforced: --cgroup-manager=disabled makes no cgroup that the rules could hold in\n";

    [Fact]
    [Covers("--cgroup-manager")]
    public void A_container_without_a_cgroup_stays_in_the_callers_and_has_a_whole_life()
    {
        using var bundle = new Bundle("sh", "-c", "cp /proc/self/cgroup /dev/shm/cgroup; sleep 100");
        var here = File.ReadAllText("/proc/self/cgroup").Split('\n', StringSplitOptions.RemoveEmptyEntries)[^1];
        var before = Directory.GetDirectories("/sys/fs/cgroup", "*", SearchOption.AllDirectories).Order();

        var created = bundle.Peapod("--cgroup-manager", "disabled", "create", "--bundle", bundle.Folder, bundle.Id);

        Assert.Equal((0, Warning), (created.ExitCode, created.Error));
        Assert.Equal(before, Directory.GetDirectories("/sys/fs/cgroup", "*", SearchOption.AllDirectories).Order());
        Assert.Equal("created", bundle.Status);
        Assert.Equal(0, bundle.Peapod("start", bundle.Id).ExitCode);
        Assert.Equal("running", bundle.Status);
        var pid = (int)bundle.State()["pid"]!;
        Assert.Equal(here, File.ReadAllText($"/proc/{pid}/cgroup").Split('\n', StringSplitOptions.RemoveEmptyEntries)[^1]);
        Assert.Equal(("1\n", 0), (bundle.Exec(bundle.Id, "sh", "-c", "grep -c '^0::/$' /proc/self/cgroup").Output, bundle.Exec("--detach", bundle.Id, "sleep", "100").ExitCode));
        Assert.Equal((0, ""), (bundle.Peapod("kill", bundle.Id, "KILL").ExitCode, bundle.Peapod("kill", "--all", bundle.Id, "KILL").Error));
        bundle.WaitFor("stopped");
        Assert.Equal((0, ""), (bundle.Peapod("delete", bundle.Id).ExitCode, bundle.Peapod("list", "--quiet").Output));
    }

    [Fact]
    [Covers("--cgroup-manager")]
    public void What_needs_a_cgroup_says_that_there_is_none()
    {
        using var bundle = new Bundle("sleep", "100").Set("linux.resources", "{}");
        Assert.Equal((0, ""), (bundle.Peapod("--cgroup-manager=disabled", "run", "--detach", "--bundle", bundle.Folder, bundle.Id) is var run ? run.ExitCode : -1, run.Error));

        string[][] commands = [["pause"], ["ps"], ["ps", "--format", "json"], ["events", "--stats"], ["events"], ["update", "--pids-limit", "5"]];
        foreach (var command in commands)
        {
            var result = bundle.Peapod([.. command, bundle.Id]);
            Assert.Equal((1, $"peapod: container \"{bundle.Id}\" has no cgroup: it was made with --cgroup-manager=disabled\n"), (result.ExitCode, result.Error));
        }

        Assert.Equal(0, bundle.Peapod("delete", "--force", bundle.Id).ExitCode);
    }

    [Theory]
    [InlineData("linux.resources.unified", """{"cgroup.max.depth": "3"}""", "linux.resources.unified[\"cgroup.max.depth\"]: needs a cgroup, and --cgroup-manager=disabled makes none")]
    [InlineData("linux.resources.pids", """{"limit": 5}""", "linux.resources.pids.limit: needs a cgroup, and --cgroup-manager=disabled makes none")]
    [InlineData("linux.namespaces", """[{"type": "mount"}]""", "linux.namespaces: a container without a cgroup (--cgroup-manager=disabled) needs a new pid namespace")]
    [Covers("--cgroup-manager")]
    public void What_could_not_be_kept_without_a_cgroup_is_refused(string field, string json, string sentence)
    {
        using var bundle = new Bundle("true").Set(field, json).Set("hostname", "\"\"");

        var result = bundle.Peapod("--cgroup-manager=disabled", "run", "--bundle", bundle.Folder, bundle.Id);

        Assert.Equal((1, $"peapod: config.json: {sentence}\n"), (result.ExitCode, result.Error));
    }

    [Fact]
    [Covers("--cgroup-manager")]
    public void The_cgroup_file_system_is_what_there_is_without_the_flag()
    {
        using var bundle = new Bundle("sleep", "100");

        Assert.Equal(0, bundle.Peapod("--cgroup-manager=cgroupfs", "run", "--detach", "--bundle", bundle.Folder, bundle.Id).ExitCode);

        Assert.True(Directory.Exists($"/sys/fs/cgroup/{bundle.Id}"));
    }
}
