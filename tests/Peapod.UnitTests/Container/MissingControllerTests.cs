using Peapod.Container.Diagnosis;

namespace Peapod.UnitTests.Container;

public class MissingControllerTests
{
    private const string Table = "#subsys_name\thierarchy\tnum_cgroups\tenabled\nmemory\t4\t37\t1\nblkio\t7\t1\t1\npids\t0\t5\t0\ncpu\t0\t1\t1\n";

    [Theory]
    [InlineData("memory", "cpu", "it is bound to cgroup v1 hierarchy 4")]
    [InlineData("io", "cpu", "it is bound to cgroup v1 hierarchy 7")]
    [InlineData("pids", "cpu", "it is disabled at boot")]
    [InlineData("misc", "cpu", "the kernel is built without it")]
    [InlineData("cpu", "cpu memory", "a cgroup above does not hand it on")]
    [InlineData("cpu", "", "the hierarchy here is not the host's, or an LSM hides it")]
    public void The_reason_for_a_missing_controller_is_told(string name, string top, string reason)
    {
        var explained = MissingController.Explain(name, top, Table);

        Assert.Equal(reason, explained.Reason);
        Assert.EndsWith(".", explained.Remedy);
    }
}
