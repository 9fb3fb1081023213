using Peapod.HostTests.Harness;

namespace Peapod.HostTests.Registry;

/// <summary>Pods whose images are in a registry.</summary>
public sealed class PodPullTests : IDisposable
{
    private static readonly string Busybox = Path.Combine(PeapodCommand.Out, "images", "busybox");

    private readonly PodBed bed;
    private readonly DockerRegistry registry;

    public PodPullTests()
    {
        // Before the bed, which would have to be taken down.
        registry = new();
        bed = new();
    }

    public void Dispose()
    {
        foreach (var name in bed.Image("ls", "-q").Output.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            if (name.StartsWith(registry.Address, StringComparison.Ordinal))
            {
                bed.Image("rm", name);
            }
        }

        registry.Dispose();
        bed.Dispose();
    }

    [SkippableFact]
    public void A_pod_runs_from_an_image_that_only_the_registry_has()
    {
        var name = registry.Push(Busybox, "team/busybox:latest");

        bed.Done("run", "--image", name, "web", "--", "sh", "-c", "echo pulled; exec sleep 100");

        PodBed.Until(() => bed.Done("logs", "web").Contains("pulled", StringComparison.Ordinal), "it has begun");
        Assert.Contains(name, bed.Image("ls", "-q").Output, StringComparison.Ordinal);
    }

    [SkippableFact]
    public void An_image_that_cannot_be_pulled_keeps_the_pod_from_being_made()
    {
        var refused = bed.Pod("run", "--image", $"{registry.Address}/team/none:1", "web");

        Assert.Equal((1, $"peapod: container \"web\": ErrImagePull: {registry.Address}/team/none:1: not found at {registry.Address} (MANIFEST_UNKNOWN: manifest unknown)\n"), (refused.ExitCode, refused.Error));
        Assert.False(Directory.Exists(bed.RunOf("web")));
    }

    [SkippableFact]
    public void Never_is_never()
    {
        var name = registry.Push(Busybox, "team/busybox:never");

        var refused = bed.RunSpec("web", $"  containers: [{{name: c, image: \"{name}\", imagePullPolicy: Never}}]");

        Assert.Equal((1, $"peapod: container \"c\": ErrImageNeverPull: Container image \"{name}\" is not present with pull policy of Never\n"), (refused.ExitCode, refused.Error));
    }

    [SkippableFact]
    public void What_is_there_starts_without_the_registry_unless_always_is_written()
    {
        var fixedTag = registry.Push(Busybox, "team/busybox:1");
        var latest = registry.Push(Busybox, "team/busybox:latest");
        foreach (var name in new[] { fixedTag, latest })
        {
            Assert.Equal(0, bed.Image("pull", name).ExitCode);
        }

        registry.Stop();

        Assert.Equal("", bed.Pod("run", "--image", fixedTag, "one", "--", "sleep", "100").Error);
        var warned = bed.Pod("run", "--image", latest, "two", "--", "sleep", "100");
        Assert.Equal((0, $"warning: {latest}: cannot connect to {registry.Address}: connection refused; the image that is there is used\n"), (warned.ExitCode, warned.Error));
        var refused = bed.RunSpec("three", $"  containers: [{{name: c, image: \"{fixedTag}\", imagePullPolicy: Always}}]");
        Assert.Equal((1, $"peapod: container \"c\": ErrImagePull: {fixedTag}: cannot connect to {registry.Address}: connection refused\n"), (refused.ExitCode, refused.Error));
    }

    [SkippableFact]
    public void An_image_that_is_named_by_its_id_is_asked_of_no_registry()
    {
        var id = (string)System.Text.Json.Nodes.JsonNode.Parse(bed.Image("inspect", "localhost/busybox").Output)![0]!["Id"]!;

        foreach (var (pod, image) in new[] { ("short", id[..12]), ("long", id), ("digest", $"sha256:{id}") })
        {
            Assert.Equal("", bed.Pod("run", "--image", image, pod, "--", "sleep", "100").Error);
        }
    }

    [SkippableFact]
    public void The_image_of_a_volume_is_pulled_too()
    {
        var name = registry.Push(Busybox, "team/busybox:volume");

        Assert.Equal("", bed.RunSpec("web", $"  containers: [{{name: c, image: localhost/busybox, command: [sleep, \"100\"], volumeMounts: [{{name: v, mountPath: /v}}]}}]\n  volumes: [{{name: v, image: {{reference: \"{name}\"}}}}]").Error);
        PodBed.Until(() => bed.Pod("exec", "web", "--", "test", "-x", "/v/bin/busybox").ExitCode == 0, "the image is at /v");

        var refused = bed.RunSpec("other", $"  containers: [{{name: c, image: localhost/busybox}}]\n  volumes: [{{name: v, image: {{reference: \"{registry.Address}/team/none:1\"}}}}]");
        Assert.StartsWith($"peapod: volume \"v\": ErrImagePull: {registry.Address}/team/none:1: not found", refused.Error, StringComparison.Ordinal);
    }

    [SkippableFact]
    public void A_short_name_is_the_image_that_the_host_says()
    {
        registry.Push(Busybox, "team/busybox:1");
        Environment.SetEnvironmentVariable("CONTAINERS_REGISTRIES_CONF", bed.Write("registries.conf", $"[aliases]\n\"team/alias\" = \"{registry.Address}/team/busybox\"\n"));
        try
        {
            bed.Done("run", "--image", "team/alias:1", "web", "--", "sleep", "100");
            Assert.Equal($"{registry.Address}/team/busybox:1", (string)bed.Inspect("web")["spec"]!["containers"]![0]!["image"]!);

            var applied = bed.Pod("apply", "-f", bed.Write("other.yaml", PodBed.Manifest("other", "  containers: [{name: c, image: \"team/alias:1\"}]")));
            Assert.Contains($"container \"c\": image \"team/alias:1\" is a short name, which means {registry.Address}/team/busybox:1 on this host; write that into the manifest", applied.Error, StringComparison.Ordinal);
        }
        finally
        {
            Environment.SetEnvironmentVariable("CONTAINERS_REGISTRIES_CONF", null);
        }
    }

    [SkippableFact]
    public void Always_takes_what_the_registry_has_now()
    {
        var name = registry.Push(Busybox, "team/busybox:latest");
        Assert.Equal(0, bed.Image("tag", "localhost/busybox", "localhost/other").ExitCode);
        Assert.Equal(0, bed.Image("tag", "localhost/busybox", name).ExitCode);
        var before = registry.Push(Busybox, "team/busybox:latest", "--format", "v2s2");

        bed.Done("apply", "-f", bed.Write("web.yaml", PodBed.Manifest("web", $"  containers: [{{name: c, image: \"{name}\", command: [sleep, \"100\"]}}]")));

        Assert.Equal(name, before);
        Assert.Contains("vnd.docker.distribution.manifest.v2+json", bed.Image("inspect", name).Output, StringComparison.Ordinal);
    }
}
