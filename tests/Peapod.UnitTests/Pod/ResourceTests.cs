using Peapod.Container.Cgroups;
using Peapod.Pod.Containers;
using Peapod.Pod.Objects;
using Peapod.Pod.Sandbox;
using Peapod.Tests;
using Peapod.UnitTests.Manifest;

namespace Peapod.UnitTests.Pod;

public class ResourceTests
{
    private static readonly KubeletResources Everything = new(["cpu", "memory", "hugetlb", "pids"]);
    private static readonly KubeletResources Nothing = new([""]);

    [Fact]
    [Field("spec.containers[].resources.requests", "spec.containers[].resources.limits")]
    public void Requests_become_weights_and_limits_become_quotas()
    {
        var settings = Settings(Everything, "{requests: {cpu: 500m, memory: 64Mi}, limits: {cpu: 1500m, memory: 128Mi, hugepages-2Mi: 4Mi, ephemeral-storage: 1Gi}}");

        Assert.Equal(
            ["cpu.max=150000 100000", "cpu.weight=59", "hugetlb.2MB.max=4194304", "hugetlb.2MB.rsvd.max=4194304", "memory.high=127504384", "memory.max=134217728", "memory.oom.group=1", "memory.swap.max=0"],
            settings);
    }

    [Fact]
    public void A_container_that_asks_for_nothing_has_the_least_weight_and_no_limit()
    {
        Assert.Equal(["cpu.weight=1", "memory.oom.group=1"], Settings(Everything, "{}"));
    }

    [Fact]
    public void Without_controllers_limits_stay_and_weights_are_left_out()
    {
        Assert.Empty(Settings(Nothing, "{requests: {cpu: 500m, memory: 64Mi}}"));
        Assert.Equal(["cpu.max=100000 100000", "memory.max=67108864"], Settings(Nothing, "{limits: {cpu: 1, memory: 64Mi}}"));
    }

    [Theory]
    [InlineData(0, 0, null)]
    [InlineData(100, 0, null)]
    [InlineData(8192, 8192, null)]
    [InlineData(0, 40960, 36864L)]
    [InlineData(40960, 81920, 77824L)]
    [InlineData(40000, 40960, null)]
    public void Throttling_begins_nine_tenths_of_the_way_from_request_to_limit(long request, long limit, long? high)
    {
        Assert.Equal(high, KubeletResources.High(request, limit));
    }

    [Theory]
    [InlineData(0, 2)]
    [InlineData(1, 2)]
    [InlineData(1000, 1024)]
    [InlineData(2500, 2560)]
    [InlineData(long.MaxValue, 262144)]
    public void Thousandths_of_a_cpu_are_shares(long milli, ulong shares)
    {
        Assert.Equal(shares, KubeletResources.Shares(milli));
    }

    [Theory]
    [InlineData(2)]
    [InlineData(102)]
    [InlineData(1024)]
    [InlineData(20480)]
    [InlineData(262144)]
    public void Shares_are_found_again_from_their_weight(ulong shares)
    {
        var found = PodCgroup.SharesOf(CgroupSettings.WeightOf(shares));
        Assert.InRange((double)found, shares * 0.85, (shares * 1.15) + 2);
    }

    [Fact]
    [Field("spec.overhead")]
    public void A_pod_is_limited_to_the_sum_of_its_containers_limits_and_its_overhead()
    {
        var pod = Manifests.Pod(Manifests.WithSpec("""
            overhead: {cpu: 100m, memory: 1Mi}
            containers:
            - {name: a, image: i, resources: {requests: {cpu: 100m}, limits: {cpu: 200m, memory: 1Mi}}}
            - {name: b, image: i, resources: {limits: {cpu: 300m}}}
            """));

        Assert.Equal("cpu=500m memory=2Mi", Text(PodResources.Requests(pod)));
        Assert.Equal("cpu=600m", Text(PodResources.Limits(pod)));
    }

    [Fact]
    [Field("spec.resources")]
    public void A_pods_own_resources_take_the_place_of_the_sum()
    {
        var pod = Manifests.Pod(Manifests.WithSpec("""
            resources: {requests: {cpu: 1}, limits: {cpu: 2, memory: 64Mi}}
            containers:
            - {name: a, image: i, resources: {requests: {cpu: 100m}}}
            """));

        Assert.Equal("cpu=1 memory=64Mi", Text(PodResources.Requests(pod)));
        Assert.Equal("cpu=2 memory=64Mi", Text(PodResources.Limits(pod)));
    }

    [Fact]
    public void An_init_container_counts_when_it_needs_more_than_all_that_comes_after()
    {
        var pod = new PodManifest
        {
            Spec = new PodSpec
            {
                InitContainers =
                [
                    One("{requests: {cpu: 100m}, limits: {cpu: 100m}}") with { RestartPolicy = RestartPolicy.Always },
                    One("{requests: {cpu: 900m}, limits: {cpu: 900m}}"),
                ],
                Containers = [One("{requests: {cpu: 300m}, limits: {cpu: 300m}}")],
            },
        };

        Assert.Equal("cpu=1", Text(PodResources.Requests(pod)));
        Assert.Equal("cpu=1", Text(PodResources.Limits(pod)));
    }

    [Theory]
    [InlineData(QosClass.Guaranteed, 1, -997)]
    [InlineData(QosClass.BestEffort, 0, 1000)]
    [InlineData(QosClass.Burstable, 0, 999)]
    [InlineData(QosClass.Burstable, 4L << 30, 500)]
    [InlineData(QosClass.Burstable, 8L << 30, 3)]
    [InlineData(QosClass.Burstable, 64L << 30, 3)]
    public void Who_asked_for_less_ends_first(QosClass qos, long request, int score)
    {
        Assert.Equal(score, OomScore.Of(qos, request, 8L << 30));
    }

    private static ContainerSpec One(string resources) => Manifests.Pod(Manifests.WithContainer($"resources: {resources}")).Spec.Containers[0];

    private static List<string> Settings(KubeletResources kubelet, string resources) =>
        [.. CgroupSettings.Compile(kubelet.Of(One(resources))).Select(static setting => $"{setting.File}={setting.Value}").Order(StringComparer.Ordinal)];

    private static string Text(Dictionary<string, Quantity> amounts) => string.Join(' ', amounts.OrderBy(static pair => pair.Key).Select(static pair => $"{pair.Key}={pair.Value}"));
}
