using Peapod.Pod.Containers;
using Peapod.Pod.Objects;

namespace Peapod.UnitTests.Pod;

public sealed class DownwardFieldsTests
{
    [Theory]
    [InlineData("metadata.name", "p")]
    [InlineData("metadata.namespace", "space")]
    [InlineData("metadata.uid", "1-2-3")]
    [InlineData("metadata.labels['tier']", "backend")]
    [InlineData("metadata.labels['a.b/c']", "d")]
    [InlineData("metadata.labels['none']", "")]
    [InlineData("metadata.labels", "a.b/c=\"d\"\ntier=\"backend\"")]
    [InlineData("metadata.annotations", "build=\"4\\\"2\\\\\\n\u00e9\\u200b\"")]
    [InlineData("metadata.annotations['build']", "4\"2\\\n\u00e9\u200b")]
    [InlineData("spec.nodeName", "here")]
    [InlineData("spec.serviceAccountName", "default")]
    [InlineData("status.hostIP", "192.0.2.7")]
    [InlineData("status.hostIPs", "192.0.2.7,2001:db8::7")]
    [InlineData("status.podIP", "10.0.0.5")]
    [InlineData("status.podIPs", "10.0.0.5,fd00::5")]
    public void A_field_is_told_as_Kubernetes_tells_it(string path, string text) => Assert.Equal(text, Told.Fields().Field(path));

    [Theory]
    [InlineData("metadata.generation")]
    [InlineData("metadata.labels[tier]")]
    [InlineData("metadata.labels['")]
    [InlineData("")]
    public void A_field_that_cannot_be_told_is_an_error(string path) =>
        Assert.Equal($"unsupported fieldPath: {path}", Assert.Throws<ContainerConfigException>(() => Told.Fields().Field(path)).Message);

    [Theory]
    [InlineData("limits.cpu", null, "2")]
    [InlineData("limits.cpu", "1m", "1500")]
    [InlineData("limits.memory", null, "100000001")]
    [InlineData("limits.memory", "1Mi", "96")]
    [InlineData("limits.memory", "0", "100000001")]
    [InlineData("limits.ephemeral-storage", null, "0")]
    [InlineData("limits.hugepages-2Mi", "1Mi", "4")]
    [InlineData("requests.cpu", "1m", "100")]
    [InlineData("requests.cpu", null, "1")]
    [InlineData("requests.memory", null, "0")]
    public void An_amount_is_told_in_units_of_the_divisor_and_rounded_up(string resource, string? divisor, string text)
    {
        var container = new ContainerSpec
        {
            Name = "c",
            Resources = new()
            {
                Limits = Amounts(("cpu", "1500m"), ("memory", "100000001"), ("hugepages-2Mi", "4Mi")),
                Requests = Amounts(("cpu", "100m")),
            },
        };
        var selector = new ResourceFieldSelector { Resource = resource, Divisor = divisor is null ? null : Quantity.Parse(divisor) };

        Assert.Equal(text, Told.Fields(container).Resource(selector, container));
        Assert.Equal(text, Told.Fields(container).Resource(selector with { ContainerName = "c" }, own: null));
    }

    [Fact]
    public void A_limit_that_is_not_set_is_the_pods_or_else_what_the_host_has()
    {
        var container = new ContainerSpec { Name = "c" };
        var selector = new ResourceFieldSelector { Resource = "limits.memory", Divisor = Quantity.Parse("1Gi") };
        Assert.Equal("8", Told.Fields(container).Resource(selector, container));

        var pod = Told.Pod(container);
        pod = pod with { Spec = pod.Spec with { Resources = new() { Limits = Amounts(("memory", "3Gi")) } } };
        Assert.Equal("3", new DownwardFields(pod, [], Told.Node).Resource(selector, container));
    }

    [Fact]
    public void A_container_that_is_not_there_is_an_error()
    {
        var selector = new ResourceFieldSelector { ContainerName = "other", Resource = "limits.cpu" };
        Assert.Equal("container other not found", Assert.Throws<ContainerConfigException>(() => Told.Fields().Resource(selector, null)).Message);
    }

    [Theory]
    [InlineData("0", 1)]
    [InlineData("0-3", 4)]
    [InlineData("0-1,4,6-7", 5)]
    public void Processors_are_counted(string list, int count) => Assert.Equal(count, Node.CountCpus(list));

    [Fact]
    public void Memory_is_read() => Assert.Equal(2048, Node.Memory("MemTotal:          2 kB\nMemFree: 1 kB\n"));

    private static Dictionary<string, Quantity> Amounts(params (string Name, string Amount)[] amounts) =>
        amounts.ToDictionary(static pair => pair.Name, static pair => Quantity.Parse(pair.Amount));
}
