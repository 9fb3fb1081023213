using Peapod.Container;
using Peapod.Container.Lifecycle;
using Peapod.Container.State;
using Peapod.Image;
using Peapod.Kernel;
using Peapod.Kernel.Files;
using Peapod.Kernel.Interop;
using Peapod.Kernel.Processes;
using Peapod.Oci;
using Peapod.Pod.Containers;
using Peapod.Pod.Objects;
using Peapod.Pod.Supervision.Life;
using Peapod.Pod.Supervision.Probes;
using ContainerStatus = Peapod.Pod.Objects.ContainerStatus;

namespace Peapod.Pod.Supervision;

/// <summary>One container under its supervisor: started, watched, logged, probed, stopped. It decides nothing about the pod: see <see cref="PodLife"/>.</summary>
internal sealed partial class PodContainer : IDisposable
{
    private const string ContainerCreating = "ContainerCreating";
    private const string PodInitializing = "PodInitializing";

    /// <summary>The exit code of a container whose end nobody saw; the kubelet's.</summary>
    private const int UnknownExitCode = 137;

    private readonly PodContext context;
    private readonly ContainerStore store;
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
    private bool postStartDone;
    private bool restartAsked;
    private int stopSignal = Signals.SIGTERM;

    internal PodContainer(ContainerSpec spec, ContainerRole role, PodContext context, ContainerStatus? known)
    {
        Spec = spec;
        Role = role;
        this.context = context;
        store = new ContainerStore(context.Folders.Containers, context.Folders.Filters);
        attempts = new Attempts(context);
        Streams = new ContainerStreams(spec, context.Folders);
        Status = known ?? new ContainerStatus { Name = spec.Name, Image = spec.Image, State = Waiting(FirstReason) };
    }

    /// <summary>Another one after a reload: the next start is by it.</summary>
    internal ContainerSpec Spec { get; private set; }

    internal ContainerRole Role { get; }

    internal ContainerStatus Status { get; private set; }

    /// <summary>The running process, or null.</summary>
    internal PidFd? Process { get; private set; }

    internal ContainerStreams Streams { get; }

    internal ContainerFacts Facts => new(Role, Spec.RestartPolicy ?? context.Pod.Spec.RestartPolicy ?? RestartPolicy.Always)
    {
        Run = Process is not null ? RunState.Running
            : Status.State.Terminated is not null || Status.State.Waiting?.Reason == "CrashLoopBackOff" ? RunState.Ended
            : RunState.New,
        ExitCode = (Status.State.Terminated ?? Status.LastState?.Terminated)?.ExitCode ?? 0,
        PostStartDone = Spec.Lifecycle?.PostStart is null || (Process is not null && postStartDone),
        Started = Process is not null && postStartDone && probes is { Started: true },
        Stopping = killAt is not null,
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
    private string FirstReason => context.Pod.Spec.InitContainers.Count > 0 && Role != ContainerRole.Ephemeral ? PodInitializing : ContainerCreating;

    /// <summary>The number of the run that is or comes: how often it has been started again by then.</summary>
    private int NextRun => Status.RestartCount + (Status.ContainerId is null ? 0 : 1);

    /// <summary>Starts it, for the first time or again.</summary>
    /// <exception cref="Exception">One of <see cref="PodFailure"/>.</exception>
    internal void Start()
    {
        var folders = context.Folders;
        FileSystem.MakeDirectories(folders.FolderOf(Spec.Name), Layout.PodFolders.PrivateFolder);
        var image = LeaseImage();
        Tell("Normal", "Pulled", $"Container image \"{Spec.Image}\" already present on machine");
        DeleteStopped();
        var run = NextRun;
        var compiler = context.Compiler!;
        using var root = compiler.MountRoot(image, folders.LayerOf(Spec.Name));
        var held = new List<SafeFd>();
        try
        {
            var variables = compiler.VariablesOf(Spec);
            var spec = Completed(compiler.Compile(Spec, image, root, variables, context.Volumes.MountsOf(Spec, variables, held), context.Volumes.DevicesOf(Spec)));
            var sources = compiler.TakeSources();
            held.AddRange(sources?.Values ?? []);
            using var streams = Streams.OpenForContainer(run, compiler.HostUserOf(spec.Process!));
            Process = Create(new CreateRequest
            {
                Id = Spec.Name,
                Spec = spec,
                SpecJson = spec.ToJson(),
                Bundle = folders.Run,
                RootMount = root,
                Sources = sources,
                Streams = streams.Streams,
                ConsoleSocket = streams.ConsoleSocket,
            });
            if (streams.ConsoleReceiver is { } receiver)
            {
                Streams.TakeTerminal(receiver);
            }
        }
        finally
        {
            held.ForEach(static fd => fd.Dispose());
        }

        Tell("Normal", "Created", $"Created container: {Spec.Name}");
        Tell("Normal", "Started", $"Started container {Spec.Name}");
        began = PodContext.Now;
        startedAt = Timestamp.Now;
        creationBackOff = default;
        (killAt, restartAsked, postStartFailure, notBefore) = (null, false, null, 0);
        stopSignal = StopSignal(Spec, image.Config);
        Status = Status with
        {
            State = Waiting(Status.State.Waiting?.Reason is PodInitializing ? PodInitializing : ContainerCreating),
            LastState = Status.State.Terminated is null ? Status.LastState : Status.State,
            RestartCount = run,
            ImageId = image.Id.ToString(),
            ContainerId = $"peapod://{context.Pod.Metadata.Uid}_{Spec.Name}_{run}",
            Resources = Spec.Resources is { Limits: null, Requests: null } ? null : Spec.Resources,
        };
        postStartDone = false;
        postStart = Spec.Lifecycle?.PostStart is { } hook ? attempts.Begin(Spec, hook, began) : null;
        if (postStart is null)
        {
            Runs(started: false, ready: false);
        }
    }

    /// <summary>As <see cref="Start"/>; a failure is what its status says then, and it is tried again later.</summary>
    /// <param name="waits">Which failures.</param>
    internal void TryStart(Predicate<Exception> waits)
    {
        try
        {
            Start();
        }
        catch (Exception e) when (waits(e))
        {
            NotStarted(e);
        }
    }

    /// <summary>Takes a container over that an earlier supervisor started.</summary>
    internal void Adopt()
    {
        var begins = Status.State.Waiting?.Reason is PodInitializing or ContainerCreating;
        if (Status.ContainerId is null || (Status.State.Running is null && !begins))
        {
            return;
        }

        Process = store.TryRead(Spec.Name) is not null ? Container.Lifecycle.Container.Open(store, Spec.Name).OpenProcess() : null;
        if (Process is null && begins)
        {
            return;
        }

        Streams.Adopt(Status.RestartCount);
        began = PodContext.Now;
        startedAt = Status.State.Running?.StartedAt ?? Timestamp.Now;
        if (Process is null)
        {
            Ended(null);
            return;
        }

        stopSignal = StopSignal(Spec, LeaseImage().Config);

        // Its postStart hook, if it was not done, is not done again.
        Runs(Status.Started == true, Status.Ready);
    }

    /// <summary>Goes on as far as it can with all that is to be done for it.</summary>
    internal void Advance(long now)
    {
        if (Process is null)
        {
            return;
        }

        Streams.Pump();
        if (Process.WaitForExit(0))
        {
            Ended(ExitStatusOf(Process));
            return;
        }

        AdvancePostStart(now);
        AdvanceProbes(now);
        AdvanceStop(now);
    }

    /// <summary>Adds what is to be polled for, and when to go on even if nothing happens.</summary>
    internal void AddTo(List<PollFd> entries, ref long next)
    {
        if (Process is null)
        {
            // A fifo that nobody has open for writing is always ready: it is looked at only while the container runs.
            return;
        }

        entries.Add(new() { Fd = Process.Number, Events = Libc.POLLIN });
        Streams.AddTo(entries, ref next);
        postStart?.AddTo(entries);
        preStop?.AddTo(entries);
        probes?.AddTo(entries);
        next = Math.Min(next, Math.Min(postStart?.WakeAt ?? long.MaxValue, Math.Min(preStop?.WakeAt ?? long.MaxValue, Math.Min(probes?.WakeAt ?? long.MaxValue, killAt ?? long.MaxValue))));
    }

    /// <summary>The sandbox is gone: what is to run runs in a new one, as if for the first time.</summary>
    internal void StartOver()
    {
        if (Role is ContainerRole.Init or ContainerRole.Sidecar || Facts is { Run: RunState.Ended, Restarts: true })
        {
            Waits(FirstReason);
            notBefore = 0;
        }
    }

    /// <summary>Takes a changed manifest over, and writes changed limits into the cgroup of a container that runs; or has it restarted, where resizePolicy says so.</summary>
    /// <exception cref="Exception">One of <see cref="PodFailure"/>: the limits cannot be set.</exception>
    internal void Change(ContainerSpec next)
    {
        var before = Spec.Resources;
        Spec = next;
        if (Process is null || Resize.IsSame(before, next.Resources))
        {
            return;
        }

        if (Resize.NeedsRestart(before, next))
        {
            Restart(Grace(null));
            return;
        }

        context.Runtime.Update(Spec.Name, context.Compiler!.ResourcesOf(next));
        Status = Status with { Resources = next.Resources };
    }

    public void Dispose()
    {
        probes?.Dispose();
        postStart?.Dispose();
        preStop?.Dispose();
        Process?.Dispose();
        Streams.Dispose();
    }

    private static ContainerState Waiting(string reason, string? message = null) => new() { Waiting = new() { Reason = reason, Message = message } };

    /// <summary>The pause as Go writes durations: 10s, 1m20s.</summary>
    private static string Duration(long milliseconds) =>
        milliseconds < 60_000 ? $"{milliseconds / 1000}s" : $"{milliseconds / 60_000}m{milliseconds / 1000 % 60}s";

    private void Waits(string reason, string? message = null) => Status = Status with
    {
        State = Waiting(reason, message),
        LastState = Status.State.Terminated is null ? Status.LastState : Status.State,
    };

    private void Tell(string type, string reason, string message) => context.Events.Add(type, reason, FieldPath, message);

    /// <summary>The configuration with what only its supervisor knows: where its last words go, whose processes an ephemeral container sees.</summary>
    private Spec Completed(Spec spec)
    {
        if (TerminationMessage.Prepare(context.Folders, Spec) is { } words)
        {
            spec = spec with { Mounts = [.. spec.Mounts, words] };
        }

        if (Role == ContainerRole.Ephemeral && Spec.TargetContainerName is { Length: > 0 } target && context.Pod.Spec.ShareProcessNamespace != true)
        {
            var pid = store.TryRead(target) is not null && Container.Lifecycle.Container.Open(store, target) is { Status: Container.State.ContainerStatus.Running } running ? running.Record.Pid
                : throw new PodException($"container \"{Spec.Name}\": targetContainerName: container \"{target}\" does not run");
            var namespaces = new List<LinuxNamespace>();
            foreach (var ns in spec.Linux!.Namespaces)
            {
                namespaces.Add(ns.Type == "pid" ? ns with { Path = $"/proc/{pid}/ns/pid" } : ns);
            }

            spec = spec with { Linux = spec.Linux with { Namespaces = namespaces } };
        }

        return spec;
    }

    private PidFd Create(CreateRequest request)
    {
        try
        {
            return context.Runtime.Run(request);
        }
        catch (ContainerException e)
        {
            throw ContainerFailure.InManifest(Spec.Name, request.Spec, e);
        }
    }

    private void NotStarted(Exception failure)
    {
        var now = PodContext.Now;
        var why = StartFailure.Of(Spec, failure);
        Tell("Warning", "Failed", why.Reason is "ErrImagePull" ? $"Failed to pull image \"{Spec.Image}\": {failure.Message}" : $"Error: {failure.Message}");
        if (why.Ended)
        {
            Status = Status with { RestartCount = NextRun, ContainerId = $"peapod://{context.Pod.Metadata.Uid}_{Spec.Name}_{NextRun}" };
            Ended(StartFailure.ExitCode, null, why.Reason, failure.Message, null);
            return;
        }

        notBefore = Math.Max(now + 1000, creationBackOff.Next(now, now));
        var again = why.Reason == "ErrImagePull" && Status.State.Waiting?.Reason is "ErrImagePull" or "ImagePullBackOff";
        Waits(again ? "ImagePullBackOff" : why.Reason, again ? $"Back-off pulling image \"{Spec.Image}\": ErrImagePull: {failure.Message}" : failure.Message);
    }

    /// <summary>It runs, and its postStart is done.</summary>
    private void Runs(bool started, bool ready)
    {
        postStartDone = true;
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
        if (postStart?.Advance(now) is not { } result)
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

    /// <summary>The image as it was when the pod first needed it: a restart does not change it.</summary>
    private ContainerImage LeaseImage()
    {
        var lease = context.Folders.LeaseOf(Spec.Name);
        if (context.Images.ReadLease(lease) is { } leased)
        {
            return leased;
        }

        var image = context.Images.Resolve(Spec.Image);
        context.Images.TakeLease(lease, image);
        return image;
    }

    /// <summary>Takes away what the last run left, its writable layer too: each start finds the image as it is.</summary>
    private void DeleteStopped()
    {
        FileTree.Remove(context.Folders.LayerOf(Spec.Name));
        context.Runtime.Delete(Spec.Name);
    }
}
