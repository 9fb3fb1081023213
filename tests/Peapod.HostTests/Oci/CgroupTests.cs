using Mono.Unix.Native;
using Peapod.HostTests.Harness;

namespace Peapod.HostTests.Oci;

/// <summary>What becomes of a container in cgroups that are not as simple as the usual one.</summary>
[Trait("also", "vm")]
public class CgroupTests
{
    [Fact]
    [Covers("linux.cgroupsPath")]
    public void Below_a_threaded_cgroup_a_container_does_all_that_it_does_elsewhere()
    {
        const string parent = "/sys/fs/cgroup/peapod-test-thread";
        Directory.CreateDirectory($"{parent}/threaded");
        try
        {
            File.WriteAllText($"{parent}/threaded/cgroup.type", "threaded");
            using var bundle = new Bundle("sh", "-c", "sleep 71 & sleep 72 & exec sleep 73").Set("linux.cgroupsPath", "\"/peapod-test-thread/threaded/one\"");
            var pid = bundle.RunDetached();
            Assert.Equal("threaded\n", File.ReadAllText($"{parent}/threaded/one/cgroup.type"));
            PodBed.Until(() => Listed(bundle).Length == 3, "all of its processes are listed");
            Assert.Contains($"{pid}", Listed(bundle));

            Assert.Equal("0::/peapod-test-thread/threaded/one", File.ReadAllLines($"/proc/{pid}/cgroup")[^1]);
            Assert.Equal(0, bundle.Exec(bundle.Id, "true").ExitCode);
            Assert.Equal("", bundle.Peapod("pause", bundle.Id).Error);
            Assert.Equal("paused", bundle.Status);
            Assert.Equal("", bundle.Peapod("resume", bundle.Id).Error);
            Assert.Equal("", bundle.Peapod("kill", "--all", bundle.Id, "KILL").Error);
            bundle.WaitFor("stopped");
            Assert.Equal("", bundle.Peapod("delete", bundle.Id).Error);
            Assert.False(Directory.Exists($"{parent}/threaded/one"));
        }
        finally
        {
            Directory.Delete($"{parent}/threaded");
            Directory.Delete(parent);
        }
    }

    [Fact]
    public void Without_a_pid_namespace_nothing_outlives_a_threaded_cgroup()
    {
        const string parent = "/sys/fs/cgroup/peapod-test-outlive";
        Directory.CreateDirectory($"{parent}/threaded");
        try
        {
            File.WriteAllText($"{parent}/threaded/cgroup.type", "threaded");
            using var bundle = new Bundle("sh", "-c", "sleep 71 & sleep 72 & exec sleep 73").Set("linux.cgroupsPath", "\"/peapod-test-outlive/threaded/one\"")
                .Namespaces("mount", "uts", "ipc", "network", "cgroup");
            bundle.RunDetached();
            PodBed.Until(() => Listed(bundle).Length == 3, "all of its processes are listed");

            Assert.Equal("", bundle.Peapod("delete", "--force", bundle.Id).Error);

            Assert.False(Directory.Exists($"{parent}/threaded/one"));
        }
        finally
        {
            Directory.Delete($"{parent}/threaded");
            Directory.Delete(parent);
        }
    }

    [Fact]
    public void Threads_in_cgroups_of_the_containers_own_do_not_hide_its_processes()
    {
        using var bundle = new Bundle("sleep", "100");
        var pid = bundle.RunDetached();
        var inner = Directory.CreateDirectory($"/sys/fs/cgroup/{bundle.Id}/inner").FullName;
        File.WriteAllText($"{inner}/cgroup.type", "threaded");
        File.WriteAllText($"{inner}/cgroup.threads", $"{pid}");

        Assert.Equal([$"{pid}"], Listed(bundle));
        Assert.Equal("", bundle.Peapod("delete", "--force", bundle.Id).Error);
        Assert.False(Directory.Exists(inner));
    }

    /// <summary>Deeper than a path could say, and than this process has descriptors.</summary>
    [Fact]
    public void Cgroups_nested_without_end_are_listed_and_removed()
    {
        const int depth = 1500;
        const OpenFlags directory = OpenFlags.O_RDONLY | OpenFlags.O_DIRECTORY;
        using var bundle = new Bundle("sleep", "100");
        var pid = bundle.RunDetached();
        var name = new string('n', 100);
        var current = Syscall.open($"/sys/fs/cgroup/{bundle.Id}", directory);
        for (var level = 0; level < depth; level++)
        {
            Assert.Equal(0, Syscall.mkdirat(current, name, FilePermissions.ACCESSPERMS));
            var next = Syscall.openat(current, name, directory);
            Assert.True(next >= 0, $"level {level}");
            Syscall.close(current);
            current = next;
        }

        Syscall.close(current);

        Assert.Equal([$"{pid}"], Listed(bundle));
        Assert.Equal("", bundle.Peapod("delete", "--force", bundle.Id).Error);
        Assert.False(Directory.Exists($"/sys/fs/cgroup/{bundle.Id}"));
    }

    /// <summary>A host where systemd has the controllers on v1 and cgroup2 beside them.</summary>
    [Fact]
    public void On_a_hybrid_host_the_unified_hierarchy_is_found_beside_v1()
    {
        using var bundle = new Bundle("sh", "-c", "cat /proc/self/cgroup | tail -n 1; head -n 1 /sys/fs/cgroup/cgroup.procs");
        const string hybrid = "mount -t tmpfs tmpfs /sys/fs/cgroup && mkdir /sys/fs/cgroup/unified && mount -t cgroup2 cgroup2 /sys/fs/cgroup/unified && exec \"$@\"";

        var result = PeapodCommand.Start("unshare", "--mount", "--propagation", "private", "sh", "-c", hybrid, "sh",
            PeapodCommand.Executable, "--root", bundle.Root, "run", "--bundle", bundle.Folder, bundle.Id);

        Assert.Equal((0, "", "0::/\n1\n"), (result.ExitCode, result.Error, result.Output));
    }

    private static string[] Listed(Bundle bundle) => bundle.Peapod("ps", "--format", "json", bundle.Id).Output.Trim('[', ']', '\n').Split(',');
}
