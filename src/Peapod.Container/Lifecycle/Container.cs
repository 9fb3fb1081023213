using Peapod.Container.Cgroups;
using Peapod.Container.Hooks;
using Peapod.Container.Notify;
using Peapod.Container.Plans;
using Peapod.Container.Resctrl;
using Peapod.Container.Spawning;
using Peapod.Container.State;
using Peapod.Kernel;
using Peapod.Kernel.Files;
using Peapod.Kernel.Interop;
using Peapod.Kernel.Processes;
using Peapod.Oci;

namespace Peapod.Container.Lifecycle;

/// <summary>A container in its store: the OCI operations on it (runtime-spec, "Operations").</summary>
public sealed partial class Container
{
    private const string FifoName = "exec.fifo";
    private const string ReportName = "start.report";
    private const int KillTimeoutMilliseconds = 10_000;

    private readonly ContainerStore store;

    /// <summary>Held, for the kernel to release when this process ends, by whom <see cref="CreateRequest.CallerDeletes"/>.</summary>
    internal FileLock? Runner { get; private init; }

    private Container(ContainerStore store, ContainerRecord record)
    {
        this.store = store;
        Record = record;
    }

    public ContainerRecord Record { get; private set; }

    public string Id => Record.Id;

    /// <summary>The directory of its cgroup.</summary>
    /// <exception cref="ContainerException">It was made without one.</exception>
    public string CgroupDirectory => Record.Cgroup.Length > 0 ? Record.Cgroup
        : throw new ContainerException($"container \"{Id}\" has no cgroup: it was made with --cgroup-manager=disabled");

    /// <summary>The container of that id.</summary>
    /// <exception cref="ContainerException">There is none.</exception>
    public static Container Open(ContainerStore store, string id) => new(store, store.Read(id));

    /// <summary>The status, as the kernel has it.</summary>
    public ContainerStatus Status
    {
        get
        {
            if (Record.Pid == 0)
            {
                return ContainerStatus.Creating;
            }

            using var process = OpenProcess();
            if (process is null)
            {
                return ContainerStatus.Stopped;
            }

            if (Record.Cgroup.Length > 0 && Cgroup.IsFrozenAt(Record.Cgroup))
            {
                return ContainerStatus.Paused;
            }

            using var fifo = TryOpenFifo();
            return fifo is not null ? ContainerStatus.Created : ContainerStatus.Running;
        }
    }

    /// <summary>The container's first process, or null when it has ended.</summary>
    public PidFd? OpenProcess() => new ProcessIdentity(Record.Pid, Record.StartTime).TryOpen();

    /// <summary>The configuration that it was made from.</summary>
    public Spec ReadSpec() => store.ReadConfig(Id);

    /// <summary>Lets the waiting process execute, and returns when it has.</summary>
    /// <param name="notify">Takes its readiness from then on, if it was created for that; null when nobody asks.</param>
    public void Start(NotifySocket? notify = null)
    {
        using var held = store.Lock(Id);
        Record = store.Read(Id);
        using var fifo = TryOpenFifo();
        var status = Status;
        if (fifo is null || status != ContainerStatus.Created)
        {
            // One that was killed just now has left the fifo before it has ended.
            throw CannotStart(status == ContainerStatus.Running && ProcessStat.TryRead(Record.Pid) is not { IsEnding: false } ? ContainerStatus.Stopped : status);
        }

        if (notify is not null && FileSystem.TryStat(NotifySocket.FolderIn(store.FolderOf(Id))) is not null)
        {
            notify.Bind(NotifySocket.FolderIn(store.FolderOf(Id)));
        }

        using var report = FileSystem.Open($"{store.FolderOf(Id)}/{ReportName}", Libc.O_RDONLY | Libc.O_NONBLOCK);
        try
        {
            FileSystem.Write(fifo, [1], FifoName);
        }
        catch (KernelException e) when (e.Error == Errno.EPIPE)
        {
            throw CannotStart(ContainerStatus.Stopped);
        }

        WaitUntilClosed(fifo);
        ThrowReportedFailure(report);
        if (Record.HasHooks)
        {
            RunPoststart(ReadSpec());
        }
    }

    private ContainerException CannotStart(ContainerStatus status) => new($"container \"{Id}\" cannot be started: it is {Name(status)}, not created");

    /// <summary>Sends a signal to the container's first process; SIGKILL to all of them when they would not end with it.</summary>
    public void Signal(int signal)
    {
        using var process = OpenProcess();
        if (Record.HasPidNamespace && Signals.EndsGo(signal) && Status == ContainerStatus.Created)
        {
            // pid_namespaces(7): the first process does not hear a signal that it has no handler for. runc's has one before the start.
            signal = Signals.SIGKILL;
        }

        var others = signal == Signals.SIGKILL && !Record.HasPidNamespace && Processes().Count > 0;
        if (others)
        {
            SignalAll(signal);
        }
        else if (process is null || !process.Signal(signal))
        {
            // containerd and others read from these words that it has ended.
            throw new ContainerException($"container not running: \"{Id}\" has no process to signal");
        }
    }

    /// <summary>Sends a signal to every process of the container's cgroup; that there is none any more is no error.</summary>
    public void SignalAll(int signal)
    {
        using var cgroup = Cgroup.TryOpen(Record.Cgroup);
        if (cgroup is null)
        {
            // Made without one, it has a PID namespace of its own, whose processes end with the first.
            using var first = OpenProcess();
            first?.Signal(signal);
            return;
        }

        if (signal == Signals.SIGKILL)
        {
            cgroup.Kill();
            return;
        }

        foreach (var pid in cgroup.Processes())
        {
            using var process = PidFd.TryOpen(pid);
            process?.Signal(signal);
        }
    }

    /// <summary>The processes of the container's cgroup and of those below it, in the runtime's PID namespace.</summary>
    public IReadOnlyList<int> Processes()
    {
        _ = CgroupDirectory;
        using var cgroup = Cgroup.TryOpen(Record.Cgroup);
        return cgroup?.Processes() ?? [];
    }

    /// <summary>What the container uses now.</summary>
    public CgroupStatistics Statistics()
    {
        using var cgroup = Cgroup.Open(CgroupDirectory);
        return new CgroupStatistics(cgroup.TryRead, cgroup.HugePageSizes(), cgroup.Processes().Count);
    }

    /// <summary>Stops all of the container's processes from running until <see cref="Resume"/>.</summary>
    public void Pause()
    {
        var status = Status;
        if (status is not (ContainerStatus.Running or ContainerStatus.Created))
        {
            throw new ContainerException($"container \"{Id}\" cannot be paused: it is {Name(status)}");
        }

        using var cgroup = Cgroup.Open(CgroupDirectory);
        cgroup.Freeze();
    }

    public void Resume()
    {
        var status = Status;
        if (status != ContainerStatus.Paused)
        {
            throw new ContainerException($"container \"{Id}\" cannot be resumed: it is {Name(status)}, not paused");
        }

        using var cgroup = Cgroup.Open(CgroupDirectory);
        cgroup.Thaw();
    }

    public static string Name(ContainerStatus status) => status switch
    {
        ContainerStatus.Creating => "creating",
        ContainerStatus.Created => "created",
        ContainerStatus.Running => "running",
        ContainerStatus.Paused => "paused",
        _ => "stopped",
    };

    /// <summary>The container's group of resctrl, or null when it has none.</summary>
    private static ResctrlGroup? GroupOf(Spec? spec, string id) =>
        spec?.Linux?.IntelRdt is { } rdt ? ResctrlGroup.TryOf(ResctrlGroup.FindRoot(), rdt, id) : null;

    /// <summary>A hook that fails is the end of the container, as runtime.md, "Lifecycle", step 9, has it. With its lock.</summary>
    private void RunPoststart(Spec spec)
    {
        try
        {
            RuntimeHooks.Run(spec.Hooks!.Poststart, "poststart", HookPlan.StateOf(Id, Record.Bundle, spec, "running", Record.Pid));
        }
        catch (ContainerException)
        {
            try
            {
                Destroy(force: true);
            }
            catch (Exception e) when (e is ContainerException or KernelException)
            {
                // The hook's failure is the error; what could not be removed is told beside it.
                store.Warn?.Invoke(e.Message);
            }

            throw;
        }
    }

    private SafeFd? TryOpenFifo()
    {
        var fd = Libc.open($"{store.FolderOf(Id)}/{FifoName}", Libc.O_WRONLY | Libc.O_NONBLOCK | Libc.O_CLOEXEC, 0);
        if (fd < 0)
        {
            return null;
        }

        var fifo = new SafeFd(fd);
        if (FileSystem.Stat(fifo, FifoName).Type == Libc.S_IFIFO)
        {
            return fifo;
        }

        // Nobody waits behind a file of that name.
        fifo.Dispose();
        return null;
    }

    /// <summary>The fifo has no reader any more when the process has executed, or has ended. Hooks that run before may take as long as they like.</summary>
    private void WaitUntilClosed(SafeFd fifo)
    {
        if (Record.HasHooks)
        {
            while (!IsClosed(fifo, -1))
            {
            }
        }
        else
        {
            Newborn.Await(Record.Pid, milliseconds => IsClosed(fifo, milliseconds), () => Record.Cgroup.Length > 0 && Cgroup.IsFrozenAt(Record.Cgroup));
        }
    }

    private static unsafe bool IsClosed(SafeFd fifo, int milliseconds)
    {
        var entry = new PollFd { Fd = fifo.Number };
        var ready = Libc.poll(&entry, 1, milliseconds);
        return ready > 0 || (ready < 0 && KernelException.Last("poll", FifoName) is { Error: not Errno.EINTR } error ? throw error : false);
    }

    /// <param name="from">Opened before the start: what is written into a fifo is lost with its last reader.</param>
    private void ThrowReportedFailure(SafeFd from)
    {
        Span<byte> message = stackalloc byte[InitReport.Size];
        if (ReadReport(from, message))
        {
            // It ends by itself after its report; whoever asks for the state next shall not see it on its way.
            using (var process = OpenProcess())
            {
                process?.WaitForExit(KillTimeoutMilliseconds);
            }

            var report = InitReport.Parse(message);
            var spec = ReadSpec();
            if (report.Remaining > 0)
            {
                // What comes between the start and the exec are hooks, and the container ends with one that fails.
                var hooks = spec.Hooks!.StartContainer;
                var index = hooks.Count - report.Remaining;
                Destroy();
                throw Failures.OfOperation(HookPlan.Operation(hooks[index], "startContainer", index), report.Error, report.Detail);
            }

            var executable = spec.Process?.Args is [var first, ..] ? first : "";
            throw Failures.OfOperation(new(PlanCode.Exec, "process.args[0]", "execute") { Path = executable }, report.Error, report.Detail);
        }
    }

    private static bool ReadReport(SafeFd from, Span<byte> message)
    {
        try
        {
            return FileSystem.Read(from, message) == message.Length;
        }
        catch (KernelException e) when (e.Error == Errno.EAGAIN)
        {
            return false; // somebody has kept the other end
        }
    }

    private static void Warn(ContainerStore store, Plan plan)
    {
        foreach (var warning in plan.Warnings)
        {
            store.Warn?.Invoke($"{Failures.Prefix(warning.Field)}{warning.Reason}");
        }
    }

    private static void DebugPlan(ContainerStore store, Plan plan)
    {
        if (store.Debug is not { } debug)
        {
            return;
        }

        foreach (var step in plan.Host)
        {
            debug(step.Text);
        }

        foreach (var operation in plan.Init)
        {
            debug($"init is to {operation.Text}");
        }
    }

    private static Oci.State StateOf(ContainerRecord record, Spec spec, ContainerStatus status, int pid) => new()
    {
        OciVersion = record.OciVersion,
        Id = record.Id,
        Status = Name(status),
        Pid = pid,
        Bundle = record.Bundle,
        Annotations = spec.Annotations,
    };
}
