using Peapod.HostTests.Harness;

namespace Peapod.HostTests.Pods;

/// <summary>`pod generate systemd`.</summary>
public sealed class GenerateTests : IDisposable
{
    private readonly PodBed bed = new();

    public void Dispose() => bed.Dispose();

    [SkippableFact]
    public void Systemd_takes_the_unit_of_a_manifest()
    {
        var manifest = bed.Write("web.yaml", PodBed.Manifest("web", "  terminationGracePeriodSeconds: 7\n  containers: [{name: c, image: localhost/busybox}]"));

        var unit = bed.Done("generate", "systemd", "-f", manifest);

        var command = $"{PeapodCommand.Executable} pod --run-root {bed.RunRoot} --data-root {bed.DataRoot}";
        Assert.Contains($"\nExecStart={command} apply -f {manifest}\n", unit);
        Assert.Contains($"\nExecStop={command} delete --ignore-not-found --only-pods -f {manifest}\nTimeoutStartSec=infinity\nTimeoutStopSec=22\n", unit);
        Verify(bed.Write("peapod-web.service", unit));
    }

    [SkippableFact]
    public void The_unit_and_the_manifest_of_a_pod_are_written_side_by_side_and_start_it_again()
    {
        bed.Done("run", "--image", "localhost/busybox", "web", "--", "sleep", "100");

        Assert.Equal($"{bed.Folder}/default_web.yaml\n{bed.Folder}/peapod-web.service\n", bed.Done("generate", "systemd", "web", "--directory", bed.Folder));
        bed.Done("rm", "-f", "web");

        Assert.Equal("pod/web created\n", bed.Done("apply", "-f", Path.Combine(bed.Folder, "default_web.yaml")));
        Assert.Equal("pod/web unchanged\n", bed.Done("apply", "-f", Path.Combine(bed.Folder, "default_web.yaml")));
        Verify(Path.Combine(bed.Folder, "peapod-web.service"));
    }

    [Fact]
    public void Bad_input_is_named()
    {
        Assert.Equal("peapod: POD or -f FILE: what the unit shall run is missing\n", bed.Pod("generate", "systemd").Error);
        Assert.Equal("peapod: -f -: at boot there is no standard input to read\n", bed.Pod("generate", "systemd", "-f", "-").Error);
        Assert.Equal("peapod: pods \"nobody\" not found\n", bed.Pod("generate", "systemd", "nobody").Error);
        var manifest = bed.Write("web.yaml", PodBed.Manifest("web", "  containers: [{name: c, image: localhost/busybox}]"));
        Assert.Equal("peapod: --directory /no/such: peapod-web.service: No such file or directory\n", bed.Pod("generate", "systemd", "-f", manifest, "--directory", "/no/such").Error);
    }

    private static void Verify(string unit)
    {
        Skip.IfNot(File.Exists("/usr/bin/systemd-analyze"), "systemd-analyze is not installed here");
        var result = PeapodCommand.Start("systemd-analyze", "verify", unit);
        Assert.True(result.ExitCode == 0 && !result.Error.Contains(Path.GetFileName(unit)), result.Error);
    }
}
