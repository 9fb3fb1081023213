using Microsoft.Extensions.Logging;
using Peapod.Container;
using Peapod.Kernel;
using Peapod.Kernel.Files;
using Peapod.Kernel.Interop;
using Peapod.Pod.Containers;
using Peapod.Pod.Layout;
using Peapod.Pod.Logging;
using Peapod.Pod.Manifest;
using Peapod.Pod.Objects;
using Peapod.Pod.Supervision.Life;
using Peapod.Pod.Volumes;
using Peapod.Shim.Control;
using Peapod.Shim.Keeping;
using Peapod.Shim.Logging;
using Peapod.Shim.Loop;

namespace Peapod.Pod.Supervision;

/// <summary>
/// The one process that watches over a pod: parent of its sandbox and containers, keeper of their logs, restarts and exit
/// codes. One thread, one poll(2). What to do next <see cref="PodLife"/> decides; this does it, and waits. It can die and be started
/// again: the containers do not notice.
/// </summary>
public sealed partial class Supervisor : IDisposable
{
    /// <summary>Milliseconds between two attempts to take back what an ended pod has on the host.</summary>
    private const int FinishPause = 5_000;

    private const string DeadlineExceeded = "DeadlineExceeded";
    private const string FailedMount = "FailedMount";

    private readonly PodFolders folders;
    private readonly PodContext context;
    private readonly SandboxKeeper sandbox;
    private readonly FileLock held;
    private readonly List<PodContainer> containers = [];
    private readonly List<ContainerFacts> facts = [];
    private readonly List<Step> steps = [];
    private readonly List<PollFd> entries = [];
    private readonly List<SafeFd> waitingForStop = [];
    private ControlSocket? control;
    private PodStatus status;
    private long? deadlineAt;
    private long? stopBy;
    private bool stopsAtOnce;
    private bool wasInitialized;
    private bool begins;
    private bool ended;
    private bool isTornDown;
    private long finishAt;
    private long wakeAt;
    private Footprint footprint;

    private Supervisor(PodFolders folders, PodManifest pod, PodStatus status, FileLock held, Keeper keeper, ILogger log)
    {
        this.folders = folders;
        this.status = status;
        this.held = held;
        context = new PodContext(folders, pod, keeper, log);
        keeper.Replaced = () => containers.ForEach(static container => container.Shim.Streams.KeepAll());
        sandbox = new SandboxKeeper(context);
    }

    private PodManifest Pod => context.Pod;

    /// <summary>The supervisor of a pod whose manifest is written; null when it has one already.</summary>
    internal static Supervisor? TryOpen(PodFolders folders, Keeper keeper, ILogger log)
    {
        var held = FileLock.TryAcquire(folders.Lock);
        if (held is null)
        {
            return null;
        }

        held.Write($"{Environment.ProcessId}");
        var pod = ManifestFile.Read(folders);
        var status = StatusFile.TryRead(folders) ?? new PodStatus { StartTime = Timestamp.Now, QosClass = QosClass.Of(pod) };
        return new Supervisor(folders, pod, status, held, keeper, log);
    }

    /// <summary>Makes the pod, or takes over the one that runs. A failure takes back what was made.</summary>
    /// <exception cref="PodException">What could not be done.</exception>
    public void Begin()
    {
        control = new ControlSocket(folders.Run, context.Log, PodFailure.Is);
        var takesOver = StatusFile.TryRead(folders) is not null;
        if (!takesOver)
        {
            PodTeardown.RemoveOldData(folders);
        }

        FileSystem.MakeDirectories(folders.Data, PodFolders.PrivateFolder);
        if (Libc.symlinkat(folders.Run, Libc.AT_FDCWD, folders.RunLink) != 0 && KernelException.Last("symlink", folders.RunLink) is { Error: not Errno.EEXIST } error)
        {
            throw error;
        }

        FileSystem.MakeDirectory($"{folders.Data}/logs", PodFolders.PrivateFolder);
        unkept = true;
        foreach (var spec in Pod.Spec.InitContainers)
        {
            Add(spec, spec.RestartPolicy == RestartPolicy.Always ? ContainerRole.Sidecar : ContainerRole.Init, status.InitContainerStatuses);
        }

        foreach (var spec in Pod.Spec.Containers)
        {
            Add(spec, ContainerRole.Main, status.ContainerStatuses);
        }

        foreach (var spec in Pod.Spec.EphemeralContainers)
        {
            Add(spec, ContainerRole.Ephemeral, status.EphemeralContainerStatuses);
        }

        TakeLimits();
        if (takesOver)
        {
            TakeOver();
        }
        else
        {
            Make();
        }
    }

    /// <summary>Watches until the pod is stopped, or everything in it has ended for good.</summary>
    /// <param name="begun">Called when all that could be started at first has been.</param>
    /// <exception cref="PodException">A container could not be started at first; nothing of the pod runs.</exception>
    public void Run(Action begun)
    {
        if (!begins)
        {
            begun();
        }

        while (true)
        {
            try
            {
                if (Turn(begun))
                {
                    return;
                }
            }
            catch (StartFailedException e)
            {
                sandbox.End();
                PodTeardown.Stop(folders);
                throw new PodException(e.Message, e.InnerException) { ExitCode = e.InnerException is PodException failed ? failed.ExitCode : 1 };
            }
        }
    }

    /// <returns>Whether the pod is over.</returns>
    private bool Turn(Action begun)
    {
        while (Decide())
        {
        }

        // An end is written down before the next run begins.
        var now = MonotonicClock.Now;
        WriteStatus(now);
        Launch(now);
        if (begins && !ended && !containers.Exists(static container => container.Facts.Run == RunState.Starting))
        {
            begins = false;
            WriteStatus(now);
            begun();
        }

        if (ended && TryFinish(now))
        {
            return true;
        }

        KeepRecord(now);
        WaitForSomething();
        control!.Serve(Serve);
        now = MonotonicClock.Now;
        context.Shim.Advance(now);
        foreach (var container in containers)
        {
            container.Advance(now);
        }

        ForgetStrangers();
        ForgetRestarts();
        context.Shim.Reap();
        CheckSandbox(now);
        MeasureStorage(now);
        return false;
    }

    /// <summary>Begins one start, if none that has only just begun is under way: containers start one after the other, as the kubelet has it.</summary>
    private void Launch(long now)
    {
        foreach (var container in containers)
        {
            if (container.HoldsOthersUp(now))
            {
                return;
            }
        }

        foreach (var container in containers)
        {
            if (container.TryLaunch(now))
            {
                return;
            }
        }
    }

    public void Dispose()
    {
        containers.ForEach(static container => container.Dispose());
        context.Events.Dispose();
        control?.Dispose();
        context.Shim.Dispose();
        sandbox.Dispose();
        held.Dispose();
    }

    private void Add(ContainerSpec spec, ContainerRole role, IReadOnlyList<ContainerStatus> statuses) =>
        containers.Add(new PodContainer(spec, role, context, statuses.FirstOrDefault(known => known.Name == spec.Name)));

    /// <summary>What of the manifest each turn of the loop asks for.</summary>
    private void TakeLimits()
    {
        deadlineAt = Pod.Spec.ActiveDeadlineSeconds is { } seconds
            ? MonotonicClock.Now + (1000 * seconds) - (long)(DateTime.UtcNow - status.StartTime!.Value).TotalMilliseconds
            : null;
        isMeasured = LocalStorage.IsLimited(Pod);
    }

    private void Make()
    {
        using var undo = new Undo();
        undo.Add(() => PodTeardown.Stop(folders));
        context.Events.Add("Normal", "Scheduled", null, $"Successfully assigned {Pod.Metadata.Namespace}/{Pod.Metadata.Name} to {PodHost.NodeName}");

        // Of these the command that makes the pod is told what goes wrong; only what may yet come is waited for.
        if (TryMakeVolumes(static e => e is VolumeException))
        {
            MakeSandbox();
        }

        undo.Keep();
        begins = true;
        context.TellsFailures = failure => begins && failure is not ContainerConfigException;
    }

    private PodFacts Facts()
    {
        facts.Clear();
        foreach (var container in containers)
        {
            facts.Add(container.Facts);
        }

        return new PodFacts(facts)
        {
            HasSandbox = sandbox.Process is not null,
            WasInitialized = wasInitialized,
            DeadlineAt = deadlineAt,
            StopBy = stopBy,
            StopsAtOnce = stopsAtOnce,
        };
    }

    /// <summary>Does what is to be done now.</summary>
    /// <returns>Whether there was something: then there may be more.</returns>
    private bool Decide()
    {
        steps.Clear();
        var now = MonotonicClock.Now;
        var pod = Facts();
        wasInitialized = PodLife.IsInitialized(pod);
        wakeAt = PodLife.Decide(pod, now, steps);
        foreach (var step in steps)
        {
            Tell(step);
            switch (step.Kind)
            {
                case StepKind.Start:
                    containers[step.Container].WantStart();
                    break;
                case StepKind.Stop:
                    containers[step.Container].Stop(step.Grace);
                    break;
                case StepKind.Expire:
                    status = status with { Reason = DeadlineExceeded, Message = "Pod was active on the node longer than the specified deadline" };
                    context.Events.Add("Normal", "DeadlineExceeded", null, status.Message);
                    Stop(Grace);
                    break;
                case StepKind.Finish:
                    Stop(Grace);
                    break;
                default:
                    ended = true;
                    return false;
            }
        }

        return steps.Count > 0;
    }

    private void Tell(Step step)
    {
        if (!context.Log.IsEnabled(LogLevel.Debug))
        {
            return;
        }

        switch (step.Kind)
        {
            case StepKind.Start:
                context.Log.StartDecided(containers[step.Container].Status.Name);
                break;
            case StepKind.Stop:
                context.Log.StopDecided(containers[step.Container].Status.Name, step.Grace);
                break;
            case StepKind.Expire:
                context.Log.PodDecided("the pod's deadline is over, stop everything");
                break;
            case StepKind.Finish:
                context.Log.PodDecided("nothing is left to run, stop the rest");
                break;
            default:
                context.Log.PodDecided("the pod is over");
                break;
        }
    }

    /// <summary>Seconds.</summary>
    private long Grace => Math.Min(int.MaxValue, Pod.Spec.TerminationGracePeriodSeconds ?? ManifestDefaults.TerminationGracePeriodSeconds);

    private void Stop(long seconds) => StopWithin(1000 * seconds);

    /// <summary>Has everything stopped; asked again, it can only be sooner.</summary>
    private void StopWithin(long milliseconds)
    {
        var by = MonotonicClock.Now + milliseconds;
        if (stopBy is { } before && before > by)
        {
            foreach (var container in containers)
            {
                if (container.Facts.Stopping)
                {
                    container.Stop(milliseconds);
                }
            }
        }

        stopBy = Math.Min(stopBy ?? long.MaxValue, by);
        stopsAtOnce |= milliseconds == 0;
        context.Stopping = true;
    }

    /// <summary>Takes back what the pod has on the host.</summary>
    /// <returns>False when that could not be done, and is to be tried again: a process may wait for a device that does not answer.</returns>
    private bool TryFinish(long now)
    {
        if (now < finishAt)
        {
            return false;
        }

        if (!TryTearDown())
        {
            finishAt = MonotonicClock.Now + FinishPause;
            return false;
        }

        // The status is the last thing that is said of the pod: without it a new supervisor would take it for one that runs.
        WriteStatus(now);
        if (unwritten)
        {
            return false;
        }

        if (!TryEndRecord(now) || (wishes.Remove && !TryRemove()))
        {
            return false;
        }

        foreach (var client in waitingForStop)
        {
            ControlSocket.Answer(client, new());
        }

        return true;
    }

    private bool TryTearDown()
    {
        if (isTornDown)
        {
            return true;
        }

        try
        {
            context.Shim.ReapWritten();
            sandbox.End();
            PodTeardown.Stop(folders);
            return isTornDown = true;
        }
        catch (Exception e) when (PodFailure.Is(e))
        {
            context.Events.Add("Warning", "FailedKillPod", null, $"error killing pod: {e.Message}");
            return false;
        }
    }

    private bool TryRemove()
    {
        try
        {
            PodTeardown.RemoveKept(folders);
            return true;
        }
        catch (Exception e) when (PodFailure.Is(e))
        {
            context.Log.CannotDo("remove the pod", e.Message);
            finishAt = MonotonicClock.Now + FinishPause;
            return false;
        }
    }

    private unsafe void WaitForSomething()
    {
        entries.Clear();
        var next = wakeAt;
        control!.AddTo(entries);
        context.Shim.AddTo(entries, ref next);
        next = unwritten ? Math.Min(next, writeAt) : next;
        next = Math.Min(next, ended ? long.MaxValue : MeasureWakeAt);
        next = unkept && keeping is null ? Math.Min(next, keepAt) : next;
        next = ended ? Math.Min(next, keeping is not null && lastKeptBy is { } by ? by : Math.Max(finishAt, unwritten ? writeAt : 0)) : next;
        Add(sandbox.Process);
        foreach (var container in containers)
        {
            container.AddTo(entries, ref next);
        }

        if (sandbox.Process is null && !context.Stopping)
        {
            next = Math.Min(next, SandboxWakeAt);
        }

        footprint.Trim();
        var pause = next == long.MaxValue ? Timeout.Infinite : (int)Math.Clamp(next - MonotonicClock.Now, 0, 60_000);
        fixed (PollFd* first = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(entries))
        {
            var count = (nuint)entries.Count;
            if (pause is >= 0 and <= Footprint.Quiet)
            {
                Libc.poll(first, count, pause);
            }
            else if (Libc.poll(first, count, Footprint.Quiet) == 0)
            {
                footprint.Rest();
                Libc.poll(first, count, pause == Timeout.Infinite ? pause : pause - Footprint.Quiet);
            }
        }

        void Add(SafeFd? fd)
        {
            if (fd is not null)
            {
                entries.Add(new() { Fd = fd.Number, Events = Libc.POLLIN });
            }
        }
    }
}
