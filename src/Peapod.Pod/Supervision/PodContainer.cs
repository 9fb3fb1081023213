using Peapod.Container;
using Peapod.Container.Lifecycle;
using Peapod.Container.State;
using Peapod.Image;
using Peapod.Kernel;
using Peapod.Kernel.Files;
using Peapod.Kernel.Processes;
using Peapod.Pod.Containers;
using Peapod.Pod.Layout;
using Peapod.Pod.Objects;
using Peapod.Pod.Volumes;
using ContainerStatus = Peapod.Pod.Objects.ContainerStatus;

namespace Peapod.Pod.Supervision;

/// <summary>One container under its supervisor: started, watched, logged, restarted.</summary>
internal sealed class PodContainer : IDisposable
{
    private const int FirstBackoffSeconds = 10;
    private const int LongestBackoffSeconds = 300;
    private const int BackoffResetSeconds = 600;

    private readonly string podUid;
    private readonly PodFolders folders;
    private readonly ContainerStore store;
    private int backoff;

    internal PodContainer(ContainerSpec spec, string podUid, PodFolders folders, ContainerStatus? known)
    {
        Spec = spec;
        this.podUid = podUid;
        this.folders = folders;
        store = new ContainerStore(folders.Containers);
        Streams = new ContainerStreams(spec, folders);
        Status = known ?? new ContainerStatus { Name = spec.Name, Image = spec.Image, State = new() { Waiting = new() { Reason = "ContainerCreating" } } };
    }

    internal ContainerSpec Spec { get; }

    internal ContainerStatus Status { get; private set; }

    /// <summary>The running process, or null.</summary>
    internal PidFd? Process { get; private set; }

    internal ContainerStreams Streams { get; }

    /// <summary>When it is to be started again (Environment.TickCount64), or null.</summary>
    internal long? RestartAt { get; private set; }

    internal int StopSignal { get; private set; } = Signals.SIGTERM;

    internal void Start(ContainerSpecCompiler compiler, PodVolumes volumes, ImageStore images)
    {
        RestartAt = null;
        FileSystem.MakeDirectories(folders.FolderOf(Spec.Name), PodFolders.PrivateFolder);
        var image = LeaseImage(images);
        if (image.Config.StopSignal.Length > 0 && Signals.TryParse(image.Config.StopSignal, out var signal))
        {
            StopSignal = signal;
        }

        DeleteStopped();
        using var root = RootFileSystem.Mount(image, folders.LayerOf(Spec.Name));
        var held = new List<SafeFd>();
        try
        {
            var spec = compiler.Compile(Spec, image, root, volumes.MountsOf(Spec, held));
            using var streams = Streams.OpenForContainer();
            var (_, process) = Create(new CreateRequest
            {
                Id = Spec.Name,
                Spec = spec,
                SpecJson = spec.ToJson(),
                Bundle = folders.Run,
                RootMount = root,
                Streams = streams.Streams,
                ConsoleSocket = streams.ConsoleSocket,
            });
            if (streams.ConsoleReceiver is { } receiver)
            {
                Streams.TakeTerminal(receiver);
            }

            Process = process.Process;
            var attempt = Status.RestartCount + (Status.ContainerId is null ? 0 : 1);
            Status = Status with
            {
                State = new() { Running = new() { StartedAt = Timestamp.Now } },
                LastState = Status.State.Terminated is null ? Status.LastState : Status.State,
                RestartCount = attempt,
                Ready = true,
                Started = true,
                ImageId = image.Id.ToString(),
                ContainerId = $"peapod://{podUid}_{Spec.Name}_{attempt}",
            };
        }
        finally
        {
            held.ForEach(static fd => fd.Dispose());
        }
    }

    /// <summary>Takes a container over that an earlier supervisor started.</summary>
    internal void Adopt()
    {
        if (Status.State.Running is null)
        {
            return;
        }

        Process = store.TryRead(Spec.Name) is not null ? Container.Lifecycle.Container.Open(store, Spec.Name).OpenProcess() : null;
        Streams.Adopt();
        if (Process is null)
        {
            Ended(null);
        }
    }

    internal void Waits(string reason, string? message = null) => Status = Status with
    {
        State = new() { Waiting = new() { Reason = reason, Message = message } },
        LastState = Status.State.Terminated is null ? Status.LastState : Status.State,
    };

    /// <summary>Looks whether the process has ended, and notes how.</summary>
    internal bool Reap()
    {
        if (Process is null || !Process.WaitForExit(0))
        {
            return false;
        }

        Ended(ExitStatusOf(Process));
        return true;
    }

    /// <summary>Puts the next start on the clock: at once the first time, then after 10 seconds, doubling to five minutes.</summary>
    internal void ScheduleRestart()
    {
        if (Status.State.Terminated is { } ended && ended.FinishedAt - ended.StartedAt > TimeSpan.FromSeconds(BackoffResetSeconds))
        {
            backoff = 0;
        }

        RestartAt = Environment.TickCount64 + (backoff * 1000L);
        if (backoff > 0)
        {
            Waits("CrashLoopBackOff");
        }

        backoff = backoff == 0 ? FirstBackoffSeconds : Math.Min(backoff * 2, LongestBackoffSeconds);
    }

    internal void Signal(int signal) => Process?.Signal(signal);

    internal void CancelRestart() => RestartAt = null;

    public void Dispose()
    {
        Process?.Dispose();
        Streams.Dispose();
    }

    private (Container.Lifecycle.Container Container, ContainerProcess Process) Create(CreateRequest request)
    {
        try
        {
            return Container.Lifecycle.Container.Create(store, request);
        }
        catch (ContainerException e)
        {
            throw ContainerFailure.InManifest(Spec.Name, request.Spec, e);
        }
    }

    private void Ended(ExitStatus? status)
    {
        Streams.Drain();
        Process?.Dispose();
        Process = null;
        var code = status?.Reported ?? 255;
        Status = Status with
        {
            State = new()
            {
                Terminated = new()
                {
                    ExitCode = code,
                    Signal = status?.Signal is > 0 and var signal ? signal : null,
                    Reason = status is null ? "ContainerStatusUnknown" : code == 0 ? "Completed" : "Error",
                    StartedAt = Status.State.Running?.StartedAt,
                    FinishedAt = Timestamp.Now,
                    ContainerId = Status.ContainerId,
                },
            },
            Ready = false,
            Started = false,
        };
    }

    /// <summary>A child is reaped; of a process that was taken over, the kernel tells the exit code through its pidfd (Linux 6.15).</summary>
    private static ExitStatus? ExitStatusOf(PidFd process)
    {
        try
        {
            return process.Wait();
        }
        catch (KernelException e) when (e.Error == Errno.ECHILD)
        {
            return process.TryReadExit();
        }
    }

    /// <summary>The image as it was when the pod first needed it: a restart does not change it.</summary>
    private ContainerImage LeaseImage(ImageStore images)
    {
        if (images.ReadLease(folders.LeaseOf(Spec.Name)) is { } leased)
        {
            return leased;
        }

        var image = images.Resolve(Spec.Image);
        images.TakeLease(folders.LeaseOf(Spec.Name), image);
        return image;
    }

    /// <summary>Takes away what the last run left, its writable layer too: each start finds the image as it is.</summary>
    private void DeleteStopped()
    {
        FileTree.Remove(folders.LayerOf(Spec.Name));
        if (store.TryRead(Spec.Name) is not null)
        {
            Container.Lifecycle.Container.Open(store, Spec.Name).Delete(force: true);
        }
        else
        {
            store.RemoveBeginnings(Spec.Name);
        }
    }
}
