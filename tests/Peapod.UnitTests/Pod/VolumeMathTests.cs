using Peapod.Pod.Containers;
using Peapod.Pod.Objects;
using Peapod.Pod.Volumes;

namespace Peapod.UnitTests.Pod;

public sealed class VolumeMathTests
{
    [Theory]
    [InlineData(null, null, null, null)]
    [InlineData("1Mi", null, null, 1L << 20)]
    [InlineData("0", "2Mi", "3Mi", 5L << 20)]
    [InlineData(null, "2Mi", null, null)]
    [InlineData("1Mi", "2Mi", "3Mi", 1L << 20)]
    [InlineData("9Mi", "2Mi", "3Mi", 5L << 20)]
    public void A_volume_in_memory_may_hold_its_own_limit_or_else_the_pods(string? own, string? first, string? second, long? size)
    {
        var pod = new PodSpec { Containers = [Limited(first), Limited(second)] };
        Assert.Equal(size, MemoryVolume.SizeOf(new() { SizeLimit = own is null ? null : Quantity.Parse(own) }, pod));
    }

    [Fact]
    public void A_pods_memory_is_what_it_may_use_at_one_time()
    {
        var pod = new PodSpec
        {
            InitContainers = [Limited("1Mi") with { RestartPolicy = RestartPolicy.Always }, Limited("9Mi")],
            Containers = [Limited("2Mi")],
        };
        Assert.Equal(10L << 20, MemoryVolume.SizeOf(new(), pod));
        Assert.Equal(13L << 20, MemoryVolume.SizeOf(new(), pod with { Containers = [Limited("12Mi")] }));
        Assert.Equal(4L << 20, MemoryVolume.SizeOf(new(), pod with { Resources = Limited("4Mi").Resources }));
    }

    [Theory]
    [InlineData("logs/$(POD)", "logs/web")]
    [InlineData("$(POD)/$$(POD)", "web/$(POD)")]
    public void A_sub_path_has_the_containers_variables(string expression, string path) => Assert.Equal(path, Of(expression));

    [Theory]
    [InlineData("$(X)/$(EMPTY)/$(A)", "missing value for A, EMPTY, X")]
    [InlineData("$(ROOT)", "error SubPath `/etc` must not be an absolute path")]
    [InlineData("a/$(UP)/b", "unable to provision SubPath `a/../b`: must not contain '..'")]
    public void A_sub_path_whose_variables_make_it_none_is_refused_in_the_kubelets_words(string expression, string error) =>
        Assert.Equal(error, Assert.Throws<ContainerConfigException>(() => Of(expression)).Message);

    [Fact]
    public void The_propagation_of_a_mount_is_between_its_options_and_its_hyphen()
    {
        const string mountinfo = "36 35 98:0 / /a rw,noatime shared:7 master:1 - ext3 /dev/root rw\n361 35 98:0 / /b rw - tmpfs shared:9 rw\n";
        Assert.Equal("shared:7 master:1", VolumePropagation.OptionalFields(mountinfo, 36));
        Assert.Equal("", VolumePropagation.OptionalFields(mountinfo, 361));
        Assert.Equal("", VolumePropagation.OptionalFields(mountinfo, 3));
    }

    private static string Of(string expression) => SubPath.Of(
        new() { SubPathExpr = expression },
        new Dictionary<string, string> { ["POD"] = "web", ["EMPTY"] = "", ["ROOT"] = "/etc", ["UP"] = ".." });

    private static ContainerSpec Limited(string? memory) => new()
    {
        Resources = memory is null ? new() : new() { Limits = new Dictionary<string, Quantity> { ["memory"] = Quantity.Parse(memory) } },
    };
}
