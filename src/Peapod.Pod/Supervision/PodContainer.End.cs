using Peapod.Image;
using Peapod.Kernel.Processes;
using Peapod.Pod.Objects;
using Peapod.Pod.Supervision.Life;
using Peapod.Shim.Containers;
using Peapod.Shim.Loop;

namespace Peapod.Pod.Supervision;

/// <content>How a run comes to its end: asked to stop, killed, or by itself; and what is known of it then.</content>
internal sealed partial class PodContainer
{
    /// <summary>Begins to stop it: preStop, its stop signal, and KILL when the grace period is over. Once it is being stopped, a later call can only shorten that.</summary>
    /// <param name="graceMilliseconds">From now to KILL; 0 for at once.</param>
    /// <param name="why">What the event says.</param>
    internal void Stop(long graceMilliseconds, string? why = null)
    {
        startWanted = false;
        Shim.StopStart(graceMilliseconds);
        if (!IsRunning)
        {
            return;
        }

        var now = MonotonicClock.Now;
        var began = killAt is null;
        killAt = Math.Min(killAt ?? long.MaxValue, now + graceMilliseconds);
        grace = graceMilliseconds;
        if (!began)
        {
            return;
        }

        Tell("Normal", "Killing", why ?? $"Stopping container {Spec.Name}");
        probes?.Stop();
        postStart?.Dispose();
        postStart = null;
        preStop = graceMilliseconds > 0 && postStartDone && Spec.Lifecycle?.PreStop is { } hook ? attempts.Begin(Spec, hook, now) : null;
        if (preStop is null)
        {
            Signal(stopSignal);
        }
    }

    /// <summary>Stops it, to be started again whatever its restart policy says.</summary>
    /// <param name="graceMilliseconds">From now to KILL.</param>
    /// <param name="why">What the event says.</param>
    internal void Restart(long graceMilliseconds, string? why = null)
    {
        (restartAsked, notBefore, restartBy) = (true, 0, MonotonicClock.Now + graceMilliseconds);
        Stop(graceMilliseconds, why);
    }

    /// <summary>Sends a signal to its first process.</summary>
    /// <returns>False when it does not run.</returns>
    internal bool Signal(int signal) => Shim.Signal(signal);

    /// <inheritdoc cref="ShimContainer.EndWithSandbox"/>
    internal void EndWithSandbox()
    {
        startWanted = false;
        Shim.EndWithSandbox();
    }

    /// <summary>The manifest's, the image's or TERM.</summary>
    private static int StopSignal(ContainerSpec container, ImageConfig image)
    {
        var name = container.Lifecycle?.StopSignal is { Length: > 0 } own ? own : image.StopSignal;
        return name.Length > 0 && Signals.TryParse(name, out var signal) ? signal : Signals.SIGTERM;
    }

    private void AdvanceStop(long now)
    {
        if (killAt is not { } deadline)
        {
            return;
        }

        if (preStop?.Advance(now, context.Log) is { } result)
        {
            if (!result.Good)
            {
                Tell("Warning", "FailedPreStopHook", $"PreStopHook failed: {result.Detail.TrimEnd()}");
            }

            EndPreStop(now);
        }
        else if (preStop is not null && now >= deadline)
        {
            Tell("Warning", "FailedPreStopHook", "PreStopHook failed: it took longer than the grace period");
            EndPreStop(now);
        }
        else if (now >= deadline)
        {
            Shim.KillAll();

            // Again, should that not have been enough.
            killAt = now + PodLife.LeastGrace;
        }
    }

    /// <summary>The stop signal; some time is left to follow it, even if the hook took all.</summary>
    private void EndPreStop(long now)
    {
        preStop!.Dispose();
        preStop = null;
        Signal(stopSignal);
        if (grace > 0)
        {
            killAt = Math.Max(killAt!.Value, now + PodLife.LeastGrace);
        }
    }

    private void Ended(ContainerNews.Ended end)
    {
        probes?.Dispose();
        postStart?.Dispose();
        preStop?.Dispose();
        (probes, postStart, preStop, killAt) = (null, null, null, null);
        var code = end.Status?.Reported ?? UnknownExitCode;
        var reason = end.Status is null ? "ContainerStatusUnknown"
            : code != 0 && end.OutOfMemory ? "OOMKilled"
            : postStartFailure is not null ? "PostStartHookError"
            : code == 0 ? "Completed" : "Error";
        var message = postStartFailure
            ?? (end.Status is null ? "The container could not be located when the pod was taken over" : TerminationMessage.Read(context.Folders, Spec, Status.RestartCount, code != 0, ContainersOf(context.Pod.Spec)));
        Ended(code, end.Status?.Signal is > 0 and var signal ? signal : null, reason, message, startedAt);
        postStartFailure = null;
    }

    private static int ContainersOf(PodSpec pod) => pod.Containers.Count + pod.InitContainers.Count + pod.EphemeralContainers.Count;

    private void Ended(int code, int? signal, string reason, string? message, DateTime? started)
    {
        Status = Status with
        {
            State = new()
            {
                Terminated = new()
                {
                    ExitCode = code,
                    Signal = signal,
                    Reason = reason,
                    Message = message,
                    StartedAt = started,
                    FinishedAt = Timestamp.Now,
                    ContainerId = Status.ContainerId,
                },
            },
            LastState = Status.State.Terminated is null ? Status.LastState : Status.State,
            Ready = Role == ContainerRole.Init && code == 0,
            Started = false,
        };
        (hasEnded, waits) = (true, null);
        if (Facts.Restarts && !context.Stopping)
        {
            BackOff();
        }
    }

    /// <summary>Puts the next start on the clock.</summary>
    private void BackOff()
    {
        if (restartAsked)
        {
            notBefore = 0;
            return;
        }

        notBefore = backOff.Next(began, MonotonicClock.Now);
        if (backOff.Pause > 0)
        {
            Tell("Warning", "BackOff", $"Back-off restarting failed container {Spec.Name} in pod {context.PodName}");
            Waits(WaitReason.CrashLoopBackOff, $"back-off {Duration(backOff.Pause)} restarting failed container={Spec.Name} pod={context.PodName}");
        }
    }
}
