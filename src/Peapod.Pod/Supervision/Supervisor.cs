using System.Net;
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
using Peapod.Pod.Sandbox;
using Peapod.Pod.Supervision.Control;
using Peapod.Pod.Supervision.Keeping;
using Peapod.Pod.Supervision.Life;
using Peapod.Pod.Volumes;

namespace Peapod.Pod.Supervision;

/// <summary>
/// The one process that watches over a pod: parent of its sandbox and containers, keeper of their logs, restarts and exit
/// codes. One thread, one poll(2). What to do next <see cref="PodLife"/> decides; this does it, and waits. It can die and be started
/// again: the containers do not notice.
/// </summary>
public sealed partial class Supervisor : IDisposable
{
    /// <summary>Milliseconds in which a killed process must be gone.</summary>
    private const int KillTimeout = 10_000;

    /// <summary>Milliseconds between two attempts to make a sandbox that could not be made.</summary>
    private const int SandboxPause = 10_000;

    /// <summary>Milliseconds between two attempts to take back what an ended pod has on the host.</summary>
    private const int FinishPause = 5_000;

    /// <summary>Milliseconds between two attempts to write the status.</summary>
    private const int WritePause = 1_000;

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
    private PodWishes wishes = new();
    private ControlSocket? control;
    private PodStatus status;
    private long? deadlineAt;
    private long? stopBy;
    private bool stopsAtOnce;
    private bool wasInitialized;
    private bool begins;
    private bool ended;
    private long finishAt;
    private bool unwritten;
    private long writeAt;
    private string? hostIP;
    private (bool HasSandbox, bool Ended)? written;
    private long sandboxAt;
    private long? sandboxLostAt;
    private long wakeAt;
    private Footprint footprint;

    private Supervisor(PodFolders folders, PodManifest pod, PodStatus status, FileLock held, Keeper keeper, ILogger log)
    {
        this.folders = folders;
        this.status = status;
        this.held = held;
        context = new PodContext(folders, pod, keeper, log);
        keeper.Replaced = () => containers.ForEach(static container => container.Streams.KeepAll());
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
        control = new ControlSocket(folders.Run, context.Log);
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

        SetDeadline();
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
        var now = PodContext.Now;
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

        WaitForSomething();
        control!.Serve(Serve);
        now = PodContext.Now;
        context.Workers.Advance(now);
        context.Keeper.Advance(now);
        foreach (var container in containers)
        {
            container.Advance(now);
        }

        ForgetStrangers();
        ForgetRestarts();
        Reap();
        CheckSandbox(now);
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

    /// <summary>Nothing is left of the pod, as was asked for.</summary>
    internal bool IsRemoved { get; private set; }

    public void Dispose()
    {
        containers.ForEach(static container => container.Dispose());
        context.Unreaped.ForEach(static process => process.Dispose());
        context.Events.Dispose();
        control?.Dispose();
        context.Workers.Dispose();
        context.Peek.Dispose();
        sandbox.Dispose();
        held.Dispose();
    }

    private void Add(ContainerSpec spec, ContainerRole role, IReadOnlyList<ContainerStatus> statuses) =>
        containers.Add(new PodContainer(spec, role, context, statuses.FirstOrDefault(known => known.Name == spec.Name)));

    private void SetDeadline() => deadlineAt = Pod.Spec.ActiveDeadlineSeconds is { } seconds
        ? PodContext.Now + (1000 * seconds) - (long)(DateTime.UtcNow - status.StartTime!.Value).TotalMilliseconds
        : null;

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

    /// <summary>Goes on where a supervisor that was killed left off.</summary>
    private void TakeOver()
    {
        wasInitialized = status.Conditions.Any(static condition => condition is { Type: "Initialized", Status: "True" });
        var hasSandbox = sandbox.TakeOver([.. status.Addresses.Select(static address => IPAddress.Parse(address.Address))]);
        AdoptContainers();

        // Without an address it never had one: it still waits for its volumes.
        hasVolumes = status.Addresses.Count > 0;
        if (!hasSandbox && hasVolumes)
        {
            LoseSandbox();
        }
        else
        {
            // Nobody told the pod of changes while it had no supervisor.
            UpdateVolumes();
        }

        ResumeWishes();
    }

    /// <summary>Goes on with what commands have asked an earlier supervisor for.</summary>
    private void ResumeWishes()
    {
        wishes = PodWishes.Read(folders, context.Log);
        var now = PodContext.Now;
        if (wishes.StopBy is { } by)
        {
            StopWithin(wishes.StopAtOnce ? 0 : Math.Max(1, by - now));
        }

        foreach (var wish in wishes.Restarts)
        {
            if (containers.Find(container => container.Spec.Name == wish.Container) is { } container && container.Status.RestartCount == wish.Run)
            {
                container.Restart(Math.Max(0, wish.By - now));
            }
        }
    }

    /// <summary>Writes a wish down, before it is acted on.</summary>
    private void Wish(PodWishes next)
    {
        wishes = next;
        wishes.Write(folders, context.Log);
    }

    /// <summary>Restarts that are done are wished no more.</summary>
    private void ForgetRestarts()
    {
        if (wishes.Restarts.Count == 0)
        {
            return;
        }

        var left = new List<RestartWish>();
        foreach (var wish in wishes.Restarts)
        {
            if (containers.Exists(container => container.Spec.Name == wish.Container && container.RestartAsked))
            {
                left.Add(wish);
            }
        }

        if (left.Count < wishes.Restarts.Count)
        {
            Wish(wishes with { Restarts = left });
        }
    }

    private void AdoptContainers()
    {
        var kept = context.Keeper.Fetch();
        containers.ForEach(container => container.Adopt(kept));
        ForgetStrangers();
        foreach (var (name, descriptor) in kept)
        {
            // The logs' pipes stay kept; what else is left belonged to runs that are over.
            if (!ContainerStreams.IsOfLog(name))
            {
                context.Keeper.Drop(name);
            }

            descriptor.Dispose();
        }
    }

    /// <summary>Processes that the keeper tells of and that are no container's: what had lived in one, mostly.</summary>
    private void ForgetStrangers() =>
        context.Keeper.ForgetOthers(pid => context.UnwrittenAdopted.Contains(pid) || containers.Exists(container => container.Adopted == pid));

    private void MakeSandbox()
    {
        sandbox.Make();
        status = status with
        {
            HostIP = hostIP ??= $"{HostAddress.Find()[0]}",
            PodIP = $"{context.Addresses[0]}",
            Addresses = [.. context.Addresses.Select(static address => new PodIP { Address = $"{address}" })],
        };
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
        var now = PodContext.Now;
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
        var by = PodContext.Now + milliseconds;
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

    private void Reap()
    {
        var unreaped = context.Unreaped;
        for (var i = unreaped.Count - 1; i >= 0; i--)
        {
            if (unreaped[i].WaitForExit(0))
            {
                unreaped[i].TryWait();
                unreaped[i].Dispose();
                unreaped.RemoveAt(i);
            }
        }

        context.Runtime.Reap();
    }

    private void CheckSandbox(long now)
    {
        if (context.Stopping)
        {
            return;
        }

        if (sandbox.Process is { } process && process.WaitForExit(0))
        {
            context.Events.Add("Normal", "SandboxChanged", null, "Pod sandbox changed, it will be killed and re-created.");
            LoseSandbox();
        }

        if (sandboxLostAt is not null && now >= SandboxWakeAt && !TryEndWithoutSandbox(now))
        {
            return;
        }

        if (sandbox.Process is null && sandboxLostAt is null && !context.Stopping && sandboxAt <= now)
        {
            RemakeSandbox();
        }
    }

    /// <summary>When the next thing is to be done for a pod without a sandbox.</summary>
    private long SandboxWakeAt => sandboxLostAt is { } lost && containers.Exists(static container => container.Process is not null) ? Math.Max(sandboxAt, lost + KillTimeout) : sandboxAt;

    /// <summary>Without its sandbox a pod has no network: its containers end, to be made anew with a new one.</summary>
    private void LoseSandbox()
    {
        sandboxLostAt = PodContext.Now;
        sandbox.End();
        containers.ForEach(static container => container.EndWithSandbox());
    }

    /// <summary>Its containers have ended, or had time to.</summary>
    /// <returns>False when something still lives, and this is to be tried again.</returns>
    private bool TryEndWithoutSandbox(long now)
    {
        try
        {
            PodTeardown.Stop(folders);
        }
        catch (Exception e) when (PodFailure.Is(e))
        {
            context.Events.Add("Warning", "FailedKillPod", null, $"error killing pod: {e.Message}");
            sandboxAt = now + SandboxPause;
            return false;
        }

        sandboxLostAt = null;
        if (Pod.Spec.RestartPolicy == RestartPolicy.Never)
        {
            Stop(0);
            return true;
        }

        wasInitialized = false;
        containers.ForEach(static container => container.StartOver());
        return true;
    }

    private void RemakeSandbox()
    {
        try
        {
            if (TryMakeVolumes(PodFailure.Is))
            {
                MakeSandbox();
            }
        }
        catch (Exception e) when (PodFailure.Is(e))
        {
            context.Events.Add("Warning", "FailedCreatePodSandBox", null, $"Failed to create pod sandbox: {e.Message}");
            sandboxAt = PodContext.Now + SandboxPause;
            LoseSandbox();
        }
    }

    /// <summary>Takes back what the pod has on the host.</summary>
    /// <returns>False when that could not be done, and is to be tried again: a process may wait for a device that does not answer.</returns>
    private bool TryFinish(long now)
    {
        if (now < finishAt)
        {
            return false;
        }

        try
        {
            ReapWritten();
            sandbox.End();
            PodTeardown.Stop(folders);
        }
        catch (Exception e) when (PodFailure.Is(e))
        {
            context.Events.Add("Warning", "FailedKillPod", null, $"error killing pod: {e.Message}");
            finishAt = PodContext.Now + FinishPause;
            return false;
        }

        // The status is the last thing that is said of the pod: without it a new supervisor would take it for one that runs.
        WriteStatus(now);
        if (unwritten)
        {
            return false;
        }

        if (wishes.Remove && !TryRemove())
        {
            return false;
        }

        foreach (var client in waitingForStop)
        {
            ControlSocket.Answer(client, new());
        }

        return true;
    }

    private bool TryRemove()
    {
        try
        {
            PodTeardown.RemoveKept(folders);
            return IsRemoved = true;
        }
        catch (Exception e) when (PodFailure.Is(e))
        {
            context.Log.CannotDo("remove the pod", e.Message);
            finishAt = PodContext.Now + FinishPause;
            return false;
        }
    }

    private void WriteStatus(long now)
    {
        var init = Statuses(static role => role is ContainerRole.Init or ContainerRole.Sidecar, status.InitContainerStatuses);
        var main = Statuses(static role => role == ContainerRole.Main, status.ContainerStatuses);
        var ephemeral = Statuses(static role => role == ContainerRole.Ephemeral, status.EphemeralContainerStatuses);
        var failed = status.Reason == DeadlineExceeded;
        var next = status with
        {
            InitContainerStatuses = init,
            ContainerStatuses = main,
            EphemeralContainerStatuses = ephemeral,
            Reason = failed ? status.Reason : wishes.StopBy is not null && !ended ? "Terminating" : null,
        };

        // Nothing else affects the phase or the conditions.
        var known = (sandbox.Process is not null, ended);
        if (begins && !ended)
        {
            return;
        }

        if (next != status || written != known)
        {
            written = known;
            status = PodReport.Of(next, Facts(), ended, failed, Timestamp.Now);
            unwritten = true;
        }

        if (unwritten && now >= writeAt)
        {
            TryWriteStatus(now);
        }

        if (!unwritten)
        {
            ReapWritten();
        }
    }

    /// <summary>How these have ended is written down: nobody need know it any more.</summary>
    private void ReapWritten()
    {
        foreach (var process in context.Unwritten)
        {
            // At once: a sandbox that they share a PID namespace with does not end before.
            process.TryWait();
            process.Dispose();
        }

        context.Unwritten.Clear();
        context.UnwrittenAdopted.ForEach(context.Keeper.Forget);
        context.UnwrittenAdopted.Clear();
    }

    private void TryWriteStatus(long now)
    {
        try
        {
            StatusFile.Write(folders, status);
            (unwritten, writeAt) = (false, 0);
        }
        catch (KernelException e)
        {
            // A full disk, mostly. What is known stays in memory, and is written when there is room.
            writeAt = now + WritePause;
            context.Log.CannotDo("write the status", e.Message);
        }
    }

    /// <summary>The containers' statuses: the same list while nothing has changed.</summary>
    private IReadOnlyList<ContainerStatus> Statuses(Predicate<ContainerRole> role, IReadOnlyList<ContainerStatus> before)
    {
        var count = 0;
        var same = true;
        foreach (var container in containers)
        {
            if (role(container.Role))
            {
                same = same && count < before.Count && ReferenceEquals(before[count], container.Status);
                count++;
            }
        }

        if (same && count == before.Count)
        {
            return before;
        }

        var statuses = new List<ContainerStatus>(count);
        foreach (var container in containers)
        {
            if (role(container.Role))
            {
                statuses.Add(container.Status);
            }
        }

        return statuses;
    }

    private unsafe void WaitForSomething()
    {
        entries.Clear();
        var next = wakeAt;
        control!.AddTo(entries);
        context.Workers.AddTo(entries);
        context.Keeper.AddTo(entries);
        next = Math.Min(next, Math.Min(context.Workers.WakeAt, context.Keeper.WakeAt));
        next = unwritten ? Math.Min(next, writeAt) : next;
        next = ended ? Math.Min(next, Math.Max(finishAt, unwritten ? writeAt : 0)) : next;
        Add(sandbox.Process);
        context.Unreaped.ForEach(Add);
        foreach (var container in containers)
        {
            container.AddTo(entries, ref next);
        }

        if (sandbox.Process is null && !context.Stopping)
        {
            next = Math.Min(next, SandboxWakeAt);
        }

        footprint.Trim();
        var pause = next == long.MaxValue ? Timeout.Infinite : (int)Math.Clamp(next - PodContext.Now, 0, 60_000);
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
