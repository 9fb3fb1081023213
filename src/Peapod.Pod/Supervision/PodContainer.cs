using Peapod.Image;
using Peapod.Kernel;
using Peapod.Kernel.Interop;
using Peapod.Kernel.Processes;
using Peapod.Pod.Objects;
using Peapod.Pod.Supervision.Life;
using Peapod.Pod.Supervision.Probes;
using Peapod.Shim.Containers;
using Peapod.Shim.Logging;
using Peapod.Shim.Loop;
using ContainerStatus = Peapod.Pod.Objects.ContainerStatus;

namespace Peapod.Pod.Supervision;

/// <summary>
/// What a pod does with one of its containers: when it is started, what is told of it, how it is probed and stopped. Its shim does the work; what it is
/// to the pod <see cref="PodLife"/> decides.
/// </summary>
internal sealed partial class PodContainer : IDisposable
{
    /// <summary>The exit code of a container whose end nobody saw; the kubelet's.</summary>
    private const int UnknownExitCode = 137;

    /// <summary>Milliseconds until it is looked after again when that has failed.</summary>
    private const long FaultPause = 1000;

    private readonly PodContext context;
    private readonly Attempts attempts;
    private BackOff backOff;
    private BackOff creationBackOff;
    private ContainerProbes? probes;
    private Attempt? postStart;
    private Attempt? preStop;
    private string? postStartFailure;
    private DateTime startedAt;
    private long began;
    private long? killAt;
    private long grace;
    private long notBefore;
    private long faultedUntil;
    private bool postStartDone;
    private bool restartAsked;
    private long restartBy;
    private bool hasEnded;
    private WaitReason? waits;
    private int stopSignal = Signals.SIGTERM;

    internal PodContainer(ContainerSpec spec, ContainerRole role, PodContext context, ContainerStatus? known)
    {
        Spec = spec;
        Role = role;
        this.context = context;
        attempts = new Attempts(context);
        Shim = new ShimContainer(spec.Name, new(spec.Tty, spec.Stdin, spec.StdinOnce), context.Shim);
        Status = known ?? new ContainerStatus { Name = spec.Name, Image = spec.Image, State = Waiting(FirstReason) };
        waits = Status.State.Waiting is { } waiting && Enum.TryParse<WaitReason>(waiting.Reason, out var reason) ? reason : null;
        hasEnded = Status.State.Terminated is not null || waits == WaitReason.CrashLoopBackOff;
    }

    /// <summary>Another one after a reload: the next start is by it.</summary>
    internal ContainerSpec Spec { get; private set; }

    internal ContainerRole Role { get; }

    internal ContainerStatus Status { get; private set; }

    /// <summary>It runs.</summary>
    internal bool IsRunning => Shim.Process is not null;

    /// <summary>What does the work.</summary>
    internal ShimContainer Shim { get; }

    /// <summary>A restart was asked for, and its next run has not begun.</summary>
    internal bool RestartAsked => restartAsked;

    internal ContainerFacts Facts => new(Role, Spec.RestartPolicy ?? context.Pod.Spec.RestartPolicy ?? RestartPolicy.Always)
    {
        Run = Shim.State switch
        {
            ShimContainerState.Running or ShimContainerState.Ending => RunState.Running,
            ShimContainerState.Starting => RunState.Starting,
            _ => startWanted ? RunState.Starting : hasEnded ? RunState.Ended : RunState.New,
        },
        ExitCode = (Status.State.Terminated ?? Status.LastState?.Terminated)?.ExitCode ?? 0,
        PostStartDone = Spec.Lifecycle?.PostStart is null || (IsRunning && postStartDone),
        Started = IsRunning && postStartDone && probes is { Started: true },
        Stopping = killAt is not null || Shim is { State: ShimContainerState.Starting, StopAsked: true } or { State: ShimContainerState.Ending },
        RestartAsked = restartAsked,
        NotBefore = notBefore,
    };

    private string FieldPath => Role switch
    {
        ContainerRole.Main => $"spec.containers{{{Spec.Name}}}",
        ContainerRole.Ephemeral => $"spec.ephemeralContainers{{{Spec.Name}}}",
        _ => $"spec.initContainers{{{Spec.Name}}}",
    };

    /// <summary>Why it waits before its first start.</summary>
    private WaitReason FirstReason => context.Pod.Spec.InitContainers.Count > 0 && Role != ContainerRole.Ephemeral ? WaitReason.PodInitializing : WaitReason.ContainerCreating;

    /// <summary>The number of the run that is or comes: how often it has been started again by then.</summary>
    private int NextRun => Status.RestartCount + (Status.ContainerId is null ? 0 : 1);

    /// <summary>Takes a container over that an earlier supervisor started.</summary>
    /// <param name="kept">What the keeper has kept: what is the container's is taken out of it.</param>
    internal void Adopt(Dictionary<string, SafeFd> kept)
    {
        var wasStarted = Status.State.Running is not null;
        if (Status.ContainerId is null || !(wasStarted || waits is WaitReason.PodInitializing or WaitReason.ContainerCreating) || !Shim.Adopt(Status.RestartCount, wasStarted, kept))
        {
            return;
        }

        (began, hasEnded) = (MonotonicClock.Now, false);
        startedAt = Status.State.Running?.StartedAt ?? Timestamp.Now;
        if (!IsRunning)
        {
            return;
        }

        stopSignal = StopSignal(Spec, (context.Images.ReadLease(context.Folders.LeaseOf(Spec.Name)) ?? LeaseImage()).Config);

        // Its postStart hook, if it was not done, is not done again.
        Runs(Status.Started == true, Status.Ready);
        if (Status.Image != Spec.Image)
        {
            // The earlier supervisor ended before it did what it was told.
            ChangeImage();
        }
    }

    /// <summary>Goes on as far as it can with all that is to be done for it. A fault of ours is told as an event of this container, and tried again later.</summary>
    internal void Advance(long now)
    {
        if (now < faultedUntil)
        {
            return;
        }

        try
        {
            Go(now);
        }
        catch (Exception e) when (e is not (OutOfMemoryException or StartFailedException))
        {
            faultedUntil = now + FaultPause;
            context.Log.Faulted($"container \"{Spec.Name}\"", e);
            Tell("Warning", "Failed", $"Error: {(PodFailure.Is(e) ? e.Message : $"internal error: {e.Message}")}");
        }
    }

    private void Go(long now)
    {
        if (context.Stopping)
        {
            Shim.DropIfOverdue();
        }

        switch (Shim.Advance(now))
        {
            case ContainerNews.Started:
                Started(now);
                break;
            case ContainerNews.NotStarted failed when !(Shim.StopAsked && restartAsked):
                NotStarted(failed.Why);
                break;
            case ContainerNews.Ended end:
                Ended(end);
                break;
            default:
                break;
        }

        if (Shim.State == ShimContainerState.Running)
        {
            AdvancePostStart(now);
            AdvanceProbes(now);
            AdvanceStop(now);
        }
    }

    /// <summary>Adds what is to be polled for, and when to go on even if nothing happens.</summary>
    internal void AddTo(List<PollFd> entries, ref long next)
    {
        if (faultedUntil > MonotonicClock.Now)
        {
            next = Math.Min(next, faultedUntil);
            return;
        }

        Shim.AddTo(entries, ref next);
        if (Shim.State == ShimContainerState.Running)
        {
            postStart?.AddTo(entries);
            preStop?.AddTo(entries);
            probes?.AddTo(entries);
            next = Math.Min(next, Math.Min(postStart?.WakeAt ?? long.MaxValue, Math.Min(preStop?.WakeAt ?? long.MaxValue, Math.Min(probes?.WakeAt ?? long.MaxValue, killAt ?? long.MaxValue))));
        }
    }

    /// <summary>The sandbox is gone: what is to run runs in a new one, as if for the first time.</summary>
    internal void StartOver()
    {
        if (Role is ContainerRole.Init or ContainerRole.Sidecar || Facts is { Run: RunState.Ended, Restarts: true })
        {
            Waits(FirstReason);
            (notBefore, hasEnded) = (0, false);
        }
    }

    /// <summary>Takes a changed manifest over: starts it again where its image changes, and writes changed limits into the cgroup of a container that runs; or has it restarted, where resizePolicy says so.</summary>
    /// <exception cref="Exception">One of <see cref="PodFailure"/>: the limits cannot be set.</exception>
    internal void Change(ContainerSpec next)
    {
        var before = Spec.Resources;
        var sameImage = Spec.Image == next.Image;
        Spec = next;
        if (!sameImage)
        {
            ChangeImage();
            return;
        }

        if (!IsRunning || Resize.IsSame(before, next.Resources))
        {
            return;
        }

        if (Resize.NeedsRestart(before, next))
        {
            Restart(Grace(null));
            return;
        }

        context.Shim.Runtime.Update(Spec.Name, context.Describer!.ResourcesOf(next));
        Status = Status with { Resources = next.Resources };
    }

    /// <summary>The next start is with the new image, and it is now, but for an init container that ends by itself.</summary>
    private void ChangeImage()
    {
        (backOff, creationBackOff, notBefore) = (default, default, 0);
        if ((IsRunning || Facts.Run == RunState.Starting) && Role is ContainerRole.Main or ContainerRole.Sidecar)
        {
            Restart(Grace(null), $"Container {Spec.Name} definition changed, will be restarted");
        }
    }

    public void Dispose()
    {
        probes?.Dispose();
        postStart?.Dispose();
        preStop?.Dispose();
        Shim.Dispose();
    }

    private static ContainerState Waiting(WaitReason reason, string? message = null) => new() { Waiting = new() { Reason = reason.ToString(), Message = message } };

    /// <summary>The pause as Go writes durations: 10s, 1m20s.</summary>
    private static string Duration(long milliseconds) =>
        milliseconds < 60_000 ? $"{milliseconds / 1000}s" : $"{milliseconds / 60_000}m{milliseconds / 1000 % 60}s";

    private void Waits(WaitReason reason, string? message = null)
    {
        waits = reason;
        Status = Status with { State = Waiting(reason, message), LastState = Status.State.Terminated is null ? Status.LastState : Status.State };
    }

    private void Tell(string type, string reason, string message) => context.Events.Add(type, reason, FieldPath, message);

    /// <summary>It runs, and its postStart is done.</summary>
    private void Runs(bool started, bool ready)
    {
        (postStartDone, waits) = (true, null);
        probes = new ContainerProbes(Spec, attempts, began, started, ready);
        Status = Status with { State = new() { Running = new() { StartedAt = startedAt } } };
        TellHealth();
    }

    private void TellHealth()
    {
        // An init container that is no sidecar is ready when it has ended well.
        var ready = probes is { Ready: true } && Role != ContainerRole.Init && killAt is null;
        var started = probes is { Started: true };
        if (Status.Ready != ready || Status.Started != started)
        {
            Status = Status with { Ready = ready, Started = started };
        }
    }

    private void AdvancePostStart(long now)
    {
        if (postStart?.Advance(now, context.Log) is not { } result)
        {
            return;
        }

        postStart.Dispose();
        postStart = null;
        if (result.Good)
        {
            Runs(started: false, ready: false);
            return;
        }

        postStartFailure = $"PostStartHook failed: {result.Detail.TrimEnd()}";
        Tell("Warning", "FailedPostStartHook", postStartFailure);
        Stop(Grace(null), "FailedPostStartHook");
    }

    private void AdvanceProbes(long now)
    {
        if (probes is null)
        {
            return;
        }

        if (probes.Advance(now, (name, detail) => Tell("Warning", "Unhealthy", $"{name} probe failed: {detail.TrimEnd()}")) is { } failed && killAt is null)
        {
            Stop(Grace(failed.Probe.TerminationGracePeriodSeconds), $"Container {Spec.Name} failed {failed.Name} probe, will be restarted");
        }

        TellHealth();
    }

    private long Grace(long? ofProbe) => 1000 * Math.Min(int.MaxValue, ofProbe ?? context.Pod.Spec.TerminationGracePeriodSeconds ?? 30);

    /// <summary>The image as it was when the pod first needed it: a restart does not change it, only another image in the manifest does.</summary>
    private ContainerImage LeaseImage()
    {
        var lease = context.Folders.LeaseOf(Spec.Name);
        if (Status.Image == Spec.Image && context.Images.ReadLease(lease) is { } leased)
        {
            return leased;
        }

        var image = context.Images.Resolve(Spec.Image);
        context.Images.TakeLease(lease, image);
        return image;
    }
}
