namespace Peapod.Pod.Supervision.Life;

/// <summary>
/// The life of a pod: what is to be done next, given what is. It does nothing itself and keeps nothing; the supervisor does what it says
/// and asks again. As the kubelet's computePodActions: init containers one after the other, then the containers, sidecars around them.
/// </summary>
internal static class PodLife
{
    /// <summary>Milliseconds that a sidecar has at least, when the others have used up the pod's grace period.</summary>
    internal const long LeastGrace = 2_000;

    /// <param name="pod">What is.</param>
    /// <param name="now">On the clock of the facts.</param>
    /// <param name="steps">Takes what to do now; nothing when there is something to wait for.</param>
    /// <returns>When to ask again even if nothing happens; <see cref="long.MaxValue"/> for never.</returns>
    internal static long Decide(in PodFacts pod, long now, List<Step> steps)
    {
        if (pod.StopBy is { } stopBy)
        {
            Stop(pod, stopBy, now, steps);
            return long.MaxValue;
        }

        if (pod.DeadlineAt <= now)
        {
            steps.Add(new(StepKind.Expire));
            return long.MaxValue;
        }

        var wake = pod.DeadlineAt ?? long.MaxValue;
        if (IsOver(pod))
        {
            steps.Add(new(StepKind.Finish));
        }
        else if (pod.HasSandbox)
        {
            Go(pod, now, steps, ref wake);
        }

        return wake;
    }

    /// <summary>Whether the containers have ended for good: all of them, or one that the others were waiting for.</summary>
    internal static bool IsOver(in PodFacts pod) => HasFailedInit(pod) || !Any(pod, static container => container.Role == ContainerRole.Main && (container.Run != RunState.Ended || container.Restarts));

    /// <summary>Whether an init container has failed, and is not tried again.</summary>
    internal static bool HasFailedInit(in PodFacts pod) =>
        Any(pod, static container => container is { Role: ContainerRole.Init, Run: RunState.Ended, ExitCode: not 0, Restarts: false });

    /// <summary>Whether the containers' turn has come: every init container has succeeded, every sidecar has started. It stays so.</summary>
    internal static bool IsInitialized(in PodFacts pod) =>
        pod.WasInitialized || !Any(pod, static container => container.Role <= ContainerRole.Sidecar && !IsPassed(container));

    private static void Go(in PodFacts pod, long now, List<Step> steps, ref long wake)
    {
        var initialized = IsInitialized(pod);
        var reached = true;
        for (var i = 0; i < pod.Containers.Count; i++)
        {
            var container = pod.Containers[i];
            var wanted = container.Run == RunState.New || (container.Run == RunState.Ended && container.Restarts);
            var turn = container.Role == ContainerRole.Ephemeral || (reached && !(container.Role == ContainerRole.Init && initialized));
            var starts = wanted && turn && StartsNow(i, container, now, steps, ref wake);
            reached = reached && container.Role switch
            {
                ContainerRole.Init or ContainerRole.Sidecar => initialized || IsPassed(container),

                // The next container begins when this one's postStart is done.
                ContainerRole.Main => container.PostStartDone || !(starts || container.Run is RunState.Running or RunState.Starting),
                _ => true,
            };
        }
    }

    /// <summary>Whether what comes after an init container or a sidecar may begin.</summary>
    private static bool IsPassed(in ContainerFacts container) =>
        container.Role == ContainerRole.Sidecar ? container.Started : container is { Run: RunState.Ended, ExitCode: 0, RestartAsked: false };

    private static bool StartsNow(int index, in ContainerFacts container, long now, List<Step> steps, ref long wake)
    {
        if (container.NotBefore > now)
        {
            wake = Math.Min(wake, container.NotBefore);
            return false;
        }

        steps.Add(new(StepKind.Start, index));
        return true;
    }

    /// <summary>All but the sidecars at the same time; these when the others have ended, the last first.</summary>
    private static void Stop(in PodFacts pod, long stopBy, long now, List<Step> steps)
    {
        var running = false;
        var last = -1;
        for (var i = 0; i < pod.Containers.Count; i++)
        {
            var container = pod.Containers[i];
            if (container.Run is not (RunState.Running or RunState.Starting))
            {
                continue;
            }

            if (container.Role == ContainerRole.Sidecar && !pod.StopsAtOnce)
            {
                last = i;
                continue;
            }

            running = true;
            if (!container.Stopping)
            {
                steps.Add(new(StepKind.Stop, i, pod.StopsAtOnce ? 0 : Math.Max(0, stopBy - now)));
            }
        }

        if (running)
        {
            return;
        }

        if (last < 0)
        {
            steps.Add(new(StepKind.End));
        }
        else if (!pod.Containers[last].Stopping)
        {
            steps.Add(new(StepKind.Stop, last, Math.Max(LeastGrace, stopBy - now)));
        }
    }

    private static bool Any(in PodFacts pod, Func<ContainerFacts, bool> condition)
    {
        for (var i = 0; i < pod.Containers.Count; i++)
        {
            if (condition(pod.Containers[i]))
            {
                return true;
            }
        }

        return false;
    }
}
