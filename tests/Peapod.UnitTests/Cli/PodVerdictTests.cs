using Peapod.Pod.Cli.Diagnosis;
using Peapod.Pod.Cli.Selection;
using Peapod.Pod.Layout;
using Peapod.Pod.Objects;

namespace Peapod.UnitTests.Cli;

/// <summary>What <c>pod why</c> says keeps a pod from being ready.</summary>
public sealed class PodVerdictTests
{
    private static readonly PodManifest Manifest = new()
    {
        Metadata = new ObjectMeta { Name = "web" },
        Spec = new PodSpec
        {
            InitContainers = [new ContainerSpec { Name = "init", Image = "i" }, new ContainerSpec { Name = "side", Image = "i", RestartPolicy = RestartPolicy.Always }],
            Containers = [new ContainerSpec { Name = "a", Image = "i" }, new ContainerSpec { Name = "b", Image = "i" }],
        },
    };

    private static readonly ContainerState Runs = new() { Running = new() };

    private static ContainerState Ended(int exitCode, string reason, string? message = null) => new() { Terminated = new() { ExitCode = exitCode, Reason = reason, Message = message } };

    private static ContainerState Waits(string reason, string? message = null) => new() { Waiting = new() { Reason = reason, Message = message } };

    private static Verdict? Of(PodStatus status, params PodEvent[] events) => PodVerdict.Of(
        new PodView(new PodFolders(new PodHost { RunRoot = "/nowhere" }, "default_web"), Manifest, status, IsSupervised: true), events);

    private static PodStatus Status(ContainerState init, ContainerState side, ContainerState a, ContainerState b, bool ready = false, bool started = true, ContainerState? last = null) => new()
    {
        Phase = PodPhase.Running,
        Addresses = [new() { Address = "10.85.0.2" }],
        InitContainerStatuses = [new() { Name = "init", State = init }, new() { Name = "side", State = side, Started = side == Runs, Ready = side == Runs }],
        ContainerStatuses = [new() { Name = "a", State = a, Ready = a == Runs, Started = true }, new() { Name = "b", State = b, Ready = ready, Started = started, LastState = last, RestartCount = 3 }],
    };

    private static readonly ContainerState Done = Ended(0, "Completed");

    [Fact]
    public void Nothing_keeps_a_ready_pod() => Assert.Null(Of(Status(Done, Runs, Runs, Runs, ready: true)));

    [Fact]
    public void A_remedy_names_the_pods_namespace()
    {
        var pod = new PodView(new PodFolders(new PodHost { RunRoot = "/nowhere" }, "demo_web"), Manifest, new PodStatus { Phase = PodPhase.Failed }, IsSupervised: true);

        Assert.Equal("\"peapod pod start --namespace demo web\" starts it again", PodVerdict.Of(pod, [])!.Remedy);
    }

    [Fact]
    public void A_crash_loop_is_told_with_the_exit_code_and_the_log()
    {
        var verdict = Of(Status(Done, Runs, Runs, Waits("CrashLoopBackOff"), last: Ended(3, "Error")))!;

        Assert.Equal("container \"b\" has ended with exit code 3, 4 times by now, and waits for its next start", verdict.Sentence);
        Assert.Equal(("spec.containers[1]", "b"), (verdict.Field, verdict.Container));
    }

    [Fact]
    public void Lack_of_memory_has_its_remedy()
    {
        var verdict = Of(Status(Done, Runs, Runs, Waits("CrashLoopBackOff"), last: Ended(137, "OOMKilled")))!;

        Assert.Contains("more memory than it may", verdict.Sentence);
        Assert.Equal("\"peapod pod update web -c b --limits=memory=AMOUNT\" gives it more", verdict.Remedy);
        Assert.Equal("spec.containers[1].resources", verdict.Field);
    }

    [Fact]
    public void What_comes_first_in_the_pods_life_is_told_first()
    {
        Assert.Equal("init container \"init\" has not ended yet, and the others wait for it", Of(Status(Runs, Waits("PodInitializing"), Waits("PodInitializing"), Waits("PodInitializing")))!.Sentence);
        Assert.Equal("spec.initContainers[1]", Of(Status(Done, Waits("CrashLoopBackOff"), Waits("PodInitializing"), Waits("PodInitializing")))!.Field);
    }

    [Fact]
    public void An_image_that_is_missing_is_told_by_its_field()
    {
        var verdict = Of(Status(Done, Runs, Runs, Waits("ImagePullBackOff", "Back-off pulling image \"i\"")))!;

        Assert.Equal(("container \"b\" cannot be started: Back-off pulling image \"i\"", "spec.containers[1].image"), (verdict.Sentence, verdict.Field));
    }

    [Theory]
    [InlineData(true, "Readiness probe failed: no", "spec.containers[1].readinessProbe")]
    [InlineData(false, "Startup probe failed: no", "spec.containers[1].startupProbe")]
    public void The_last_word_of_a_probe_is_told(bool started, string message, string field)
    {
        var verdict = Of(
            Status(Done, Runs, Runs, Runs, started: started),
            new PodEvent { Reason = "Unhealthy", FieldPath = "spec.containers{b}", Message = message },
            new PodEvent { Reason = "Unhealthy", FieldPath = "spec.containers{a}", Message = "Readiness probe failed: another's" })!;

        Assert.Equal(($"container \"b\" runs, but {message}", field), (verdict.Sentence, verdict.Field));
    }

    [Fact]
    public void Volumes_that_are_waited_for_are_named()
    {
        var verdict = Of(new PodStatus { Phase = PodPhase.Pending }, new PodEvent { Type = "Warning", Reason = "FailedMount", Message = "configmap \"m\" not found" })!;

        Assert.Equal(("configmap \"m\" not found", "spec.volumes"), (verdict.Sentence, verdict.Field));
    }

    [Theory]
    [InlineData("Rebooted", "the host was rebooted while it ran")]
    [InlineData("Evicted", "it has ended: Usage of EmptyDir")]
    public void An_ended_pod_says_why_it_ended_and_how_it_starts_again(string reason, string sentence)
    {
        var verdict = Of(new PodStatus { Phase = PodPhase.Failed, Reason = reason, Message = "Usage of EmptyDir" })!;

        Assert.Equal((sentence, "\"peapod pod start web\" starts it again"), (verdict.Sentence, verdict.Remedy));
    }
}
