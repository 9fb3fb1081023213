using System.Net.Sockets;
using System.Net;
using Peapod.HostTests.Harness;

namespace Peapod.HostTests.Pods;

/// <summary>Bad input gets a sentence that names what is wrong, and leaves nothing behind.</summary>
public sealed class PodBadInputTests : IDisposable
{
    private readonly PodBed bed = new();

    public void Dispose() => bed.Dispose();

    private void Refused(CommandResult result, string sentence, int exitCode = 1)
    {
        Assert.Equal((sentence + "\n", "", exitCode), (result.Error.Replace(bed.Folder, "DIR"), result.Output, result.ExitCode));
        bed.AssertNothingLeft();
    }

    private CommandResult RunContainers(string containers, string more = "") => bed.RunSpec("bad", $"  containers:\n{containers}\n{more}");

    [Fact]
    public void An_unknown_field() =>
        Refused(RunContainers("  - {name: c, image: localhost/busybox, comand: [sh]}"), "peapod: DIR/bad.yaml:7: spec.containers[0].comand: unknown field, did you mean \"command\"?");

    [Fact]
    public void A_volume_mount_without_its_volume() =>
        Refused(
            RunContainers("  - {name: c, image: localhost/busybox, volumeMounts: [{name: data, mountPath: /d}]}"),
            "peapod: DIR/bad.yaml:7: spec.containers[0].volumeMounts[0].name: Not found: \"data\"");

    [Fact]
    public void Two_containers_of_one_name() =>
        Refused(
            RunContainers("  - {name: c, image: localhost/busybox}\n  - {name: c, image: localhost/busybox}"),
            "peapod: DIR/bad.yaml:8: spec.containers[1].name: Duplicate value: \"c\"");

    [Fact]
    public void An_image_that_is_not_there() =>
        Refused(
            bed.Pod("run", "--image", "localhost/nothing", "bad"),
            $"peapod: image \"localhost/nothing\" (localhost/nothing:latest) is not in {bed.DataRoot}/images\n  \"peapod image ls\" lists what is there, \"peapod image load PATH\" brings an image in");

    [Fact]
    public void A_sub_path_that_goes_up() =>
        Refused(
            RunContainers("  - {name: c, image: localhost/busybox, volumeMounts: [{name: v, mountPath: /d, subPath: a/../../b}]}", "  volumes: [{name: v, emptyDir: {}}]"),
            "peapod: DIR/bad.yaml:7: spec.containers[0].volumeMounts[0].subPath: Invalid value: \"a/../../b\": must not contain '..'");

    [Fact]
    [Field("spec.containers[].ports[].hostPort")]
    public void A_host_port_that_a_pod_has()
    {
        bed.Done("run", "--image", "localhost/busybox", "--port", "8071:80", "first", "--", "sleep", "100");

        var second = bed.Pod("run", "--image", "localhost/busybox", "--port", "8071:80", "second", "--", "sleep", "100");

        Assert.Equal(($"peapod: hostPort 8071/tcp is taken by pod {bed.OwnerOf("first")}\n", 1), (second.Error, second.ExitCode));
        Assert.Equal(["default_first"], Directory.GetDirectories($"{bed.RunRoot}/pods").Select(Path.GetFileName));
        bed.Done("rm", "-f", "first");
        bed.AssertNothingLeft();
    }

    [Fact]
    public void A_host_port_that_a_process_has()
    {
        using var listener = new TcpListener(IPAddress.Any, 8072);
        listener.Start();

        Refused(bed.Pod("run", "--image", "localhost/busybox", "--port", "8072:80", "bad", "--", "sleep", "100"), "peapod: hostPort 8072/tcp is in use by a process of this host");
    }

    [Fact]
    public void An_executable_that_is_not_in_the_image() =>
        Refused(bed.Pod("run", "--image", "localhost/busybox", "bad", "--", "no-such-thing"), "peapod: container \"bad\": command: exec: \"no-such-thing\": executable file not found in $PATH", exitCode: 127);

    [Fact]
    public void A_host_path_that_is_not_there() =>
        Refused(
            RunContainers("  - {name: c, image: localhost/busybox, volumeMounts: [{name: v, mountPath: /d}]}", "  volumes: [{name: v, hostPath: {path: /no/such/thing, type: Directory}}]"),
            "peapod: volume \"v\": hostPath \"/no/such/thing\" does not exist");

    [Theory]
    [InlineData("subPath: s, mountPath: /bin/busybox/q", "container \"c\": volume \"v\", subPath \"s\" at /bin/busybox/q: cannot mount volume \"v\", subPath \"s\" at \"/bin/busybox/q\": ")]
    [InlineData("subPath: s, mountPath: /etc/passwd", "container \"c\": volume \"v\", subPath \"s\" at /etc/passwd: cannot mount volume \"v\", subPath \"s\" at \"/etc/passwd\": ")]
    [InlineData("mountPath: /bin/busybox/q", "container \"c\": volume \"v\" at /bin/busybox/q: cannot mount ")]
    public void A_mount_that_cannot_be_is_told_by_its_volume(string mount, string error)
    {
        var refused = RunContainers($"  - {{name: c, image: localhost/busybox, volumeMounts: [{{name: v, {mount}}}]}}", "  volumes: [{name: v, emptyDir: {}}]");

        Assert.StartsWith($"peapod: {error}", refused.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("/proc/self/fd", refused.Error, StringComparison.Ordinal);
        bed.AssertNothingLeft();
    }

    [Fact]
    public void What_is_not_shared_is_told_by_its_path_in_the_volume()
    {
        Assert.Equal(0, RunContainers("  - {name: c, image: localhost/busybox, volumeMounts: [{name: v, mountPath: /x, subPath: s, mountPropagation: HostToContainer}]}", "  volumes: [{name: v, emptyDir: {medium: Memory}}]").ExitCode);

        var events = bed.Done("events", "-o", "jsonpath={.items[*].message}");
        Assert.Contains("/volumes/v/s\" is on a mount that is not shared or slave", events, StringComparison.Ordinal);
        Assert.DoesNotContain("/proc/self/fd", events, StringComparison.Ordinal);
    }

    [SkippableTheory]
    [InlineData("cpu", "100m", true)]
    [InlineData("cpu", "100m", false)]
    [InlineData("memory", "64Mi", true)]
    [InlineData("memory", "64Mi", false)]
    public void A_limit_that_the_host_cannot_enforce_is_told_by_its_line(string resource, string amount, bool ofAll)
    {
        var available = File.ReadAllText("/sys/fs/cgroup/cgroup.controllers").TrimEnd();
        Skip.If(available.Split(' ').Contains(resource), $"the {resource} controller is available here");

        // Only when all containers have a limit the pod has one.
        var refused = RunContainers($"  - name: c\n    image: localhost/busybox\n    resources:\n      limits:\n        {resource}: {amount}{(ofAll ? "" : "\n  - {name: d, image: localhost/busybox}")}");

        Assert.Matches($@"^peapod: [^ ]*\.yaml:11: spec\.containers\[0\]\.resources\.limits\.{resource}: the {resource} controller is not available: .*\n  available here: .*\n  see ""peapod doctor""\n$", refused.Error);
        bed.AssertNothingLeft();
    }

    [Fact]
    [Field("spec.containers[].securityContext.runAsNonRoot")]
    public void A_container_that_must_not_be_root_and_would_be()
    {
        var result = RunContainers("  - {name: c, image: localhost/busybox, command: [sh], securityContext: {runAsNonRoot: true}}");

        Assert.Equal(1, result.ExitCode);
        Assert.Matches("^peapod: container has runAsNonRoot and image will run as root \\(pod: \".*_default\\([0-9a-f-]{36}\\)\", container: c\\)\n$", result.Error);
    }

    [Fact]
    public void A_manifest_that_is_not_there() => Refused(bed.Pod("run", "-f", "/no/such.yaml"), "peapod: -f /no/such.yaml: No such file or directory");

    [Theory]
    [InlineData("logs")]
    [InlineData("stop")]
    [InlineData("rm")]
    [InlineData("inspect")]
    public void A_pod_that_is_not_there(string command) => Refused(bed.Pod(command, "nobody"), "peapod: pods \"nobody\" not found");

    [Theory]
    [InlineData("../../etc")]
    [InlineData("a/b")]
    [InlineData("Upper")]
    public void A_name_that_no_pod_can_have(string name) =>
        Assert.Equal((1, "peapod: pods \"" + name + "\" not found\n"), (bed.Pod("rm", "-f", name).ExitCode, bed.Pod("rm", "-f", name).Error));

    [Fact]
    public void Removal_of_a_running_pod_without_force()
    {
        bed.Done("run", "--image", "localhost/busybox", "runs", "--", "sleep", "100");

        var result = bed.Pod("rm", "runs");

        Assert.Equal(("peapod: pod \"runs\" is running\n  stop it first, or use --force\n", 1), (result.Error, result.ExitCode));
        Assert.Matches("runs   1/1     Running", bed.Done("ps"));
    }

    [Fact]
    public void One_of_several_pods_that_is_not_there_does_not_keep_the_others()
    {
        bed.Done("run", "--image", "localhost/busybox", "there", "--", "sleep", "100");

        var result = bed.Pod("rm", "-f", "nobody", "there");

        Assert.Equal(("peapod: pods \"nobody\" not found\n", "pod \"there\" deleted\n", 1), (result.Error, result.Output, result.ExitCode));
        bed.AssertNothingLeft();
    }

    [Fact]
    public void A_name_that_is_too_long_for_a_folder() =>
        Refused(
            bed.Pod("run", "-f", bed.Write("long.yaml", PodBed.Manifest(new string('a', 250), "  hostname: h\n  containers: [{name: c, image: localhost/busybox}]"))),
            $"peapod: pods \"{new string('a', 250)}\": namespace and name together have 257 characters, at most 189 are possible here");

    [Fact]
    public void Nothing_to_run() => Refused(bed.Pod("run"), "peapod: -f FILE or --image IMAGE NAME: what shall run is missing");
}
