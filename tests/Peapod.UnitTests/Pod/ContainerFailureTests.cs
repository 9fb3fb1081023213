using Peapod.Container;
using Peapod.Oci;
using Peapod.Pod.Containers;
using Peapod.Pod.Manifest;
using Peapod.Pod.Objects;
using Peapod.Pod.Sandbox;

namespace Peapod.UnitTests.Pod;

/// <summary>What cannot be made or enforced is told in the manifest's words, with its file and line.</summary>
public sealed class ContainerFailureTests
{
    private const string Manifest = """
        apiVersion: v1
        kind: Pod
        metadata: {name: p}
        spec:
          initContainers:
          - name: first
            image: i
            resources: {limits: {hugepages-2Mi: 4Mi, memory: 1Mi}}
          containers:
          - name: a
            image: i
          - name: b
            image: i
            volumeMounts:
            - {name: v, mountPath: /x, subPath: s/t}
            - {name: v, mountPath: rel, subPathExpr: $(S)}
            - {name: w, mountPath: /z}
            resources:
              limits:
                memory: 64Mi
                cpu: 100m
          volumes: [{name: v, emptyDir: {}}, {name: w, emptyDir: {}}]
        """;

    private static readonly ManifestDocuments Read = ManifestReader.Read("pod.yaml", Manifest);
    private static readonly PodSpec Pod = Read.Pods[0].Spec;

    private static readonly Spec Config = new()
    {
        Mounts =
        [
            new() { Destination = "/proc", Source = "proc" },
            new() { Destination = "/x", Source = "/proc/self/fd/10" },
            new() { Destination = "/rel", Source = "/proc/self/fd/11" },
            new() { Destination = "/z", Source = "/var/lib/peapod/v/w" },
            new() { Destination = "/own", Source = "/proc/self/fd/12" },
        ],
    };

    private static string Told(string message) => ContainerFailure.InManifest(Pod, Pod.Containers[1], Config, new ContainerException(message)).Message;

    [Theory]
    [InlineData("config.json: mounts[1]: cannot mount \"/proc/self/fd/10\" at \"/x\": move_mount: Invalid argument", "container \"b\": volume \"v\", subPath \"s/t\" at /x: cannot mount volume \"v\", subPath \"s/t\" at \"/x\": move_mount: Invalid argument")]
    [InlineData("config.json: mounts[2]: cannot map the ids of \"/proc/self/fd/11\": mount_setattr\n  the file system of \"/proc/self/fd/11\" has none", "container \"b\": volume \"v\", subPathExpr \"$(S)\" at rel: cannot map the ids of volume \"v\", subPathExpr \"$(S)\": mount_setattr\n  the file system of volume \"v\", subPathExpr \"$(S)\" has none")]
    [InlineData("config.json: mounts[3]: cannot mount \"/var/lib/peapod/v/w\" at \"/z\": no", "container \"b\": volume \"w\" at /z: cannot mount \"/var/lib/peapod/v/w\" at \"/z\": no")]
    [InlineData("config.json: mounts[4]: cannot mount \"/proc/self/fd/12\": no", "container \"b\": mount at /own: cannot mount the source of /own: no")]
    [InlineData("config.json: mounts[0]: no", "container \"b\": mount at /proc: no")]
    [InlineData("config.json: process.cwd: chdir: no", "container \"b\": workingDir: chdir: no")]
    [InlineData("something else", "container \"b\": something else")]
    public void A_mount_is_told_by_its_volume_and_never_by_a_descriptor(string message, string told) => Assert.Equal(told, Told(message));

    [Fact]
    public void A_limit_of_a_container_is_told_by_its_field_and_the_host_is_to_be_looked_at() => Assert.Equal(
        "spec.containers[1].resources.limits.memory: the memory controller is not available: it is not there\n  available here: none\n  see \"peapod doctor\"",
        Told("config.json: linux.resources.memory.limit: the memory controller is not available: it is not there\n  available here: none"));

    [Fact]
    public void Another_failure_with_a_limit_does_not_blame_the_host() =>
        Assert.Equal("spec.containers[1].resources.limits.cpu: write cpu.max: Invalid argument", Told("config.json: linux.resources.cpu.quota: write cpu.max: Invalid argument"));

    [Theory]
    [InlineData("linux.resources.memory.limit", "spec.containers[1].resources.limits.memory")]
    [InlineData("linux.resources.cpu.quota", "spec.containers[1].resources.limits.cpu")]
    [InlineData("linux.resources.hugepageLimits[0]", "spec.initContainers[0].resources.limits.hugepages-2Mi")]
    [InlineData("linux.resources.pids.limit", "spec.resources.pids.limit")]
    public void A_limit_of_the_pods_cgroup_is_told_by_the_field_that_it_comes_from(string field, string told) => Assert.Equal(told, LimitField.Of(Pod, field));

    [Fact]
    public void A_limit_of_the_pod_is_told_before_those_of_its_containers()
    {
        var limited = Pod with { Resources = new() { Limits = new Dictionary<string, Quantity> { ["memory"] = Quantity.FromBytes(1) } } };

        Assert.Equal(("spec.resources.limits.memory", "spec.containers[1].resources.limits.cpu"), (LimitField.Of(limited, "linux.resources.memory.limit"), LimitField.Of(limited, "linux.resources.cpu.quota")));
    }

    [Theory]
    [InlineData("spec.containers[1].resources.limits.memory: no", "pod.yaml:20: spec.containers[1].resources.limits.memory: no")]
    [InlineData("spec.containers[1].resources.limits[cpu]: no", "pod.yaml:19: spec.containers[1].resources.limits[cpu]: no")]
    [InlineData("container \"b\": no", "container \"b\": no")]
    [InlineData("specification: no", "specification: no")]
    [InlineData("no", "no")]
    public void What_begins_with_a_field_has_its_file_and_line(string message, string told) => Assert.Equal(told, Assert.Single(Read.Places).Tell(message));

    [Fact]
    public void In_a_list_the_item_is_named()
    {
        var read = ManifestReader.Read("l.yaml", "apiVersion: v1\nkind: PodList\nitems:\n- metadata: {name: a}\n  spec: {containers: [{name: c, image: i}]}\n- metadata: {name: b}\n  spec:\n    containers:\n    - name: c\n      image: i\n");

        Assert.Equal("l.yaml:10: items[1].spec.containers[0].image: no", read.Places[1].Tell("spec.containers[0].image: no"));
    }
}
