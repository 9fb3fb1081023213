using Peapod.Container;
using Peapod.Container.Lifecycle;
using Peapod.Container.Spawning;
using Peapod.Image;
using Peapod.Kernel;
using Peapod.Kernel.Files;
using Peapod.Kernel.Processes;
using Peapod.Pod.Containers;
using Peapod.Pod.Layout;
using Peapod.Pod.Objects;
using Peapod.Pod.Supervision.Life;
using Peapod.Shim.Containers;
using Peapod.Shim.Loop;
using Peapod.Workload;

namespace Peapod.Pod.Supervision;

/// <content>How a run begins: what it is made from, and what is told of it.</content>
internal sealed partial class PodContainer
{
    /// <summary>Milliseconds after which a start that is under way no longer holds up those of other containers.</summary>
    private const long StartPatience = 5_000;

    private bool startWanted;
    private NewRun? newRun;

    /// <summary>Has it started, for the first time or again, when its turn comes: <see cref="TryLaunch"/>.</summary>
    internal void WantStart() => startWanted = true;

    /// <summary>Whether other starts wait for this one, which has only just begun.</summary>
    internal bool HoldsOthersUp(long now) => Shim.State == ShimContainerState.Starting && now - Shim.BeganAt < StartPatience;

    /// <summary>Begins the start that is wanted.</summary>
    /// <returns>False when none is.</returns>
    internal bool TryLaunch(long now)
    {
        if (!startWanted)
        {
            return false;
        }

        startWanted = false;
        try
        {
            var (run, describer) = (new NewRun(Spec), context.Describer!);
            Shim.Begin(NextRun, interruption => Make(run, describer, interruption));
            (newRun, began) = (run, now);
        }
        catch (ContainerException e)
        {
            NotStarted(e);
        }

        return true;
    }

    /// <summary>Makes a run, on a worker's thread: nothing here changes what the loop works with.</summary>
    private PidFd Make(NewRun run, ContainerDescriber describer, Interruption interruption)
    {
        var (container, folders) = (run.Container, context.Folders);
        FileSystem.MakeDirectories(folders.FolderOf(container.Name), PodFolders.PrivateFolder);
        var image = run.Image = LeaseImage();
        Tell("Normal", "Pulled", $"Container image \"{container.Image}\" already present on machine");
        DeleteStopped();
        using var root = describer.MountRoot(image, folders.LayerOf(container.Name));
        var held = new List<SafeFd>();
        try
        {
            var variables = describer.VariablesOf(container);
            var spec = SpecCompiler.Compile(Completed(container, describer.Describe(container, image, root, variables, context.Volumes.MountsOf(container, variables, held), context.Volumes.DevicesOf(container))));
            var sources = describer.TakeSources();
            held.AddRange(sources?.Values ?? []);
            return Make(container, describer, new CreateRequest
            {
                Id = container.Name,
                Spec = spec,
                SpecJson = spec.ToJson(),
                Bundle = folders.Run,
                RootMount = root,
                Sources = sources,
                Interruption = interruption,
            });
        }
        finally
        {
            held.ForEach(static fd => fd.Dispose());
        }
    }

    private PidFd Make(ContainerSpec container, ContainerDescriber describer, CreateRequest request)
    {
        try
        {
            var process = Shim.Create(request, describer.HostUserOf(request.Spec.Process!));
            Shim.Start(process, request.Interruption!);
            return process;
        }
        catch (ContainerException e)
        {
            throw ContainerFailure.InManifest(context.Pod.Spec, container, request.Spec, e);
        }
    }

    private void Started(long now)
    {
        var (container, image) = (newRun!.Container, newRun.Image!);
        var again = Shim.StopAsked && restartAsked;
        Tell("Normal", "Created", $"Created container: {container.Name}");
        Tell("Normal", "Started", $"Started container {container.Name}");
        began = now;
        startedAt = Timestamp.Now;
        creationBackOff = default;
        (killAt, restartAsked, postStartFailure, notBefore, hasEnded) = (null, false, null, 0, false);
        stopSignal = StopSignal(container, image.Config);
        waits = waits == WaitReason.PodInitializing ? waits : WaitReason.ContainerCreating;
        Status = Status with
        {
            State = Waiting(waits.Value),
            LastState = Status.State.Terminated is null ? Status.LastState : Status.State,
            RestartCount = Shim.Attempt,
            Image = container.Image,
            ImageId = image.Id.ToString(),
            ContainerId = IdOfRun(Shim.Attempt),
            Resources = container.Resources is { Limits: null, Requests: null } ? null : container.Resources,
        };
        postStartDone = false;
        postStart = container.Lifecycle?.PostStart is { } hook ? attempts.Begin(container, hook, began) : null;
        if (postStart is null)
        {
            Runs(started: false, ready: false);
        }

        if (again)
        {
            // The restart was asked for after this start had begun, so this is the run that is to end.
            Restart(Math.Max(0, restartBy - now));
        }
    }

    private string IdOfRun(int run) => $"peapod://{context.Pod.Metadata.Uid}_{Spec.Name}_{run}";

    /// <summary>The description with what only its supervisor knows: where its last words go, whose processes an ephemeral container sees.</summary>
    private ContainerDescription Completed(ContainerSpec container, ContainerDescription description)
    {
        if (TerminationMessage.Prepare(context.Folders, container) is { } words)
        {
            description = description with { Mounts = [.. description.Mounts, words] };
        }

        if (Role == ContainerRole.Ephemeral && container.TargetContainerName is { Length: > 0 } target && description.Namespaces.Pid == NamespaceMode.Container)
        {
            var store = context.Shim.Store;
            var pid = store.TryRead(target) is not null && Container.Lifecycle.Container.Open(store, target) is { Status: Container.State.ContainerStatus.Running } running ? running.Record.Pid
                : throw new PodException($"container \"{container.Name}\": targetContainerName: container \"{target}\" does not run");
            description = description with { Namespaces = description.Namespaces with { Pid = NamespaceMode.Target, TargetPid = pid } };
        }

        return description;
    }

    private void NotStarted(Exception failure)
    {
        if (context.TellsFailures(failure))
        {
            throw new StartFailedException(failure);
        }

        var now = MonotonicClock.Now;
        var reason = StartFailure.Of(Spec, failure);
        Tell("Warning", "Failed", reason == WaitReason.ErrImagePull ? $"Failed to pull image \"{Spec.Image}\": {failure.Message}" : $"Error: {failure.Message}");
        if (reason is not { } wait)
        {
            Status = Status with { RestartCount = NextRun, ContainerId = IdOfRun(NextRun) };
            Ended(StartFailure.ExitCode, null, StartFailure.Reason, failure.Message, null);
            return;
        }

        (notBefore, hasEnded) = (Math.Max(now + 1000, creationBackOff.Next(now, now)), false);
        if (wait == WaitReason.ErrImagePull && waits is WaitReason.ErrImagePull or WaitReason.ImagePullBackOff)
        {
            Waits(WaitReason.ImagePullBackOff, $"Back-off pulling image \"{Spec.Image}\": ErrImagePull: {failure.Message}");
        }
        else
        {
            Waits(wait, failure.Message);
        }
    }

    /// <summary>Takes away what the last run left, its writable layer too: each start finds the image as it is.</summary>
    private void DeleteStopped()
    {
        FileTree.Remove(context.Folders.LayerOf(Spec.Name));
        context.Shim.Runtime.Delete(Spec.Name);
    }

    /// <summary>A run that is being made, and what it is made from.</summary>
    private sealed class NewRun(ContainerSpec container)
    {
        internal ContainerSpec Container { get; } = container;

        internal ContainerImage? Image { get; set; }
    }
}
