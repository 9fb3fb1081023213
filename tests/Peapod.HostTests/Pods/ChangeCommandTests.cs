using System.Text.Json.Nodes;
using Peapod.HostTests.Harness;

namespace Peapod.HostTests.Pods;

/// <summary><c>pod create</c>, <c>label</c>, <c>annotate</c> and <c>set image</c>: kubectl's words for small changes.</summary>
public sealed class ChangeCommandTests : IDisposable
{
    private readonly PodBed bed = new();

    public void Dispose() => bed.Dispose();

    [Fact]
    public void A_configmap_is_made_of_literals_files_and_folders_and_a_pod_that_waits_for_it_starts()
    {
        var folder = Directory.CreateDirectory(Path.Combine(bed.Folder, "site")).FullName;
        File.WriteAllText($"{folder}/index.html", "hello\n");
        File.WriteAllBytes($"{folder}/logo.bin", [0xff, 0, 1]);
        Directory.CreateDirectory($"{folder}/passed-over");
        var variables = bed.Write("my.env", "# comment\n\nONE=1\nTWO=a=b\n");
        bed.RunSpec("web", "  volumes: [{name: v, configMap: {name: site}}]\n  containers: [{name: c, image: localhost/busybox, command: [sleep, '1000'], volumeMounts: [{name: v, mountPath: /v}]}]");

        Assert.Equal("configmap/site created\n", bed.Done("create", "configmap", "site", "--from-literal=level=debug", $"--from-file={folder}", $"--from-file=other={folder}/index.html", $"--from-env-file={variables}"));

        PodBed.Until(() => (string)bed.Status("web")["phase"]! == "Running", "the pod runs");
        Assert.Equal("ONE\nTWO\nindex.html\nlevel\nlogo.bin\nother\n", bed.Done("exec", "web", "--", "ls", "/v"));
        Assert.Equal("hello\ndebuga=b", bed.Done("exec", "web", "--", "cat", "/v/other", "/v/level", "/v/TWO"));
        Assert.Equal("/wAB", (string)JsonNode.Parse(bed.Done("get", "configmap", "site", "-o", "json"))!["binaryData"]!["logo.bin"]!);
        var again = bed.Pod("create", "configmap", "site", "--from-literal=level=debug");
        Assert.Equal((1, "peapod: configmaps \"site\" already exists\n"), (again.ExitCode, again.Error));
    }

    [Fact]
    public void A_dry_run_prints_the_object_and_keeps_nothing()
    {
        Assert.Equal(
            "apiVersion: v1\nkind: Secret\nmetadata:\n  name: login\n  namespace: default\ntype: Opaque\ndata:\n  user: bWU=\n",
            bed.Done("create", "secret", "generic", "login", "--from-literal=user=me", "--dry-run=client", "-o", "yaml"));
        Assert.Equal("secret/login created (server dry run)\n", bed.Done("create", "secret", "generic", "login", "--from-literal=user=me", "--dry-run=server"));

        var missing = bed.Pod("get", "secret", "login");
        Assert.Equal((1, "peapod: secrets \"login\" not found\n"), (missing.ExitCode, missing.Error));
    }

    [Fact]
    public void A_secret_for_a_registry_has_its_configuration()
    {
        bed.Done("create", "secret", "docker-registry", "pull", "--docker-server=registry.example", "--docker-username=me", "--docker-password=geheim");

        var secret = JsonNode.Parse(bed.Done("get", "secret", "pull", "-o", "json"))!;
        Assert.Equal("kubernetes.io/dockerconfigjson", (string)secret["type"]!);
        var entry = JsonNode.Parse(Convert.FromBase64String((string)secret["data"]![".dockerconfigjson"]!))!["auths"]!["registry.example"]!;
        Assert.Equal(("me", "bWU6Z2VoZWlt"), ((string)entry["username"]!, (string)entry["auth"]!));
    }

    [Theory]
    [InlineData("--from-literal=novalue", "--from-literal novalue: expected KEY=VALUE")]
    [InlineData("--from-literal=a b=1", "--from-literal: \"a b\" is not a valid key name: a valid config key must consist of")]
    [InlineData("--from-file=/nowhere", "--from-file /nowhere: No such file or directory")]
    [InlineData("--from-file=k=/", "--from-file k=/: cannot give a key name for a directory path")]
    [InlineData("--from-env-file=/nowhere", "--from-env-file /nowhere: No such file or directory")]
    public void Bad_sources_are_told_by_their_flag_and_leave_nothing(string source, string told)
    {
        var result = bed.Pod("create", "configmap", "bad", source);

        Assert.Equal(1, result.ExitCode);
        Assert.StartsWith($"peapod: {told}", result.Error, StringComparison.Ordinal);
        Assert.Equal(1, bed.Pod("get", "configmap", "bad").ExitCode);
    }

    [Fact]
    public void Labels_and_annotations_are_set_changed_and_removed()
    {
        bed.Done("run", "--image", "localhost/busybox", "web", "--", "sleep", "1000");

        Assert.Equal("pod/web labeled\n", bed.Done("label", "web", "tier=front", "team=shop"));
        Assert.Equal("pod/web not labeled\n", bed.Done("label", "pod", "web", "tier=front"));
        var refused = bed.Pod("label", "pod/web", "tier=back");
        Assert.Equal((1, "peapod: 'tier' already has a value (front), and --overwrite is false\n"), (refused.ExitCode, refused.Error));
        Assert.Equal("pod/web labeled\n", bed.Done("label", "-l", "team=shop", "--overwrite", "tier=back"));
        Assert.Equal("pod/web unlabeled\n", bed.Done("label", "web", "team-"));
        Assert.Equal("pod/web annotated\n", bed.Done("annotate", "web", "owner=the shop's team"));
        Assert.Contains("web", bed.Done("ps", "-l", "tier=back,!team"), StringComparison.Ordinal);
        Assert.Equal("the shop's team", (string)bed.Inspect("web")["metadata"]!["annotations"]!["owner"]!);

        var wrong = bed.Pod("label", "web", "a=b c");
        Assert.Equal(1, wrong.ExitCode);
        Assert.StartsWith("peapod: label \"a=b c\": a valid label must be", wrong.Error, StringComparison.Ordinal);
        Assert.Equal(0, bed.Restarts("web"));
    }

    [Fact]
    public void Another_image_restarts_its_container_and_no_other()
    {
        bed.RunSpec("two", "  terminationGracePeriodSeconds: 0\n  containers: [{name: a, image: localhost/busybox, command: [sleep, '1000']}, {name: b, image: localhost/busybox, command: [sleep, '1000']}]");
        var unknown = bed.Pod("set", "image", "two", "x=localhost/busybox");
        Assert.Equal((1, "peapod: unable to find container named \"x\" in pod \"two\"\n"), (unknown.ExitCode, unknown.Error));
        Assert.Equal(1, bed.Pod("set", "image", "two", "b=localhost/missing").ExitCode);
        Assert.Equal("pod/two unchanged\n", bed.Done("set", "image", "two", "a=localhost/busybox"));

        Assert.Equal("pod/two image updated\n", bed.Done("set", "image", "pod/two", "b=localhost/busybox:latest"));

        PodBed.Until(() => bed.Restarts("two", 1) == 1, "its container is restarted");
        Assert.Equal(0, bed.Restarts("two"));
        Assert.Equal("localhost/busybox:latest", (string)bed.Container("two", 1)["image"]!);
    }

    [Fact]
    public void Twenty_changes_at_once_are_all_made()
    {
        bed.RunSpec("web", "  terminationGracePeriodSeconds: 0\n  containers: [{name: c, image: localhost/busybox, command: [sleep, '1000']}]");

        var changes = Enumerable.Range(0, 20).AsParallel().WithDegreeOfParallelism(20)
            .Select(i => i % 2 == 0 ? bed.Pod("label", "web", $"k{i}=v") : bed.Pod("annotate", "web", $"k{i}=v")).ToList();

        Assert.All(changes, static change => Assert.True(change.ExitCode == 0, change.Error));
        var metadata = bed.Inspect("web")["metadata"]!;
        Assert.Equal(10, metadata["labels"]!.AsObject().Count(static label => label.Key.StartsWith('k')));
        Assert.Equal(10, metadata["annotations"]!.AsObject().Count(static annotation => annotation.Key.StartsWith('k')));
    }
}
