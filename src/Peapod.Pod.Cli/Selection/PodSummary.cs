using Peapod.Pod.Cli.Output;
using Peapod.Pod.Objects;

namespace Peapod.Pod.Cli.Selection;

/// <summary>The columns READY, STATUS and RESTARTS of a pod, by the API server's rules (pkg/printers/internalversion).</summary>
internal sealed record PodSummary(int Ready, int Total, string Status, int Restarts, DateTime? LastRestart)
{
    /// <summary>The STATUS of a pod whose files cannot be read.</summary>
    internal const string Damaged = "Damaged";

    internal string ReadyText => $"{Ready}/{Total}";

    internal string RestartsText => Restarts > 0 && LastRestart is not null ? $"{Restarts} ({Age.Of(LastRestart)} ago)" : $"{Restarts}";

    /// <summary>Green for what is well, yellow for what is on its way, red for what is not well.</summary>
    internal Colour? Colour => Status switch
    {
        "Running" or "Completed" => Output.Colour.Green,
        "Pending" or "ContainerCreating" or "PodInitializing" or "Terminating" => Output.Colour.Yellow,
        "NotReady" => Output.Colour.Yellow,
        _ when Status.StartsWith("Init:", StringComparison.Ordinal) && char.IsAsciiDigit(Status[^1]) && !Status.Contains("Code", StringComparison.Ordinal) && !Status.Contains("Signal", StringComparison.Ordinal) => Output.Colour.Yellow,
        _ => Output.Colour.Red,
    };

    internal static PodSummary Of(PodView pod)
    {
        var known = Of(pod.Manifest, pod.Status, pod.IsSupervised || pod.Damage is not null);
        return pod.Damage is null ? known : known with { Status = Damaged, Ready = Math.Min(known.Ready, known.Total) };
    }

    internal static PodSummary Of(PodManifest manifest, PodStatus status, bool supervised = true)
    {
        var counting = new Counting { Total = manifest.Spec.Containers.Count, Reason = status.Reason is { Length: > 0 } reason ? reason : $"{status.Phase}" };
        foreach (var init in manifest.Spec.InitContainers)
        {
            counting.Total += init.RestartPolicy == RestartPolicy.Always ? 1 : 0;
        }

        var initializing = counting.Init(manifest, status);
        if (!initializing || IsTrue(status, "Initialized"))
        {
            counting.Main(status);
        }

        var text = manifest.Metadata.DeletionTimestamp is not null && status.Phase is not (PodPhase.Succeeded or PodPhase.Failed) ? "Terminating"
            : supervised ? counting.Reason
            : "Unknown";
        return new PodSummary(counting.Ready, counting.Total, text, counting.Restarts, counting.LastRestart);
    }

    private static bool IsTrue(PodStatus status, string type)
    {
        foreach (var condition in status.Conditions)
        {
            if (condition.Type == type)
            {
                return condition.Status == "True";
            }
        }

        return false;
    }

    private sealed class Counting
    {
        private int sidecarRestarts;
        private DateTime? lastSidecarRestart;

        internal int Total { get; set; }

        internal int Ready { get; private set; }

        internal string Reason { get; set; } = "";

        internal int Restarts { get; private set; }

        internal DateTime? LastRestart { get; private set; }

        /// <summary>Whether the init containers are not done.</summary>
        internal bool Init(PodManifest manifest, PodStatus status)
        {
            for (var i = 0; i < status.InitContainerStatuses.Count; i++)
            {
                var container = status.InitContainerStatuses[i];
                var sidecar = IsSidecar(manifest, container.Name);
                Restarts += container.RestartCount;
                LastRestart = Later(LastRestart, container);
                if (sidecar)
                {
                    sidecarRestarts += container.RestartCount;
                    lastSidecarRestart = Later(lastSidecarRestart, container);
                }

                if (container.State.Terminated is { ExitCode: 0 })
                {
                    continue;
                }

                if (sidecar && container.Started == true)
                {
                    Ready += container.Ready ? 1 : 0;
                    continue;
                }

                Reason = container.State switch
                {
                    { Terminated: { } ended } => $"Init:{How(ended)}",
                    { Waiting.Reason: { Length: > 0 } waiting and not "PodInitializing" } => $"Init:{waiting}",
                    _ => $"Init:{i}/{manifest.Spec.InitContainers.Count}",
                };
                return true;
            }

            return false;
        }

        internal void Main(PodStatus status)
        {
            (Restarts, LastRestart) = (sidecarRestarts, lastSidecarRestart);
            var running = false;
            for (var i = status.ContainerStatuses.Count - 1; i >= 0; i--)
            {
                var container = status.ContainerStatuses[i];
                Restarts += container.RestartCount;
                LastRestart = Later(LastRestart, container);
                if (container.State.Waiting is { Reason.Length: > 0 } waiting)
                {
                    Reason = waiting.Reason;
                }
                else if (container.State.Terminated is { } ended)
                {
                    Reason = How(ended);
                }
                else if (container is { Ready: true, State.Running: not null })
                {
                    running = true;
                    Ready++;
                }
            }

            if (Reason == "Completed" && running)
            {
                Reason = IsTrue(status, "Ready") ? "Running" : "NotReady";
            }
        }

        private static string How(ContainerStateTerminated ended) =>
            ended.Reason is { Length: > 0 } reason ? reason : ended.Signal is > 0 ? $"Signal:{ended.Signal}" : $"ExitCode:{ended.ExitCode}";

        private static bool IsSidecar(PodManifest manifest, string name)
        {
            foreach (var init in manifest.Spec.InitContainers)
            {
                if (init.Name == name)
                {
                    return init.RestartPolicy == RestartPolicy.Always;
                }
            }

            return false;
        }

        private static DateTime? Later(DateTime? known, ContainerStatus container) =>
            container.LastState?.Terminated?.FinishedAt is { } ended && (known is null || ended > known) ? ended : known;
    }
}
