using Peapod.Container;
using Peapod.Container.Cgroups;

namespace Peapod.UnitTests.Container;

public class CgroupPathTests
{
    [Theory]
    [InlineData("sub", "/sys/fs/cgroup/c/sub")]
    [InlineData("/a/b/", "/sys/fs/cgroup/c/a/b")]
    [InlineData("a/./b/../d", "/sys/fs/cgroup/c/a/d")]
    [InlineData("a/..", "/sys/fs/cgroup/c")]
    [InlineData("/", "/sys/fs/cgroup/c")]
    [InlineData("..a", "/sys/fs/cgroup/c/..a")]
    public void A_path_below_a_cgroup_stays_there(string path, string expected) => Assert.Equal(expected, CgroupPath.Below("/sys/fs/cgroup/c", path));

    [Theory]
    [InlineData("..")]
    [InlineData("/..")]
    [InlineData("a/../..")]
    [InlineData("../c-other")]
    public void A_path_that_leads_out_is_refused(string path) =>
        Assert.Equal($"--cgroup: {path} is not a sub cgroup path", Assert.Throws<ContainerException>(() => CgroupPath.Below("/sys/fs/cgroup/c", path)).Message);

    [Fact]
    public void No_flag_is_no_path_and_one_flag_is_its_path()
    {
        Assert.Null(CgroupPath.ParseBelow([]));
        Assert.Equal("a/b", CgroupPath.ParseBelow(["a/b"]));
    }

    [Theory]
    [InlineData("invalid --cgroup argument: a (missing <controller>: prefix)", "a", "b")]
    [InlineData("invalid --cgroup argument: b (missing <controller>: prefix)", "b", "cpu:a")]
    [InlineData("invalid --cgroup argument: :a (empty <controller> prefix)", ":a")]
    [InlineData("invalid --cgroup argument: cpu,:a (empty <controller> prefix)", "cpu,:a")]
    [InlineData("--cgroup: unknown controller cpu in \"cpu,memory:a\": in cgroup v2 all controllers are in one hierarchy\n  leave out \"cpu,memory:\"", "cpu,memory:a")]
    public void What_v1_knew_is_refused_in_runcs_words(string sentence, params string[] values) =>
        Assert.Equal(sentence, Assert.Throws<ContainerException>(() => CgroupPath.ParseBelow(values)).Message);
}
