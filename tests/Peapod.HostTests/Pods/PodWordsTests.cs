using Peapod.HostTests.Harness;

namespace Peapod.HostTests.Pods;

/// <summary>What users of kubectl and podman type out of habit.</summary>
public sealed class PodWordsTests : IDisposable
{
    private readonly PodBed bed = new();

    public void Dispose() => bed.Dispose();

    [Fact]
    public void The_kind_may_stand_before_a_pods_name()
    {
        bed.RunSpec("web", "  terminationGracePeriodSeconds: 0\n  containers: [{name: c, image: localhost/busybox, command: [sleep, '1000']}]");

        Assert.StartsWith("Name:", bed.Done("describe", "pod", "web"));
        Assert.Equal("pod/web condition met\n", bed.Done("wait", "--for=condition=Ready", "pod", "web"));
        Assert.Equal("peapod: pods \"pod\" not found\n", bed.Pod("describe", "pod").Error);
    }

    [Fact]
    public void Ps_is_ls_and_list_and_help_is_a_word_too()
    {
        Assert.Equal("No resources found in default namespace.\n", bed.Pod("ls").Error);
        Assert.Equal("No resources found in default namespace.\n", bed.Pod("list").Error);
        Assert.Equal(PeapodCommand.Run("pod", "run", "--help").Output, PeapodCommand.Run("pod", "help", "run").Output);
    }

    [Fact]
    public void What_cannot_be_says_what_to_do_instead()
    {
        bed.RunSpec("web", "  terminationGracePeriodSeconds: 0\n  containers: [{name: c, image: localhost/busybox, command: [sleep, '1000']}]");
        bed.Done("stop", "web");

        Assert.Equal("peapod: pod \"web\" is not running\n  \"peapod pod start web\" starts it again\n", bed.Pod("restart", "web").Error);
        Assert.Equal("peapod: -f https://example.com/x.yaml: URLs are not read\n  curl -fsSL https://example.com/x.yaml | peapod pod apply -f -\n", bed.Pod("apply", "-f", "https://example.com/x.yaml").Error);
        Assert.Equal("peapod: POD or --all: say which pods to start\n", bed.Pod("start").Error);
        Assert.Equal("peapod: --all: pods cannot be named together with it\n", bed.Pod("stop", "--all", "web").Error);
    }
}
