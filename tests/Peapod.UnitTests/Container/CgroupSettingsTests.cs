using Peapod.Container.Cgroups;
using Peapod.Oci;
using Peapod.Tests;

namespace Peapod.UnitTests.Container;

public class CgroupSettingsTests
{
    [Fact]
    public void No_resources_write_nothing()
    {
        Assert.Empty(CgroupSettings.Compile(null));
        Assert.Empty(CgroupSettings.Compile(new LinuxResources()));
        Assert.Empty(Compile("""{"memory": {}, "cpu": {}, "pids": {}, "blockIO": {}, "hugepageLimits": [], "rdma": {}, "unified": {}}"""));
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(2, 1)]
    [InlineData(3, 2)]
    [InlineData(10, 4)]
    [InlineData(100, 17)]
    [InlineData(102, 17)]
    [InlineData(512, 59)]
    [InlineData(1024, 100)]
    [InlineData(2048, 174)]
    [InlineData(4096, 303)]
    [InlineData(10240, 639)]
    [InlineData(262143, 10000)]
    [InlineData(262144, 10000)]
    [InlineData(ulong.MaxValue, 10000)]
    public void Shares_become_weight_on_runcs_curve(ulong shares, ulong weight) => Assert.Equal(weight, CgroupSettings.WeightOf(shares));

    [Fact]
    public void Weights_never_fall_as_shares_rise_and_stay_in_the_kernels_range()
    {
        var last = 1UL;
        for (var shares = 2UL; shares <= 262_144; shares += 7)
        {
            var weight = CgroupSettings.WeightOf(shares);
            Assert.InRange(weight, last, 10_000UL);
            last = weight;
        }
    }

    [Covers("linux.resources.cpu")]
    [Theory]
    [InlineData("""{"shares": 1024}""", "shares cpu.weight 100")]
    [InlineData("""{"shares": 0}""", "")]
    [InlineData("""{"quota": 50000, "period": 100000}""", "quota cpu.max 50000 100000")]
    [InlineData("""{"quota": 50000}""", "quota cpu.max 50000 100000")]
    [InlineData("""{"quota": -1}""", "quota cpu.max max 100000")]
    [InlineData("""{"quota": -1, "period": 20000}""", "quota cpu.max max 20000")]
    [InlineData("""{"period": 20000}""", "period cpu.max max 20000")]
    [InlineData("""{"quota": 0, "period": 20000}""", "period cpu.max max 20000")]
    [InlineData("""{"quota": 0, "period": 0}""", "")]
    [InlineData("""{"quota": 50000, "burst": 1000}""", "quota cpu.max 50000 100000;burst cpu.max.burst 1000")]
    [InlineData("""{"burst": 0}""", "burst cpu.max.burst 0")]
    [InlineData("""{"idle": 1}""", "idle cpu.idle 1")]
    [InlineData("""{"cpus": "0-3,7", "mems": "0"}""", "cpus cpuset.cpus 0-3,7;mems cpuset.mems 0")]
    [InlineData("""{"cpus": "", "mems": ""}""", "")]
    [InlineData("""{"realtimePeriod": 0, "realtimeRuntime": 0}""", "")]
    public void Cpu(string cpu, string expected) => Equal($$"""{"cpu": {{cpu}}}""", "linux.resources.cpu.", expected);

    [Covers("linux.resources.memory")]
    [Theory]
    [InlineData("""{"limit": 67108864}""", "limit memory.max 67108864")]
    [InlineData("""{"limit": -1}""", "limit memory.max max")]
    [InlineData("""{"limit": 0}""", "")]
    [InlineData("""{"reservation": 33554432}""", "reservation memory.low 33554432")]
    [InlineData("""{"reservation": -1}""", "reservation memory.low max")]
    [InlineData("""{"limit": 64, "swap": 100}""", "swap memory.swap.max 36;limit memory.max 64")]
    [InlineData("""{"limit": 64, "swap": 64}""", "swap memory.swap.max 0;limit memory.max 64")]
    [InlineData("""{"limit": 64, "swap": -1}""", "swap memory.swap.max max;limit memory.max 64")]
    [InlineData("""{"limit": -1, "swap": -1}""", "swap memory.swap.max max;limit memory.max max")]
    [InlineData("""{"limit": 64, "swap": 0}""", "limit memory.max 64")]
    [InlineData("""{"kernel": 5, "kernelTCP": 6, "useHierarchy": true, "swappiness": 60, "disableOOMKiller": true, "checkBeforeUpdate": true}""", "")]
    public void Memory(string memory, string expected) => Equal($$"""{"memory": {{memory}}}""", "linux.resources.memory.", expected);

    [Covers("linux.resources.pids")]
    [Theory]
    [InlineData("100", "limit pids.max 100")]
    [InlineData("-1", "limit pids.max max")]
    [InlineData("0", "limit pids.max 0")]
    public void Pids(string limit, string expected) => Equal($$$"""{"pids": {"limit": {{{limit}}}}}""", "linux.resources.pids.", expected);

    [Covers("linux.resources.blockIO")]
    [Theory]
    [InlineData("""{"weight": 10}""", "weight io.weight 1")]
    [InlineData("""{"weight": 100}""", "weight io.weight 910")]
    [InlineData("""{"weight": 500}""", "weight io.weight 4950")]
    [InlineData("""{"weight": 1000}""", "weight io.weight 10000")]
    [InlineData("""{"weight": 0}""", "")]
    [InlineData("""{"weightDevice": [{"major": 8, "minor": 0}, {"major": 8, "minor": 16, "weight": 10}]}""", "weightDevice[1] io.weight 8:16 1")]
    [InlineData("""{"throttleReadBpsDevice": [{"major": 8, "minor": 0, "rate": 1048576}]}""", "throttleReadBpsDevice[0] io.max 8:0 rbps=1048576")]
    [InlineData("""{"throttleWriteBpsDevice": [{"major": 8, "minor": 0, "rate": 7}, {"major": 8, "minor": 16, "rate": 0}]}""", "throttleWriteBpsDevice[0] io.max 8:0 wbps=7;throttleWriteBpsDevice[1] io.max 8:16 wbps=max")]
    [InlineData("""{"throttleReadIOPSDevice": [{"major": 259, "minor": 1, "rate": 100}]}""", "throttleReadIOPSDevice[0] io.max 259:1 riops=100")]
    [InlineData("""{"throttleWriteIOPSDevice": [{"major": 259, "minor": 1, "rate": 18446744073709551615}]}""", "throttleWriteIOPSDevice[0] io.max 259:1 wiops=18446744073709551615")]
    public void Block_io(string io, string expected) => Equal($$"""{"blockIO": {{io}}}""", "linux.resources.blockIO.", expected);

    [Fact]
    public void A_huge_page_limit_holds_for_use_and_for_reservation() => Equal(
        """{"hugepageLimits": [{"pageSize": "2MB", "limit": 4194304}, {"pageSize": "1GB", "limit": 0}]}""",
        "linux.resources.",
        "hugepageLimits[0] hugetlb.2MB.max 4194304;hugepageLimits[0] hugetlb.2MB.rsvd.max 4194304;hugepageLimits[1] hugetlb.1GB.max 0;hugepageLimits[1] hugetlb.1GB.rsvd.max 0");

    [Covers("linux.resources.network")]
    [Fact]
    public void What_v1_alone_has_of_the_network_is_left_out_as_runc_does() => Equal(
        """{"network": {"classID": 5, "priorities": [{"name": "eth0", "priority": 3}]}, "blockIO": {"leafWeight": 10}}""", "linux.resources.", "");

    [Covers("linux.resources.rdma")]
    [Theory]
    [InlineData("""{"hcaHandles": 3, "hcaObjects": 10000}""", "mlx5_1 hca_handle=3 hca_object=10000")]
    [InlineData("""{"hcaHandles": 3}""", "mlx5_1 hca_handle=3 hca_object=max")]
    [InlineData("""{"hcaObjects": 0}""", "mlx5_1 hca_handle=max hca_object=0")]
    public void Rdma(string limits, string expected) =>
        Equal($$$"""{"rdma": {"mlx5_1": {{{limits}}}}}""", "linux.resources.", $"rdma[\"mlx5_1\"] rdma.max {expected}");

    [Fact]
    public void Files_named_outright_come_last_so_that_they_hold_over_the_other_fields() => Equal(
        """{"unified": {"memory.high": "1000", "memory.max": "max", "io.max": "8:0 rbps=5"}, "memory": {"limit": 2000}, "pids": {"limit": 5}}""",
        "linux.resources.",
        "memory.limit memory.max 2000;pids.limit pids.max 5;unified[\"io.max\"] io.max 8:0 rbps=5;unified[\"memory.high\"] memory.high 1000;unified[\"memory.max\"] memory.max max");

    [Covers("linux.resources.cpu.realtimeRuntime", "linux.resources.cpu.realtimePeriod")]
    [Theory]
    [InlineData("""{"memory": {"swap": 100}}""", "linux.resources.memory.swap: needs a memory limit beside it")]
    [InlineData("""{"memory": {"swap": 100, "limit": -1}}""", "linux.resources.memory.swap: needs a memory limit beside it, not an unlimited memory")]
    [InlineData("""{"memory": {"swap": 63, "limit": 64}}""", "linux.resources.memory.swap: 63 is below the memory limit 64, which it includes")]
    [InlineData("""{"cpu": {"realtimeRuntime": 5}}""", "linux.resources.cpu.realtimeRuntime: cgroup v2 has no limit on real-time processes")]
    [InlineData("""{"cpu": {"realtimePeriod": 5}}""", "linux.resources.cpu.realtimePeriod: cgroup v2 has no limit on real-time processes")]
    [InlineData("""{"hugepageLimits": [{"limit": 5}]}""", "linux.resources.hugepageLimits[0].pageSize: is missing")]
    [InlineData("""{"unified": {"../memory.max": "5"}}""", "linux.resources.unified[\"../memory.max\"]: is not the name of a cgroup file")]
    [InlineData("""{"unified": {"memory": "5"}}""", "linux.resources.unified[\"memory\"]: is not the name of a cgroup file")]
    public void What_v2_cannot_express_is_told_by_its_field(string resources, string sentence) =>
        Assert.Equal(sentence, Assert.Throws<SpecException>(() => Compile(resources)).Message);

    [Theory]
    [InlineData("memory.swap.max", "memory")]
    [InlineData("hugetlb.2MB.rsvd.max", "hugetlb")]
    [InlineData("cpuset.cpus", "cpuset")]
    public void The_file_names_its_controller(string file, string controller) =>
        Assert.Equal(controller, new CgroupSetting("", file, "").Controller);

    private static void Equal(string resources, string prefix, string expected)
    {
        var lines = expected.Split(';', StringSplitOptions.RemoveEmptyEntries).Select(line => prefix + line);
        Assert.Equal(lines, Compile(resources).Select(static setting => $"{setting.Field} {setting.File} {setting.Value}"));
    }

    private static IReadOnlyList<CgroupSetting> Compile(string resources) => CgroupSettings.Compile(
        Spec.Parse(System.Text.Encoding.UTF8.GetBytes($$$"""{"ociVersion": "1.0.0", "linux": {"resources": {{{resources}}}}}""")).Linux!.Resources);
}
