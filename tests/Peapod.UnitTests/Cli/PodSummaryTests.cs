using Peapod.Pod.Cli.Selection;
using Peapod.Pod.Objects;

namespace Peapod.UnitTests.Cli;

/// <summary>The columns of `kubectl get pods`, case by case as its printer has them.</summary>
public sealed class PodSummaryTests
{
    private static readonly PodManifest Two = Manifest([], ["a", "b"]);
    private static readonly PodManifest WithInit = Manifest(["one", "two"], ["a"]);

    private static PodManifest Manifest(string[] inits, string[] names, bool sidecars = false) => new()
    {
        Spec = new PodSpec
        {
            InitContainers = [.. inits.Select(name => new ContainerSpec { Name = name, RestartPolicy = sidecars ? RestartPolicy.Always : null })],
            Containers = [.. names.Select(static name => new ContainerSpec { Name = name })],
        },
    };

    private static ContainerStatus Runs(string name, bool ready = true) => new() { Name = name, Ready = ready, Started = true, State = new() { Running = new() } };

    private static ContainerStatus Waits(string name, string reason) => new() { Name = name, State = new() { Waiting = new() { Reason = reason } } };

    private static ContainerStatus Ended(string name, int code, string? reason = null, int? signal = null) =>
        new() { Name = name, State = new() { Terminated = new() { ExitCode = code, Reason = reason, Signal = signal } } };

    private static (string, string) Of(PodManifest pod, PodStatus status)
    {
        var summary = PodSummary.Of(pod, status);
        return (summary.ReadyText, summary.Status);
    }

    private static PodStatus Status(PodPhase phase, params ContainerStatus[] containers) => new() { Phase = phase, ContainerStatuses = containers };

    [Fact]
    public void Running_and_ready() => Assert.Equal(("2/2", "Running"), Of(Two, Status(PodPhase.Running, Runs("a"), Runs("b"))));

    [Fact]
    public void Running_and_not_ready() => Assert.Equal(("1/2", "Running"), Of(Two, Status(PodPhase.Running, Runs("a"), Runs("b", ready: false))));

    [Fact]
    public void Before_anything_is_known() => Assert.Equal(("0/2", "Pending"), Of(Two, new PodStatus()));

    [Fact]
    public void A_container_that_waits_gives_its_reason() => Assert.Equal(("1/2", "CrashLoopBackOff"), Of(Two, Status(PodPhase.Running, Runs("a"), Waits("b", "CrashLoopBackOff"))));

    [Fact]
    public void The_first_container_speaks_last() => Assert.Equal(("0/2", "ImagePullBackOff"), Of(Two, Status(PodPhase.Pending, Waits("a", "ImagePullBackOff"), Waits("b", "ContainerCreating"))));

    [Fact]
    public void All_ended_well() => Assert.Equal(("0/2", "Completed"), Of(Two, Status(PodPhase.Succeeded, Ended("a", 0, "Completed"), Ended("b", 0, "Completed"))));

    [Fact]
    public void Killed_for_memory() => Assert.Equal(("0/2", "OOMKilled"), Of(Two, Status(PodPhase.Failed, Ended("a", 137, "OOMKilled"), Ended("b", 0, "Completed"))));

    [Fact]
    public void Without_a_reason_the_exit_code_or_the_signal_is_shown()
    {
        Assert.Equal(("0/2", "ExitCode:3"), Of(Two, Status(PodPhase.Failed, Ended("a", 3), Ended("b", 0))));
        Assert.Equal(("0/2", "Signal:9"), Of(Two, Status(PodPhase.Failed, Ended("a", 137, null, 9), Ended("b", 0))));
    }

    [Fact]
    public void One_has_ended_well_and_the_other_runs()
    {
        var status = Status(PodPhase.Running, Ended("a", 0, "Completed"), Runs("b"));

        Assert.Equal(("1/2", "NotReady"), Of(Two, status));
        Assert.Equal(("1/2", "Running"), Of(Two, status with { Conditions = [new PodCondition { Type = "Ready", Status = "True" }] }));
    }

    [Fact]
    public void The_pods_own_reason_wins_over_its_phase() => Assert.Equal(("0/2", "DeadlineExceeded"), Of(Two, new PodStatus { Phase = PodPhase.Failed, Reason = "DeadlineExceeded" }));

    [Fact]
    public void Init_containers_are_counted()
    {
        Assert.Equal(("0/1", "Init:0/2"), Of(WithInit, new PodStatus { InitContainerStatuses = [Runs("one", ready: false), Waits("two", "PodInitializing")] }));
        Assert.Equal(("0/1", "Init:1/2"), Of(WithInit, new PodStatus { InitContainerStatuses = [Ended("one", 0), Waits("two", "PodInitializing")] }));
        Assert.Equal(("0/1", "Init:CrashLoopBackOff"), Of(WithInit, new PodStatus { InitContainerStatuses = [Waits("one", "CrashLoopBackOff")] }));
        Assert.Equal(("0/1", "Init:Error"), Of(WithInit, new PodStatus { InitContainerStatuses = [Ended("one", 1, "Error")] }));
        Assert.Equal(("0/1", "Init:ExitCode:1"), Of(WithInit, new PodStatus { InitContainerStatuses = [Ended("one", 1)] }));
        Assert.Equal(("0/1", "Init:Signal:9"), Of(WithInit, new PodStatus { InitContainerStatuses = [Ended("one", 137, null, 9)] }));
    }

    [Fact]
    public void Initialized_and_its_containers_begin() =>
        Assert.Equal(("0/1", "PodInitializing"), Of(WithInit, new PodStatus { InitContainerStatuses = [Ended("one", 0), Ended("two", 0)], ContainerStatuses = [Waits("a", "PodInitializing")] }));

    [Fact]
    public void A_sidecar_counts_as_a_container()
    {
        var pod = Manifest(["side"], ["a"], sidecars: true);

        Assert.Equal(("2/2", "Running"), Of(pod, Status(PodPhase.Running, Runs("a")) with { InitContainerStatuses = [Runs("side")] }));
        Assert.Equal(("1/2", "Running"), Of(pod, Status(PodPhase.Running, Runs("a")) with { InitContainerStatuses = [Runs("side", ready: false)] }));
    }

    [Fact]
    public void Restarts_are_summed_and_the_last_one_is_told()
    {
        var ago = DateTime.UtcNow.AddMinutes(-5);
        var status = Status(PodPhase.Running, Runs("a") with { RestartCount = 2, LastState = new() { Terminated = new() { FinishedAt = ago.AddHours(-1) } } }, Runs("b") with { RestartCount = 1, LastState = new() { Terminated = new() { FinishedAt = ago } } });

        Assert.Equal("3 (5m ago)", PodSummary.Of(Two, status).RestartsText);
        Assert.Equal("0", PodSummary.Of(Two, Status(PodPhase.Running, Runs("a"), Runs("b"))).RestartsText);
    }

    [Fact]
    public void One_that_was_told_to_go_is_terminating()
    {
        var pod = Two with { Metadata = new ObjectMeta { DeletionTimestamp = DateTime.UtcNow } };

        Assert.Equal("Terminating", PodSummary.Of(pod, Status(PodPhase.Running, Runs("a"), Runs("b"))).Status);
        Assert.Equal("Error", PodSummary.Of(pod, Status(PodPhase.Failed, Ended("a", 1, "Error"), Ended("b", 1, "Error"))).Status);
    }

    [Fact]
    public void Nobody_knows_of_a_pod_that_nobody_watches() => Assert.Equal("Unknown", PodSummary.Of(Two, Status(PodPhase.Running, Runs("a"), Runs("b")), supervised: false).Status);
}
