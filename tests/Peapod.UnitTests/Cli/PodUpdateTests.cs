using Peapod.Pod.Cli.Commands;
using Peapod.Pod.Cli.Manifests;
using Peapod.Pod.Manifest;
using Peapod.Pod.Objects;

namespace Peapod.UnitTests.Cli;

public sealed class PodUpdateTests
{
    private const string Base = """
        apiVersion: v1
        kind: Pod
        metadata: {name: web, labels: {app: web}}
        spec:
          containers:
          - {name: a, image: localhost/busybox, args: [one], resources: {limits: {cpu: 100m, memory: 64Mi}, requests: {cpu: 50m, memory: 32Mi}}}
          - {name: b, image: localhost/busybox}
        """;

    private static PodManifest Read(string yaml) => ManifestReader.Read("web.yaml", yaml).Pods[0];

    /// <summary>As the store has it: with its uid.</summary>
    private static readonly PodManifest Live = Read(Base) with { Metadata = Read(Base).Metadata with { Uid = "u", CreationTimestamp = new DateTime(2026, 1, 2, 3, 4, 5, DateTimeKind.Utc) } };

    private static PodUpdate Update(string from, string to) => PodUpdate.Of(Live, Read(Base.Replace(from, to)));

    [Fact]
    public void The_same_manifest_is_no_change()
    {
        var update = PodUpdate.Of(Live, Read(Base));

        Assert.Equal((false, 0, "u"), (update.IsChange, update.Refused.Count, update.Next.Metadata.Uid));
    }

    [Theory]
    [InlineData("app: web", "app: web, tier: front")]
    [InlineData("labels: {app: web}", "annotations: {a: b}")]
    [InlineData("cpu: 100m", "cpu: 200m")]
    [InlineData("memory: 32Mi", "memory: 48Mi")]
    public void Labels_annotations_processor_and_memory_can_change(string from, string to)
    {
        var update = Update(from, to);

        Assert.Equal((true, ""), (update.IsChange, string.Join(',', update.Refused)));
    }

    [Theory]
    [InlineData("args: [one]", "args: [two]", "spec.containers[0].args[0]")]
    [InlineData("args: [one]", "args: [one, two]", "spec.containers[0].args")]
    [InlineData("- {name: b, image: localhost/busybox}", "- {name: b, image: localhost/other}", "spec.containers[1].image")]
    [InlineData("- {name: b, image: localhost/busybox}", "", "spec.containers")]
    [InlineData("spec:", "spec:\n  hostname: h", "spec.hostname")]
    [InlineData("limits: {cpu: 100m, memory: 64Mi}", "limits: {cpu: 50m, memory: 32Mi}", "")]
    public void What_cannot_change_is_named(string from, string to, string refused) => Assert.Equal(refused, string.Join(',', Update(from, to).Refused));

    [Fact]
    public void The_QoS_class_cannot_change()
    {
        var both = "limits: {cpu: 50m, memory: 32Mi}";
        var alone = Base.Replace("  - {name: b, image: localhost/busybox}\n", "").Replace("  - {name: b, image: localhost/busybox}", "");

        var update = PodUpdate.Of(Read(alone), Read(alone.Replace("limits: {cpu: 100m, memory: 64Mi}", both)));

        Assert.Equal("status.qosClass (Pod QOS Class may not change as a result of resizing)", string.Join(',', update.Refused));
    }

    [Fact]
    public void What_was_added_to_look_into_the_pod_stays()
    {
        var live = Live with { Spec = Live.Spec with { EphemeralContainers = [new ContainerSpec { Name = "debugger", Image = "localhost/busybox" }] } };

        var update = PodUpdate.Of(live, Read(Base));

        Assert.Equal((false, 0, "debugger"), (update.IsChange, update.Refused.Count, update.Next.Spec.EphemeralContainers[0].Name));
    }

    [Fact]
    public void The_refusal_has_the_API_servers_words_and_says_what_differs() =>
        Assert.Equal("""
            The Pod "web" is invalid: spec: Forbidden: pod updates may not change fields other than `metadata.labels`,`metadata.annotations`,`spec.containers[*].resources`,`spec.ephemeralContainers` (only additions)
              would change: spec.containers[0].args[0]
              --force replaces the pod by a new one of the same name
            """, Update("args: [one]", "args: [two]").Refusal().Message);

    [Fact]
    public void Other_limits_are_for_all_containers_or_for_one()
    {
        var limits = UpdateCommand.Parse("--limits", "cpu=2,memory=1Gi");

        var all = UpdateCommand.Change(Live, null, limits, UpdateCommand.Parse("--requests", null));
        var one = UpdateCommand.Change(Live, "b", limits, UpdateCommand.Parse("--requests", null));

        Assert.Equal(("2", "2", "1Gi"), ($"{all.Spec.Containers[0].Resources.Limit("cpu")}", $"{all.Spec.Containers[1].Resources.Limit("cpu")}", $"{all.Spec.Containers[0].Resources.Limit("memory")}"));
        Assert.Equal(("100m", "2", "50m"), ($"{one.Spec.Containers[0].Resources.Limit("cpu")}", $"{one.Spec.Containers[1].Resources.Limit("cpu")}", $"{one.Spec.Containers[0].Resources.Request("cpu")}"));
    }

    [Theory]
    [InlineData("disk=1", "--limits \"disk=1\": expected cpu=AMOUNT or memory=AMOUNT")]
    [InlineData("cpu=-1", "--limits \"cpu=-1\": quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'")]
    public void An_amount_that_is_none_is_refused(string list, string sentence) =>
        Assert.Equal(sentence, Assert.Throws<Peapod.Pod.PodException>(() => UpdateCommand.Parse("--limits", list)).Message);

    [Fact]
    public void A_request_beyond_its_limit_is_refused() =>
        Assert.Equal(
            "spec.containers[0].resources.requests: Invalid value: \"3\": must be less than or equal to cpu limit of 100m",
            Assert.Throws<Peapod.Pod.PodException>(() => UpdateCommand.Change(Live, "a", UpdateCommand.Parse("--limits", null), UpdateCommand.Parse("--requests", "cpu=3"))).Message);
}
