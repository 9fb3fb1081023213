using System.Text;
using Peapod.Oci;

namespace Peapod.UnitTests.Oci;

public sealed class DefaultSpecTests
{
    [Fact]
    public void It_is_written_with_tabs_and_in_the_order_of_runc()
    {
        string[] lines = Encoding.UTF8.GetString(DefaultSpec.Create().ToJson(indented: true)).Split('\n');

        Assert.Equal(
            ["{", "\t\"ociVersion\": \"1.3.0\",", "\t\"process\": {", "\t\t\"terminal\": true,", "\t\t\"user\": {", "\t\t\t\"uid\": 0,"],
            lines[..6]);
    }

    [Fact]
    public void It_isolates_everything_but_users_and_time()
    {
        Spec spec = DefaultSpec.Create();

        Assert.Equal(["pid", "network", "ipc", "uts", "mount", "cgroup"], spec.Linux!.Namespaces.Select(space => space.Type));
        Assert.Equal(["/proc", "/dev", "/dev/pts", "/dev/shm", "/dev/mqueue", "/sys", "/sys/fs/cgroup"], spec.Mounts.Select(mount => mount.Destination));
        Assert.Equal(["CAP_AUDIT_WRITE", "CAP_KILL", "CAP_NET_BIND_SERVICE"], spec.Process!.Capabilities!.Bounding);
        Assert.Empty(spec.Process.Capabilities.Inheritable);
        Assert.Empty(spec.Process.Capabilities.Ambient);
        Assert.True(spec.Process.NoNewPrivileges);
        Assert.True(spec.Root!.Readonly);
    }

    [Fact]
    public void Without_root_the_caller_is_mapped_and_the_network_is_the_hosts()
    {
        Linux linux = DefaultSpec.Create(rootless: true, uid: 1000, gid: 100).Linux!;

        Assert.Equal(["pid", "ipc", "uts", "mount", "cgroup", "user"], linux.Namespaces.Select(space => space.Type));
        Assert.Equal(new LinuxIdMapping { ContainerID = 0, HostID = 1000, Size = 1 }, Assert.Single(linux.UidMappings));
        Assert.Equal(new LinuxIdMapping { ContainerID = 0, HostID = 100, Size = 1 }, Assert.Single(linux.GidMappings));
        Assert.Null(linux.Resources);
    }
}
