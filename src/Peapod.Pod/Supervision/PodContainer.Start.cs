using Peapod.Container;
using Peapod.Container.Lifecycle;
using Peapod.Container.Spawning;
using Peapod.Image;
using Peapod.Kernel;
using Peapod.Kernel.Files;
using Peapod.Kernel.Processes;
using Peapod.Oci;
using Peapod.Pod.Containers;
using Peapod.Pod.Objects;
using Peapod.Pod.Supervision.Life;

namespace Peapod.Pod.Supervision;

/// <content>
/// How a run begins. All that may hang (a dead file system below a mount, a cgroup without processor time, another runtime) is done by a work
/// beside the loop; the loop takes what came of it.
/// </content>
internal sealed partial class PodContainer
{
    /// <summary>Milliseconds that a start may take; the kubelet's --runtime-request-timeout.</summary>
    private const long StartTimeout = 120_000;

    /// <summary>Milliseconds after which a start that is under way no longer holds up those of other containers.</summary>
    private const long StartPatience = 5_000;

    /// <summary>Milliseconds for a start under way to come to its end when the container is to be stopped.</summary>
    private const long StopPatience = 2_000;

    private Work<NewRun>? starting;
    private bool startWanted;
    private bool startOverdue;
    private bool startStopped;
    private bool startDropped;
    private long startBy;
    private long startBegan;
    private int startedRun;

    /// <summary>It is to be made, or being made, and that is still waited for.</summary>
    private bool IsStarting => startWanted || (starting is not null && !startOverdue);

    private long StartWakeAt => starting is not null && !startOverdue ? startBy : long.MaxValue;

    /// <summary>Has it started, for the first time or again, when its turn comes: <see cref="TryLaunch"/>.</summary>
    internal void WantStart() => startWanted = true;

    /// <summary>Whether other starts wait for this one, which has only just begun.</summary>
    internal bool HoldsOthersUp(long now) => starting is not null && !startOverdue && now - startBegan < StartPatience;

    /// <summary>Begins the start that is wanted.</summary>
    /// <returns>False when none is.</returns>
    internal bool TryLaunch(long now)
    {
        if (!startWanted)
        {
            return false;
        }

        startWanted = false;
        if (starting is not null)
        {
            // The last one hangs, and cannot be ended: what it works on is not to be touched.
            NotStarted(new PodException("context deadline exceeded: an earlier start of this container still hangs"));
            return true;
        }

        var (container, run, compiler) = (Spec, NextRun, context.Compiler!);
        (began, startBegan, startBy, startOverdue, startStopped, startedRun) = (now, now, now + StartTimeout, false, false, run);
        starting = context.Workers.Begin(interruption => Make(container, run, compiler, interruption), static made => made.End());
        return true;
    }

    /// <summary>Takes what came of a start.</summary>
    /// <exception cref="StartFailedException">It has failed, and the command that makes the pod is to be told.</exception>
    private void AdvanceStart(long now)
    {
        if (starting is null)
        {
            return;
        }

        if (starting.IsDone)
        {
            var (work, unwanted, again) = (starting, startDropped || (startOverdue && context.Stopping), startStopped && restartAsked);
            (starting, startOverdue, startStopped, startDropped) = (null, false, false, false);
            if (unwanted)
            {
                work.Abandon();
                return;
            }

            try
            {
                Started(work.Take());
                if (again)
                {
                    // The restart was asked for after this start had begun, so this is the run that is to end.
                    Restart(Math.Max(0, restartBy - now));
                }
            }
            catch (Exception e) when (PodFailure.Is(e))
            {
                if (!again)
                {
                    NotStarted(e);
                }
            }
        }
        else if (!startOverdue && now >= startBy)
        {
            // It may come yet; until then nobody waits for it.
            startOverdue = true;
            starting.Interrupt();
            if (!startStopped)
            {
                NotStarted(new PodException($"context deadline exceeded: the start has not ended in {StartTimeout / 1000} seconds"));
            }
        }
    }

    /// <summary>It is to be stopped while it is being made.</summary>
    private void StopStart(long graceMilliseconds)
    {
        startWanted = false;
        if (starting is null || startOverdue)
        {
            return;
        }

        startStopped = true;
        startBy = Math.Min(startBy, PodContext.Now + Math.Min(graceMilliseconds, StopPatience));
        if (graceMilliseconds == 0)
        {
            starting.Interrupt();
        }
    }

    /// <summary>The sandbox is gone: what is being made in it is of no use any more.</summary>
    private void DropStart()
    {
        startWanted = false;
        if (starting is not null)
        {
            (startOverdue, startDropped) = (true, true);
            starting.Interrupt();
        }
    }

    private void AbandonStart()
    {
        if (starting is not null)
        {
            context.Workers.Abandon(starting);
            starting = null;
        }
    }

    /// <summary>Makes a run: nothing here changes what the loop works with, but for the streams, which it leaves alone meanwhile.</summary>
    private NewRun Make(ContainerSpec container, int run, ContainerSpecCompiler compiler, Interruption interruption)
    {
        var folders = context.Folders;
        FileSystem.MakeDirectories(folders.FolderOf(container.Name), Layout.PodFolders.PrivateFolder);
        var image = LeaseImage();
        Tell("Normal", "Pulled", $"Container image \"{container.Image}\" already present on machine");
        DeleteStopped();
        using var root = compiler.MountRoot(image, folders.LayerOf(container.Name));
        var held = new List<SafeFd>();
        try
        {
            var variables = compiler.VariablesOf(container);
            var spec = Completed(container, compiler.Compile(container, image, root, variables, context.Volumes.MountsOf(container, variables, held), context.Volumes.DevicesOf(container)));
            var sources = compiler.TakeSources();
            held.AddRange(sources?.Values ?? []);
            using var streams = Streams.OpenForContainer(run, compiler.HostUserOf(spec.Process!));
            var process = Create(container, new CreateRequest
            {
                Id = container.Name,
                Spec = spec,
                SpecJson = spec.ToJson(),
                Bundle = folders.Run,
                RootMount = root,
                Sources = sources,
                Streams = streams.Streams,
                ConsoleSocket = streams.ConsoleSocket,
                Interruption = interruption,
            });
            if (streams.ConsoleReceiver is { } receiver)
            {
                Streams.TakeTerminal(receiver);
            }

            return new NewRun(container, image, process);
        }
        finally
        {
            held.ForEach(static fd => fd.Dispose());
        }
    }

    private void Started(NewRun made)
    {
        var container = made.Container;
        (Process, adopted) = (made.Process, null);
        Tell("Normal", "Created", $"Created container: {container.Name}");
        Tell("Normal", "Started", $"Started container {container.Name}");
        began = PodContext.Now;
        startedAt = Timestamp.Now;
        creationBackOff = default;
        (killAt, restartAsked, postStartFailure, notBefore) = (null, false, null, 0);
        stopSignal = StopSignal(container, made.Image.Config);
        Status = Status with
        {
            State = Waiting(Status.State.Waiting?.Reason is PodInitializing ? PodInitializing : ContainerCreating),
            LastState = Status.State.Terminated is null ? Status.LastState : Status.State,
            RestartCount = startedRun,
            Image = container.Image,
            ImageId = made.Image.Id.ToString(),
            ContainerId = $"peapod://{context.Pod.Metadata.Uid}_{container.Name}_{startedRun}",
            Resources = container.Resources is { Limits: null, Requests: null } ? null : container.Resources,
        };
        postStartDone = false;
        postStart = container.Lifecycle?.PostStart is { } hook ? attempts.Begin(container, hook, began) : null;
        if (postStart is null)
        {
            Runs(started: false, ready: false);
        }
    }

    /// <summary>The configuration with what only its supervisor knows: where its last words go, whose processes an ephemeral container sees.</summary>
    private Spec Completed(ContainerSpec container, Spec spec)
    {
        if (TerminationMessage.Prepare(context.Folders, container) is { } words)
        {
            spec = spec with { Mounts = [.. spec.Mounts, words] };
        }

        if (Role == ContainerRole.Ephemeral && container.TargetContainerName is { Length: > 0 } target && context.Pod.Spec.ShareProcessNamespace != true)
        {
            var pid = store.TryRead(target) is not null && Container.Lifecycle.Container.Open(store, target) is { Status: Container.State.ContainerStatus.Running } running ? running.Record.Pid
                : throw new PodException($"container \"{container.Name}\": targetContainerName: container \"{target}\" does not run");
            var namespaces = new List<LinuxNamespace>();
            foreach (var ns in spec.Linux!.Namespaces)
            {
                namespaces.Add(ns.Type == "pid" ? ns with { Path = $"/proc/{pid}/ns/pid" } : ns);
            }

            spec = spec with { Linux = spec.Linux with { Namespaces = namespaces } };
        }

        return spec;
    }

    private PidFd Create(ContainerSpec container, CreateRequest request)
    {
        try
        {
            return context.Runtime.Run(request);
        }
        catch (ContainerException e)
        {
            throw ContainerFailure.InManifest(context.Pod.Spec, container, request.Spec, e);
        }
    }

    private void NotStarted(Exception failure)
    {
        if (context.TellsFailures(failure))
        {
            throw new StartFailedException(failure);
        }

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

    /// <summary>Takes away what the last run left, its writable layer too: each start finds the image as it is.</summary>
    private void DeleteStopped()
    {
        FileTree.Remove(context.Folders.LayerOf(Spec.Name));
        context.Runtime.Delete(Spec.Name);
    }

    /// <summary>What a start has made.</summary>
    private sealed record NewRun(ContainerSpec Container, ContainerImage Image, PidFd Process)
    {
        /// <summary>Nobody wants it any more.</summary>
        internal void End()
        {
            Process.Signal(Signals.SIGKILL);
            Process.Wait();
            Process.Dispose();
        }
    }
}
