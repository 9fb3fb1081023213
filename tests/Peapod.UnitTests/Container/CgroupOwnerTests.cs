using Peapod.Container.Cgroups;
using Peapod.Oci;

namespace Peapod.UnitTests.Container;

public class CgroupOwnerTests
{
    [Theory]
    [InlineData("user", "cgroup", "rw", 5, 100005u)]
    [InlineData("user", "cgroup", "nosuid", 65540, 300004u)]
    [InlineData("user", "cgroup", "rw", 70000, null)]
    [InlineData("user", "cgroup", "ro", 5, null)]
    [InlineData("user", "cgroup", "rro", 5, null)]
    [InlineData("user", "uts", "rw", 5, null)]
    [InlineData("uts", "cgroup", "rw", 5, null)]
    public void The_cgroup_belongs_to_the_containers_user_only_where_it_can_be_divided(string first, string second, string option, int uid, uint? expected)
    {
        var spec = new Spec
        {
            Process = new Process { User = new User { Uid = (uint)uid } },
            Mounts = [new() { Destination = "/sys/fs/cgroup", Type = "cgroup", Options = [option] }],
            Linux = new Linux
            {
                Namespaces = [new() { Type = first }, new() { Type = second }],
                UidMappings = [new() { ContainerID = 0, HostID = 100000, Size = 65536 }, new() { ContainerID = 65536, HostID = 300000, Size = 10 }],
            },
        };

        Assert.Equal(expected, CgroupOwner.Of(spec));
    }

    [Fact]
    public void Without_a_cgroup_mount_it_stays_the_hosts() =>
        Assert.Null(CgroupOwner.Of(new Spec { Linux = new Linux { Namespaces = [new() { Type = "user" }, new() { Type = "cgroup" }], UidMappings = [new() { Size = 1 }] } }));
}
