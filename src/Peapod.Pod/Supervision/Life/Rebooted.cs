using Peapod.Pod.Objects;

namespace Peapod.Pod.Supervision.Life;

/// <summary>What a reboot makes of a pod's status, and what of the pod is to run again. Without side effects.</summary>
public static class Rebooted
{
    /// <summary>Of a pod, and of each container, that ran when the host went down.</summary>
    public const string Reason = "Rebooted";

    internal const string Message = "The host was rebooted while the pod ran.";

    /// <summary>As of a container whose end nobody saw; the kubelet's.</summary>
    private const int UnknownExitCode = 137;

    /// <summary>The status of a pod when the host is up again and nothing of it runs.</summary>
    /// <param name="status">What was last known.</param>
    /// <param name="wasStopping">Somebody had asked for its stop: it is not to come back.</param>
    /// <param name="now">Whole seconds.</param>
    internal static PodStatus Ended(PodStatus status, bool wasStopping, DateTime now)
    {
        if (status.Phase is PodPhase.Succeeded or PodPhase.Failed)
        {
            return status;
        }

        return status with
        {
            Phase = PodPhase.Failed,
            Reason = wasStopping ? null : Reason,
            Message = wasStopping ? null : Message,
            PodIP = null,
            Addresses = [],
            Conditions = [.. status.Conditions.Select(Condition)],
            InitContainerStatuses = [.. status.InitContainerStatuses.Select(Container)],
            ContainerStatuses = [.. status.ContainerStatuses.Select(Container)],
            EphemeralContainerStatuses = [.. status.EphemeralContainerStatuses.Select(Container)],
        };

        PodCondition Condition(PodCondition known) => known.Type is not ("Ready" or "ContainersReady" or "PodReadyToStartContainers") ? known
            : known with { Status = "False", Reason = "PodFailed", Message = null, LastTransitionTime = known.Status == "False" ? known.LastTransitionTime : now };

        // One that waited for its next start has ended already, as its last state says.
        ContainerStatus Container(ContainerStatus known) => known.State.Running is null ? known with { Ready = false, Started = false } : known with
        {
            State = new()
            {
                Terminated = new() { ExitCode = UnknownExitCode, Reason = Reason, StartedAt = known.State.Running.StartedAt, FinishedAt = now, ContainerId = known.ContainerId },
            },
            Ready = false,
            Started = false,
        };
    }

    /// <summary>Whether an ended pod comes back when the host is up: as with the kubelet, whatever its restartPolicy but Never, unless it had ended before.</summary>
    /// <param name="pod">The pod.</param>
    /// <param name="status">As it is.</param>
    /// <param name="beforeStop">As it was when it was stopped with the host; null when it was not.</param>
    public static bool ComesBack(PodManifest pod, PodStatus status, PodStatus? beforeStop)
    {
        ArgumentNullException.ThrowIfNull(pod);
        ArgumentNullException.ThrowIfNull(status);
        return status.Phase is PodPhase.Succeeded or PodPhase.Failed
            && pod.Spec.RestartPolicy != RestartPolicy.Never
            && (status.Reason == Reason || beforeStop is { Phase: PodPhase.Running or PodPhase.Pending });
    }

    /// <summary>The status with which an ended pod begins again: its containers wait for their next run, and are counted on.</summary>
    /// <param name="pod">The pod.</param>
    /// <param name="status">As it is.</param>
    /// <param name="beforeStop">As in <see cref="ComesBack"/>.</param>
    /// <param name="whole">Somebody asked for it: what had succeeded runs again too, and the pod's deadline counts from now.</param>
    /// <param name="now">Whole seconds.</param>
    internal static PodStatus Again(PodManifest pod, PodStatus status, PodStatus? beforeStop, bool whole, DateTime now)
    {
        var before = beforeStop ?? status;
        return status with
        {
            Phase = PodPhase.Pending,
            Reason = null,
            Message = null,
            PodIP = null,
            Addresses = [],
            Conditions = [],
            StartTime = whole ? now : status.StartTime,
            InitContainerStatuses = [.. status.InitContainerStatuses.Select(known => Waiting(known, pod))],
            ContainerStatuses = [.. status.ContainerStatuses.Select(known => whole || !HadSucceeded(known) ? Waiting(known, pod) : known)],
        };

        bool HadSucceeded(ContainerStatus known) => pod.Spec.RestartPolicy == RestartPolicy.OnFailure
            && before.ContainerStatuses.Any(other => other.Name == known.Name && other.State.Terminated is { ExitCode: 0 });
    }

    private static ContainerStatus Waiting(ContainerStatus known, PodManifest pod) => known with
    {
        State = new() { Waiting = new() { Reason = pod.Spec.InitContainers.Count > 0 ? "PodInitializing" : "ContainerCreating" } },
        LastState = known.State.Terminated is null ? known.LastState : known.State,
        Ready = false,
        Started = false,
    };
}
