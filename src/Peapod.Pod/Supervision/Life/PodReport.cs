using Peapod.Pod.Objects;

namespace Peapod.Pod.Supervision.Life;

/// <summary>The phase and the conditions of a pod, as the kubelet computes them from its containers.</summary>
internal static class PodReport
{
    private const string True = "True";
    private const string False = "False";

    /// <param name="last">The status so far, whose transition times stay where nothing has changed.</param>
    /// <param name="pod">What is.</param>
    /// <param name="ended">Nothing runs any more, nor will.</param>
    /// <param name="failed">The pod has failed whatever its containers say.</param>
    /// <param name="now">Whole seconds.</param>
    internal static PodStatus Of(PodStatus last, in PodFacts pod, bool ended, bool failed, DateTime now)
    {
        var phase = PhaseOf(last, pod, ended, failed);
        var initialized = PodLife.IsInitialized(pod);
        var finished = phase switch { PodPhase.Succeeded => "PodCompleted", PodPhase.Failed => "PodFailed", _ => null };
        var unready = Unready(last, pod);
        var notReady = finished ?? (unready.Length > 0 ? "ContainersNotReady" : null);
        var notReadyMessage = finished is null && unready.Length > 0 ? $"containers with unready status: [{unready}]" : null;
        var incomplete = initialized ? "" : Incomplete(last, pod);
        return last with
        {
            Phase = phase,
            Conditions =
            [
                Condition("PodReadyToStartContainers", pod.HasSandbox ? True : False),
                Condition(
                    "Initialized", initialized ? True : False,
                    initialized ? (phase == PodPhase.Succeeded ? "PodCompleted" : null) : "ContainersNotInitialized",
                    initialized ? null : $"containers with incomplete status: [{incomplete}]"),
                Condition("Ready", notReady is null ? True : False, notReady, notReadyMessage),
                Condition("ContainersReady", notReady is null ? True : False, notReady, notReadyMessage),
                Condition("PodScheduled", True),
            ],
        };

        PodCondition Condition(string type, string status, string? reason = null, string? message = null)
        {
            PodCondition? before = null;
            foreach (var condition in last.Conditions)
            {
                before = condition.Type == type ? condition : before;
            }

            return new() { Type = type, Status = status, Reason = reason, Message = message, LastTransitionTime = before?.Status == status ? before.LastTransitionTime : now };
        }
    }

    private static PodPhase PhaseOf(PodStatus last, in PodFacts pod, bool ended, bool failed)
    {
        if (ended)
        {
            return failed || PodLife.HasFailedInit(pod) || Any(last, pod, static (container, _) => container is { Role: ContainerRole.Main, ExitCode: not 0 } or { Role: ContainerRole.Main, Run: RunState.New })
                ? PodPhase.Failed : PodPhase.Succeeded;
        }

        // Pending until each container has been started, if only once.
        return !PodLife.IsInitialized(pod) || Any(last, pod, static (container, status) => container is { Role: ContainerRole.Main, Run: RunState.New or RunState.Starting } && status.ContainerId is null)
            ? PodPhase.Pending : PodPhase.Running;
    }

    private static bool Any(PodStatus status, in PodFacts pod, Func<ContainerFacts, ContainerStatus, bool> condition)
    {
        for (var i = 0; i < pod.Containers.Count; i++)
        {
            if (condition(pod.Containers[i], StatusOf(status, i)))
            {
                return true;
            }
        }

        return false;
    }

    private static string Unready(PodStatus status, in PodFacts pod)
    {
        var names = "";
        for (var i = 0; i < pod.Containers.Count; i++)
        {
            if (pod.Containers[i].Role is ContainerRole.Main or ContainerRole.Sidecar && StatusOf(status, i) is { Ready: false } unready)
            {
                names += names.Length > 0 ? $" {unready.Name}" : unready.Name;
            }
        }

        return names;
    }

    private static string Incomplete(PodStatus status, in PodFacts pod)
    {
        var names = "";
        for (var i = 0; i < status.InitContainerStatuses.Count; i++)
        {
            var container = pod.Containers[i];
            if (container.Role == ContainerRole.Sidecar ? !container.Started : container is not { Run: RunState.Ended, ExitCode: 0 })
            {
                names += names.Length > 0 ? $" {StatusOf(status, i).Name}" : StatusOf(status, i).Name;
            }
        }

        return names;
    }

    /// <summary>The status of the container with that place in the facts.</summary>
    private static ContainerStatus StatusOf(PodStatus status, int index)
    {
        var afterInit = index - status.InitContainerStatuses.Count;
        var afterMain = afterInit - status.ContainerStatuses.Count;
        return afterInit < 0 ? status.InitContainerStatuses[index] : afterMain < 0 ? status.ContainerStatuses[afterInit] : status.EphemeralContainerStatuses[afterMain];
    }
}
