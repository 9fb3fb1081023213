using Peapod.Pod.Cli.Selection;
using Peapod.Pod.Objects;
using Peapod.Pod.Supervision.Life;

namespace Peapod.Pod.Cli.Diagnosis;

/// <summary>Finds the one thing that keeps a pod from being ready: what comes first in its life and is not done. Without side effects.</summary>
internal static class PodVerdict
{
    /// <param name="pod">The pod.</param>
    /// <param name="events">Its events, the last at the end.</param>
    /// <returns>Null for a pod that is ready.</returns>
    internal static Verdict? Of(PodView pod, IReadOnlyList<PodEvent> events)
    {
        if (pod.Damage is { } damage)
        {
            return new(damage.Split('\n')[0], damage.Contains('\n') ? damage[(damage.IndexOf('\n', StringComparison.Ordinal) + 1)..].Trim() : null);
        }

        if (pod.Status.Phase is PodPhase.Succeeded or PodPhase.Failed)
        {
            return Ended(pod);
        }

        if (pod.Status.Reason == "Terminating")
        {
            return new("it is being stopped", null);
        }

        return (pod.Status.Addresses.Count == 0 ? WithoutSandbox(pod, events) : null) ?? OfInit(pod, events) ?? OfMain(pod, events);
    }

    private static Verdict Ended(PodView pod)
    {
        var again = $"\"peapod pod start {pod.Folders.Argument}\" starts it again";
        if (pod.Status.Reason == Rebooted.Reason)
        {
            return new("the host was rebooted while it ran", again);
        }

        if (pod.Status.Message is { Length: > 0 } message)
        {
            return new($"it has ended: {message}", again);
        }

        var (names, statuses) = (pod.Manifest.Spec.Containers, pod.Status.ContainerStatuses);
        for (var i = 0; i < statuses.Count; i++)
        {
            if (statuses[i].State.Terminated is { ExitCode: not 0 } ended)
            {
                return new($"it has ended: container \"{statuses[i].Name}\" {How(ended)}", again, FieldOf("spec.containers", names, statuses[i].Name)) { Container = statuses[i].Name };
            }
        }

        return pod.Status.InitContainerStatuses.FirstOrDefault(static init => init.State.Terminated is { ExitCode: not 0 }) is { } failed
            ? new($"it has ended: init container \"{failed.Name}\" {How(failed.State.Terminated!)}", again, FieldOf("spec.initContainers", pod.Manifest.Spec.InitContainers, failed.Name)) { Container = failed.Name }
            : new("it has ended: all that it had to do is done", again);
    }

    /// <summary>Until it has an address it waits for its volumes or its network.</summary>
    private static Verdict WithoutSandbox(PodView pod, IReadOnlyList<PodEvent> events) =>
        events.LastOrDefault(static happened => happened.Reason is "FailedMount" or "FailedCreatePodSandBox") is { } failed
            ? new(failed.Message.Trim(), failed.Reason == "FailedMount" ? "\"peapod pod apply -f FILE\" of what is missing lets it go on" : $"\"peapod pod events {pod.Folders.Argument}\" tells more; it is tried again", failed.Reason == "FailedMount" ? "spec.volumes" : "spec")
            : new("it is being made", null);

    private static Verdict? OfInit(PodView pod, IReadOnlyList<PodEvent> events)
    {
        foreach (var spec in pod.Manifest.Spec.InitContainers)
        {
            var isSidecar = spec.RestartPolicy == RestartPolicy.Always;
            if (pod.Status.InitContainerStatuses.FirstOrDefault(known => known.Name == spec.Name) is not { } status
                || (isSidecar ? status.Started == true : status.State.Terminated is { ExitCode: 0 }))
            {
                continue;
            }

            var field = FieldOf("spec.initContainers", pod.Manifest.Spec.InitContainers, spec.Name);
            return status.State.Running is not null && !isSidecar
                ? new($"init container \"{spec.Name}\" has not ended yet, and the others wait for it", $"\"peapod pod logs -f {pod.Folders.Argument} -c {spec.Name}\" shows what it does", field) { Container = spec.Name }
                : OfContainer(pod, spec, status, $"{(isSidecar ? "sidecar" : "init container")} \"{spec.Name}\"", field, events);
        }

        return null;
    }

    private static Verdict? OfMain(PodView pod, IReadOnlyList<PodEvent> events)
    {
        foreach (var spec in pod.Manifest.Spec.Containers)
        {
            if (pod.Status.ContainerStatuses.FirstOrDefault(known => known.Name == spec.Name) is { Ready: false } status)
            {
                return OfContainer(pod, spec, status, $"container \"{spec.Name}\"", FieldOf("spec.containers", pod.Manifest.Spec.Containers, spec.Name), events);
            }
        }

        return pod.IsSupervised ? null : new("nobody watches over it: its supervisor was killed, and another one could not be started", $"\"peapod pod rm --force {pod.Folders.Argument}\" removes it");
    }

    private static Verdict OfContainer(PodView pod, ContainerSpec spec, ContainerStatus status, string name, string field, IReadOnlyList<PodEvent> events)
    {
        var last = status.State.Terminated ?? status.LastState?.Terminated;
        if (status.State.Waiting is { Reason: "CrashLoopBackOff" } && last is not null)
        {
            return new($"{name} {How(last)}, {status.RestartCount + 1} time{(status.RestartCount == 0 ? "" : "s")} by now, and waits for its next start", RemedyOf(last, pod, spec), last.Reason == "OOMKilled" ? $"{field}.resources" : field) { Container = spec.Name };
        }

        if (status.State.Waiting is { } waiting)
        {
            var wrong = waiting.Reason switch { "ErrImagePull" or "ImagePullBackOff" or "ErrImageNeverPull" => $"{field}.image", _ => field };
            return waiting.Message is { Length: > 0 } message
                ? new($"{name} cannot be started: {message}", waiting.Reason is "ErrImagePull" or "ImagePullBackOff" or "ErrImageNeverPull" ? $"\"peapod image pull {spec.Image}\" or \"peapod image load FILE\" brings the image in; it is tried again" : "it is tried again", wrong)
                : new($"{name} is being started", null, field);
        }

        if (status.State.Terminated is { } ended)
        {
            return new($"{name} {How(ended)}", RemedyOf(ended, pod, spec), field) { Container = spec.Name };
        }

        var probe = status.Started == true ? "readinessProbe" : "startupProbe";
        var failure = events.LastOrDefault(happened => happened.Reason == "Unhealthy" && happened.FieldPath?.Contains($"{{{spec.Name}}}", StringComparison.Ordinal) == true
            && happened.Message.StartsWith(status.Started == true ? "Readiness" : "Startup", StringComparison.Ordinal));
        return failure is not null
            ? new($"{name} runs, but {failure.Message.Trim()}", $"the probe must succeed, or be another one; \"peapod pod logs {pod.Folders.Argument} -c {spec.Name}\" shows what the container does", $"{field}.{probe}") { Container = spec.Name }
            : new($"{name} runs, but its {probe} has not succeeded yet", null, $"{field}.{probe}");
    }

    private static string How(ContainerStateTerminated ended) => ended.Reason switch
    {
        "OOMKilled" => "was killed because it used more memory than it may",
        "StartError" or "ContainerCannotRun" => $"could not be started: {ended.Message}",
        "Completed" => "has ended by itself with exit code 0",
        _ => $"has ended with exit code {ended.ExitCode}{(ended.Signal is > 0 ? $", by signal {ended.Signal}" : "")}{(ended.Message is { Length: > 0 } words ? $": {words.Trim()}" : "")}",
    };

    private static string RemedyOf(ContainerStateTerminated ended, PodView pod, ContainerSpec spec) => ended.Reason switch
    {
        "OOMKilled" => $"\"peapod pod update {pod.Folders.Argument} -c {spec.Name} --limits=memory=AMOUNT\" gives it more",
        "StartError" or "ContainerCannotRun" => "its command or its image must be another one",
        "Completed" => "a command that does not end, or restartPolicy: OnFailure, keeps it from being started again and again",
        _ => "its last words may tell why",
    };

    private static string FieldOf(string list, IReadOnlyList<ContainerSpec> containers, string name)
    {
        for (var i = 0; i < containers.Count; i++)
        {
            if (containers[i].Name == name)
            {
                return $"{list}[{i}]";
            }
        }

        return list;
    }
}
