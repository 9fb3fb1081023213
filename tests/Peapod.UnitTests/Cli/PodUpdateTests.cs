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
    [InlineData("- {name: b, image: localhost/busybox}", "- {name: b, image: localhost/busybox, imagePullPolicy: Never}", "spec.containers[1].imagePullPolicy")]
    [InlineData("- {name: b, image: localhost/busybox}", "- {name: c, image: localhost/busybox}", "spec.containers[1].name")]
    [InlineData("- {name: b, image: localhost/busybox}", "", "spec.containers")]
    [InlineData("spec:", "spec:\n  hostname: h", "spec.hostname")]
    [InlineData("limits: {cpu: 100m, memory: 64Mi}", "limits: {cpu: 50m, memory: 32Mi}", "")]
    public void What_cannot_change_is_named(string from, string to, string refused) => Assert.Equal(refused, string.Join(',', Update(from, to).Refused));

    [Theory]
    [InlineData("image: localhost/busybox}", "image: localhost/other}")]
    [InlineData("image: localhost/busybox}", "image: localhost/busybox:1.36}")]
    [InlineData("spec:", "spec:\n  activeDeadlineSeconds: 100")]
    [InlineData("spec:", "spec:\n  tolerations: [{operator: Exists}]")]
    public void Images_can_change_and_a_deadline_and_tolerations_can_be_set(string from, string to)
    {
        var update = Update(from, to);

        Assert.Equal((true, ""), (update.IsChange, string.Join(',', update.Refused)));
    }

    [Fact]
    public void A_new_tag_leaves_the_pull_policy_as_it_was_and_is_told_as_a_new_image()
    {
        var update = Update("image: localhost/busybox}", "image: localhost/busybox:1.36}");

        Assert.Equal((ImagePullPolicy.Always, "localhost/busybox:1.36"), (update.Next.Spec.Containers[1].ImagePullPolicy, update.Next.Spec.Containers[1].Image));
        Assert.Equal(["localhost/busybox:1.36"], PodUpdate.WithNewImages(Live.Spec, update.Next.Spec).Select(static container => container.Image));
    }

    [Theory]
    [InlineData(100L, 50L, "")]
    [InlineData(100L, 100L, "")]
    [InlineData(100L, 200L, "spec.activeDeadlineSeconds (must be less than or equal to previous value)")]
    [InlineData(100L, null, "spec.activeDeadlineSeconds (must not update from a positive integer to nil value)")]
    [InlineData(null, 100L, "")]
    public void A_deadline_can_only_come_closer(long? before, long? after, string refused)
    {
        var live = Live with { Spec = Live.Spec with { ActiveDeadlineSeconds = before } };

        Assert.Equal(refused, string.Join(',', PodUpdate.Of(live, Live with { Spec = Live.Spec with { ActiveDeadlineSeconds = after } }).Refused));
    }

    [Theory]
    [InlineData("[{key: a, operator: Exists}]", "")]
    [InlineData("[{key: b, operator: Exists}, {key: a, operator: Exists}]", "")]
    [InlineData("[{key: a, operator: Exists, effect: NoExecute, tolerationSeconds: 5}]", "spec.tolerations[0]")]
    [InlineData("[]", "spec.tolerations[0]")]
    public void Tolerations_can_only_be_added(string after, string refused)
    {
        PodManifest With(string tolerations) => Read(Base.Replace("spec:", $"spec:\n  tolerations: {tolerations}"));

        Assert.Equal(refused, string.Join(',', PodUpdate.Of(With("[{key: a, operator: Exists}]"), With(after)).Refused));
    }

    [Fact]
    public void How_long_a_toleration_lasts_can_change()
    {
        PodManifest With(int seconds) => Read(Base.Replace("spec:", $"spec:\n  tolerations: [{{key: a, operator: Exists, effect: NoExecute, tolerationSeconds: {seconds}}}]"));

        Assert.Empty(PodUpdate.Of(With(300), With(5)).Refused);
    }

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
            The Pod "web" is invalid: spec: Forbidden: pod updates may not change fields other than `metadata.labels`,`metadata.annotations`,`spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.containers[*].resources`,`spec.ephemeralContainers` (only additions)
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
