using Peapod.Pod.Objects;
using Peapod.Pod.Supervision.Life;

namespace Peapod.UnitTests.Pod;

/// <summary>Does what <see cref="PodLife"/> says, without a kernel, on a clock that the test turns.</summary>
internal sealed class SimulatedPod
{
    private readonly ContainerFacts[] facts;
    private readonly ContainerStatus[] statuses;
    private readonly BackOff[] backOffs;
    private readonly long[] began;
    private PodStatus last = new();
    private long? stopBy;
    private bool atOnce;
    private bool initialized;

    internal SimulatedPod(RestartPolicy policy, params ContainerRole[] roles)
    {
        facts = Array.ConvertAll(roles, role => new ContainerFacts(role, policy) { PostStartDone = true });
        statuses = [.. roles.Select(static (_, index) => new ContainerStatus { Name = $"c{index}", State = new() { Waiting = new() } })];
        Policies = [.. roles.Select(_ => policy)];
        backOffs = new BackOff[roles.Length];
        began = new long[roles.Length];
        Starts = new int[roles.Length];
        Graces = new long[roles.Length];
    }

    internal long Now { get; private set; }

    internal DateTime Time { get; set; } = new(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc);

    internal RestartPolicy[] Policies { get; }

    internal int[] Starts { get; }

    internal long[] Graces { get; }

    /// <summary>A container that starts has started: it has no start-up probe.</summary>
    internal bool StartsByItself { get; init; } = true;

    internal bool EndsWhenStopped { get; init; } = true;

    internal bool HasPostStart
    {
        get;
        init
        {
            field = value;
            for (var i = 0; i < facts.Length; i++)
            {
                facts[i] = facts[i] with { PostStartDone = !value };
            }
        }
    }

    internal long? DeadlineAt { get; init; }

    internal long WakeAt { get; private set; }

    internal bool HasEnded { get; private set; }

    internal bool HasExpired { get; private set; }

    internal bool IsInitialized => initialized;

    internal List<int> Running
    {
        get
        {
            Settle();
            return Where(static container => container.Run == RunState.Running);
        }
    }

    internal List<int> Stopping => Where(static container => container is { Run: RunState.Running, Stopping: true });

    internal void Settle()
    {
        for (var steps = Steps(); steps.Count > 0 && !HasEnded; steps = Steps())
        {
            foreach (var step in steps)
            {
                Do(step);
            }
        }
    }

    internal void Pass(long milliseconds)
    {
        Now += milliseconds;
        Settle();
    }

    internal void End(int index, int exitCode)
    {
        Settle();
        Ended(index, exitCode);
        Settle();
    }

    internal void Started(int index)
    {
        facts[index] = facts[index] with { Started = true };
        statuses[index] = statuses[index] with { Ready = true };
        Settle();
    }

    internal void PostStartDone(int index)
    {
        facts[index] = facts[index] with { PostStartDone = true };
        Settle();
    }

    internal void Stop(long seconds)
    {
        stopBy = Now + (1000 * seconds);
        atOnce = seconds == 0;
        Settle();
    }

    internal PodStatus Report()
    {
        last = last with
        {
            InitContainerStatuses = Statuses(static role => role <= ContainerRole.Sidecar),
            ContainerStatuses = Statuses(static role => role == ContainerRole.Main),
            EphemeralContainerStatuses = Statuses(static role => role == ContainerRole.Ephemeral),
        };
        return last = PodReport.Of(last, Facts(), HasEnded, HasExpired, Time);
    }

    private PodFacts Facts() => new(facts) { HasSandbox = true, WasInitialized = initialized, DeadlineAt = DeadlineAt, StopBy = stopBy, StopsAtOnce = atOnce };

    private List<ContainerStatus> Statuses(Predicate<ContainerRole> role) => [.. statuses.Where((_, index) => role(facts[index].Role))];

    private List<Step> Steps()
    {
        var steps = new List<Step>();
        initialized = PodLife.IsInitialized(Facts());
        WakeAt = PodLife.Decide(Facts(), Now, steps);
        return steps;
    }

    private void Do(Step step)
    {
        switch (step.Kind)
        {
            case StepKind.Start:
                Starts[step.Container]++;
                began[step.Container] = Now;
                facts[step.Container] = facts[step.Container] with { Run = RunState.Running, Policy = Policies[step.Container], Started = StartsByItself, PostStartDone = !HasPostStart };
                statuses[step.Container] = statuses[step.Container] with { ContainerId = "x", Ready = StartsByItself };
                break;
            case StepKind.Stop:
                Graces[step.Container] = step.Grace;
                facts[step.Container] = facts[step.Container] with { Stopping = true };
                if (EndsWhenStopped)
                {
                    Ended(step.Container, 0);
                }

                break;
            case StepKind.Expire or StepKind.Finish:
                HasExpired |= step.Kind == StepKind.Expire;
                stopBy = Now + 30_000;
                break;
            default:
                HasEnded = true;
                break;
        }
    }

    private void Ended(int index, int exitCode)
    {
        facts[index] = facts[index] with { Run = RunState.Ended, ExitCode = exitCode, Started = false, Stopping = false, NotBefore = backOffs[index].Next(began[index], Now) };
        statuses[index] = statuses[index] with { Ready = facts[index].Role == ContainerRole.Init && exitCode == 0 };
    }

    private List<int> Where(Predicate<ContainerFacts> condition) => [.. Enumerable.Range(0, facts.Length).Where(index => condition(facts[index]))];
}
