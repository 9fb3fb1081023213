using System.Globalization;
using System.Text;
using Peapod.Container.Cgroups;
using Peapod.Container.Hooks;
using Peapod.Container.NetDevices;
using Peapod.Container.Notify;
using Peapod.Container.Plans;
using Peapod.Container.Resctrl;
using Peapod.Container.Seccomp;
using Peapod.Container.Spawning;
using Peapod.Container.State;
using Peapod.Container.Systemd;
using Peapod.Kernel;
using Peapod.Kernel.Files;
using Peapod.Kernel.Interop;
using Peapod.Kernel.Processes;
using Peapod.Kernel.Sockets;
using Peapod.Oci;

namespace Peapod.Container.Lifecycle;

/// <summary>A container in its store: the OCI operations on it (runtime-spec, "Operations").</summary>
public sealed partial class Container
{
    private const string FifoName = "exec.fifo";
    private const string ReportName = "start.report";
    private const int KillTimeoutMilliseconds = 10_000;

    private static readonly LinuxDeviceCgroup[] AllDevices = [new() { Allow = true, Access = "rwm" }];

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

    /// <summary>Makes a container and its process. A failure leaves nothing behind.</summary>
    /// <exception cref="ContainerException">What could not be done, beginning with the field or the object.</exception>
    /// <exception cref="SpecException">A field of the configuration that cannot be done.</exception>
    public static (Container Container, ContainerProcess Process) Create(ContainerStore store, CreateRequest request)
    {
        ContainerStore.CheckId(request.Id);
        var hierarchy = CgroupHierarchy.Find();
        using var cgroup = new NewCgroup(hierarchy, request);
        var plan = PlanCompiler.Compile(new PlanRequest
        {
            Id = request.Id,
            Spec = request.Spec,
            Bundle = request.Bundle,
            CgroupMount = hierarchy.MountPoint,
            BringsRoot = request.RootMount is not null,
            WaitsForStart = request.WaitsForStart,
            Pauses = request.Pauses,
            PreserveFds = request.PreserveFds,
            ListenFds = request.ListenFds,
            NotifyFolder = NotifyFolderOf(store, request),
            NoPivot = request.NoPivot,
            NoNewKeyring = request.NoNewKeyring,
            CompileFilter = store.Filters.Get,
            Grantable = OwnCapabilities.Permitted(),
        });
        Warn(store, plan);

        using var held = store.Add(request.Id);
        var runner = request.CallerDeletes ? store.HoldAsRunner(request.Id) : null;
        using var devices = request.Spec.Linux?.NetDevices is { Count: > 0 } ? new MovedDevices() : null;
        using var undo = new Undo();
        var hooks = request.Spec.Hooks;
        if (hooks is not null)
        {
            undo.Add(() => RunPoststop(store, request.Id, request.Bundle, request.Spec));
        }

        undo.Add(() => store.Remove(request.Id));

        // Written before anything else is made: whoever cleans up after us finds the cgroup and the hooks by them.
        var record = NewRecord(request, cgroup.Path) with { Unit = cgroup.Unit, CgroupMissing = cgroup.MissingAbove };
        store.WriteConfig(request.Id, request.SpecJson.Span);
        store.Write(record);

        cgroup.Make(undo, store.OwnerOf(request.Id));
        if (cgroup.Path != record.Cgroup)
        {
            record = record with { Cgroup = cgroup.Path };
            store.Write(record);
        }

        if (NotifyFolderOf(store, request) is { } notify)
        {
            FileSystem.MakeDirectory(notify, NotifySocket.FolderMode);
            if (!request.WaitsForStart)
            {
                request.Notify!.Bind(notify);
            }
        }

        WarnOfLeftOut(store, request);
        store.Debug?.Invoke(cgroup.Path.Length == 0 ? "stay in the caller's cgroup" : $"made the cgroup \"{cgroup.Path}\"");
        DebugPlan(store, plan);
        using var inputs = CreateInputs.Make(store.FolderOf(request.Id), request);
        using var steps = HostSteps.Do(plan, inputs.Get, undo);
        var child = Spawner.Spawn(plan, steps.Descriptors, cgroup.Directory, request.Streams);
        undo.Add(() => KillAndReap(child.Process));
        if (devices is not null)
        {
            undo.Add(devices.Return);
        }

        using var socket = child.Socket;
        cgroup.Inhabited();
        InitDialogue.Run(child, plan, request.Spec, request.Spec.Process, fd => SeccompAgent.Send(child, fd, request.Spec, StateOf(record, request.Spec, ContainerStatus.Creating, child.Pid)), () =>
        {
            record = record.Of(child.Pid);
            store.WriteProcess(record);
            GroupOf(request.Spec, request.Id)?.Add(child.Pid);
            store.Debug?.Invoke($"process {child.Pid} is set up");
            SendPidfd(request.PidfdSocket, "standard"u8, child.Process);
            SetOomScore(child.Pid, request.Spec.Process?.OomScoreAdj);
            WritePidFile(request.PidFile, child.Pid);
        }, hooks is null ? null : () =>
        {
            var state = HookPlan.StateOf(request.Id, request.Bundle, request.Spec, "creating", child.Pid);
            RuntimeHooks.Run(hooks.Prestart, "prestart", state);
            RuntimeHooks.Run(hooks.CreateRuntime, "createRuntime", state);
        }, () => devices!.Move(child.Pid, request.Spec.Linux!.NetDevices));
        ContainerStore.Complete(held);
        undo.Keep();
        var container = new Container(store, record) { Runner = runner };
        if (hooks is not null && !request.WaitsForStart)
        {
            container.RunPoststart(request.Spec);
        }

        return (container, new ContainerProcess(child.Pid, child.Process));
    }

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
    public Spec ReadSpec() => Spec.Parse(store.ReadConfig(Id));

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
            throw new ContainerException($"container \"{Id}\" cannot be started: it is {Name(status)}, not created");
        }

        if (notify is not null && FileSystem.TryStat(NotifySocket.FolderIn(store.FolderOf(Id))) is not null)
        {
            notify.Bind(NotifySocket.FolderIn(store.FolderOf(Id)));
        }

        FileSystem.Write(fifo, [1], FifoName);
        WaitUntilClosed(fifo);
        ThrowReportedFailure();
        if (Record.HasHooks)
        {
            RunPoststart(ReadSpec());
        }
    }

    /// <summary>Sends a signal to the container's first process; SIGKILL to all of them when they would not end with it.</summary>
    public void Signal(int signal)
    {
        using var process = OpenProcess();
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

    /// <summary>Changes the container's limits, and its stored configuration with them. A failure leaves both as they were.</summary>
    /// <param name="update">What changes; see <see cref="ResourceUpdate.Merge(LinuxResources?, LinuxResources)"/>.</param>
    /// <param name="rdt">The schemas of cache and memory bandwidth that change, or null.</param>
    /// <param name="nameOf">A field (linux.resources.…, linux.intelRdt.…) as the user wrote it, for the sentence.</param>
    public void Update(LinuxResources update, LinuxIntelRdt? rdt, Func<string, string> nameOf)
    {
        using var held = store.Lock(Id);
        Record = store.Read(Id);
        var status = Status;
        if (status is ContainerStatus.Stopped or ContainerStatus.Creating)
        {
            throw new ContainerException($"container not running: \"{Id}\" cannot be updated: it is {Name(status)}");
        }

        var spec = ReadSpec();
        var current = spec.Linux?.Resources;
        var resources = ResourceUpdate.Merge(current, update);
        using var cgroup = Cgroup.Open(CgroupDirectory);
        IReadOnlyList<CgroupSetting> changes;
        try
        {
            changes = ResourceUpdate.Changes(current, update);
            ResourceUpdate.CheckUsage(resources, FileSystem.TryReadText($"{cgroup.Path}/memory.current"));
        }
        catch (SpecException e)
        {
            throw new ContainerException($"{nameOf(e.Field)}: {e.Reason}", 1, e);
        }

        using var undo = new Undo();
        var linux = spec.Linux ?? new Oci.Linux();
        if (rdt is not null)
        {
            linux = linux with { IntelRdt = ChangeGroup(linux.IntelRdt, rdt, nameOf, undo) };
        }

        if (update.Devices.Count > 0)
        {
            ReplaceDevices(cgroup, update.Devices, nameOf("linux.resources.devices"));
            undo.Add(() => ReplaceDevices(cgroup, current is { Devices.Count: > 0 } ? current.Devices : AllDevices, "linux.resources.devices"));
        }

        if (Record.Unit is { } unit)
        {
            ChangeWithUnit(cgroup, unit, changes, update, nameOf);
        }
        else
        {
            cgroup.Change(changes, nameOf);
        }

        undo.Keep();

        store.WriteConfig(Id, (spec with { Linux = linux with { Resources = resources } }).ToJson());
        if (rdt is not null && !Record.HasIntelRdt)
        {
            Record = Record with { HasIntelRdt = true };
            store.Write(Record);
        }
    }

    /// <summary>Other schemata for the container's group; one that has none gets a group of its own, with all of its processes.</summary>
    private LinuxIntelRdt ChangeGroup(LinuxIntelRdt? current, LinuxIntelRdt update, Func<string, string> nameOf, Undo undo)
    {
        var root = ResctrlGroup.FindRoot();
        var after = (current ?? new LinuxIntelRdt()) with
        {
            L3CacheSchema = update.L3CacheSchema ?? current?.L3CacheSchema,
            MemBwSchema = update.MemBwSchema ?? current?.MemBwSchema,
        };
        var group = ResctrlGroup.Of(root, after, Id, nameOf);
        if (current is not null)
        {
            group.Change(undo);
            return after;
        }

        group.Create(undo);
        foreach (var pid in Processes())
        {
            group.Add(pid);
        }

        return after;
    }

    /// <summary>Removes what is left of the container; with <paramref name="force"/> also one that still runs.</summary>
    public void Delete(bool force)
    {
        using var held = store.Lock(Id);
        Record = store.Read(Id);
        var status = Status;
        if (!force && status is ContainerStatus.Running or ContainerStatus.Paused)
        {
            throw new ContainerException($"container \"{Id}\" cannot be deleted: it is {Name(status)}, not stopped\n  stop it first, or use --force");
        }

        Destroy();
    }

    /// <summary>Why it is left over; null when somebody may still want it. Asked only while no other command is at work on it.</summary>
    /// <param name="stopped">Nobody wants a stopped container any more.</param>
    internal string? WhyLeftOver(bool stopped)
    {
        return Status switch
        {
            ContainerStatus.Creating => "its creator ended before it had a process",
            ContainerStatus.Created or ContainerStatus.Stopped when !store.IsComplete(Id) => "its creator ended before it was whole",
            ContainerStatus.Stopped when store.IsAbandoned(Id) => "it is stopped, and the run that was to delete it has ended",
            ContainerStatus.Stopped when stopped => "it is stopped",
            _ => null,
        };
    }

    /// <summary>Removes the container if it still is left over when its lock is ours.</summary>
    /// <returns>False when somebody else came first.</returns>
    internal static bool RemoveLeftOver(ContainerStore store, string id, bool stopped)
    {
        using var held = store.TryLockNow(id);
        if (held is null || store.TryRead(id) is not { } record)
        {
            return false;
        }

        var container = new Container(store, record);
        if (container.WhyLeftOver(stopped) is null)
        {
            return false;
        }

        container.Destroy();
        return true;
    }

    /// <summary>Executes one more process in the container.</summary>
    public ContainerProcess Execute(ExecRequest request)
    {
        var status = Status;
        if (status is not (ContainerStatus.Running or ContainerStatus.Created) && !(status == ContainerStatus.Paused && request.IgnorePaused))
        {
            throw new ContainerException(status == ContainerStatus.Paused
                ? $"container \"{Id}\" is paused\n  resume it first, or use --ignore-paused"
                : $"container \"{Id}\" is not running: it is {Name(status)}");
        }

        var spec = ReadSpec();
        var plan = PlanCompiler.CompileExec(new ExecPlanRequest
        {
            Container = spec,
            Process = request.Process,
            KeyringOf = Record.HasKeyring ? Id : null,
            PreserveFds = request.PreserveFds,
            CompileFilter = store.Filters.Get,
            Grantable = OwnCapabilities.Permitted(),
        });
        Warn(store, plan);
        using var process = OpenProcess() ?? throw new ContainerException($"container \"{Id}\" is not running");
        using var undo = new Undo();
        using var steps = HostSteps.Do(plan, input => input switch
        {
            PlanInput.JoinedProcess => process,
            PlanInput.ConsoleSocket => request.ConsoleSocket ?? throw new ContainerException("a terminal needs a console socket"),
            _ => throw new ArgumentOutOfRangeException(nameof(input)),
        }, undo);
        DebugPlan(store, plan);
        var child = SpawnOnCpus(plan, steps, request);
        using var socket = child.Socket;
        undo.Add(() => KillAndReap(child.Process));
        InitDialogue.Run(child, plan, spec, request.Process, fd => SeccompAgent.Send(child, fd, spec, StateOf(Record, spec, status, Record.Pid)), () =>
        {
            (Record.HasIntelRdt ? GroupOf(spec, Id) : null)?.Add(child.Pid);
            SendPidfd(request.PidfdSocket, "setns"u8, child.Process);
            SetOomScore(child.Pid, request.Process.OomScoreAdj);
            WritePidFile(request.PidFile, child.Pid);
        });
        undo.Keep();
        return new ContainerProcess(child.Pid, child.Process);
    }

    public static string Name(ContainerStatus status) => status switch
    {
        ContainerStatus.Creating => "creating",
        ContainerStatus.Created => "created",
        ContainerStatus.Running => "running",
        ContainerStatus.Paused => "paused",
        _ => "stopped",
    };

    /// <summary>The files first, for the kernel refuses by the file; then systemd, which keeps what it is told; then the files again, for it rounds.</summary>
    private static void ChangeWithUnit(Cgroup cgroup, string unit, IReadOnlyList<CgroupSetting> changes, LinuxResources update, Func<string, string> nameOf)
    {
        using var systemd = SystemdManager.Connect();
        cgroup.Obtain(CgroupHierarchy.Find(), changes);
        cgroup.Change(changes, nameOf, () =>
        {
            systemd.SetProperties(unit, ScopeProperties.Changeable(update, changes, FileSystem.TryReadText(DeviceProperties.Drivers) ?? ""), nameOf);
            cgroup.Apply(changes);
        });
    }

    private static void ReplaceDevices(Cgroup cgroup, IReadOnlyList<LinuxDeviceCgroup> rules, string name)
    {
        try
        {
            Devices.DeviceProgram.Replace(cgroup.Directory, rules);
        }
        catch (KernelException e)
        {
            throw new ContainerException($"{name}: cannot replace the device program: {e.Message}", 1, e);
        }
    }

    /// <summary>process.execCPUAffinity.initial: the CPUs that we run on until the process is in the container's cgroup.</summary>
    private Spawner.Child SpawnOnCpus(Plan plan, HostSteps steps, ExecRequest request)
    {
        if (request.Process.ExecCPUAffinity?.Initial is not { Length: > 0 } list)
        {
            return SpawnInCgroup(plan, steps, request);
        }

        const string field = "process.execCPUAffinity.initial";
        try
        {
            using var affinity = ThreadAffinity.Set(NumberSet.Parse(list, field));
            return SpawnInCgroup(plan, steps, request);
        }
        catch (KernelException e) when (e.Operation == "sched_setaffinity")
        {
            throw Failures.OfOperation(new(PlanCode.Affinity, field, $"run on the CPUs {list}"), e.Error, e.Operation);
        }
    }

    private Spawner.Child SpawnInCgroup(Plan plan, HostSteps steps, ExecRequest request)
    {
        if (request.Cgroup is { } below)
        {
            return SpawnBelow(plan, steps, request.Streams, below);
        }

        using var cgroup = Cgroup.TryOpen(Record.Cgroup);
        try
        {
            return Spawner.Spawn(plan, steps.Descriptors, cgroup?.Directory, request.Streams);
        }
        catch (KernelException e) when (e.Error == Errno.EBUSY && cgroup is not null)
        {
            // The container has made cgroups of its own below: processes live in the leaves only. We go where its first process is.
            using var inner = Cgroup.Open(CgroupPath.OfProcess(CgroupHierarchy.Find(), Record.Pid));
            return Spawner.Spawn(plan, steps.Descriptors, inner.Directory, request.Streams);
        }
    }

    private Spawner.Child SpawnBelow(Plan plan, HostSteps steps, StandardStreams streams, string below)
    {
        using var cgroup = Cgroup.TryOpen(CgroupPath.Below(CgroupDirectory, below))
            ?? throw new ContainerException($"--cgroup: the container has no cgroup \"{below}\" below its own");
        try
        {
            return Spawner.Spawn(plan, steps.Descriptors, cgroup.Directory, streams);
        }
        catch (KernelException e) when (e.Error is Errno.EBUSY or Errno.EOPNOTSUPP)
        {
            throw new ContainerException($"--cgroup: no process can live in \"{below}\": {KernelException.Describe(e.Error)}\n  it hands its controllers on to cgroups below it", 1, e);
        }
    }

    /// <summary>Ends it and removes its folder; then, as runc has it, come the poststop hooks.</summary>
    private void Destroy()
    {
        var spec = Record.HasHooks || Record.HasIntelRdt ? ReadSpec() : null;
        End();
        GroupOf(spec, Id)?.Remove();
        store.Remove(Id);
        if (spec?.Hooks is not null)
        {
            RunPoststop(store, Id, Record.Bundle, spec);
        }
    }

    /// <summary>The container's group of resctrl, or null when it has none.</summary>
    private static ResctrlGroup? GroupOf(Spec? spec, string id) =>
        spec?.Linux?.IntelRdt is { } rdt ? ResctrlGroup.TryOf(ResctrlGroup.FindRoot(), rdt, id) : null;

    private void RunPoststart(Spec spec) =>
        RuntimeHooks.RunAll(spec.Hooks!.Poststart, "poststart", HookPlan.StateOf(Id, Record.Bundle, spec, "running", Record.Pid), store.Warn);

    private static void RunPoststop(ContainerStore store, string id, string bundle, Spec spec) =>
        RuntimeHooks.RunAll(spec.Hooks!.Poststop, "poststop", HookPlan.StateOf(id, bundle, spec, "stopped", 0), store.Warn);

    /// <summary>Kills what still runs and removes the cgroup.</summary>
    private void End()
    {
        if (Record is { Unit: { } unfinished, Pid: 0 })
        {
            Scope.Forget(unfinished, Record.Cgroup);
            return;
        }

        using var process = OpenProcess();
        using var cgroup = Cgroup.TryOpen(Record.Cgroup);
        cgroup?.Kill();
        process?.Signal(Signals.SIGKILL);
        if (process?.WaitForExit(KillTimeoutMilliseconds) == false)
        {
            throw new ContainerException($"container \"{Id}\" cannot be deleted: process {Record.Pid} does not end, though it was killed\n  it may wait for a device or a file system that does not answer");
        }

        if (Record.Unit is { } unit)
        {
            Scope.Stop(unit);
        }

        if (cgroup is not null)
        {
            cgroup.Remove();
        }
        else if (Record is { Unit: null, Cgroup.Length: > 0 })
        {
            // Its creator was killed before it came to that one.
            Cgroup.RemoveMadeAbove(Record.Cgroup, Record.CgroupMissing);
        }
    }

    private SafeFd? TryOpenFifo()
    {
        var fd = Libc.open($"{store.FolderOf(Id)}/{FifoName}", Libc.O_WRONLY | Libc.O_NONBLOCK | Libc.O_CLOEXEC, 0);
        return fd < 0 ? null : new SafeFd(fd);
    }

    /// <summary>The fifo has no reader any more when the process has executed, or has ended.</summary>
    private static unsafe void WaitUntilClosed(SafeFd fifo)
    {
        var entry = new PollFd { Fd = fifo.Number };
        while (Libc.poll(&entry, 1, -1) <= 0)
        {
            var error = KernelException.Last("poll", FifoName);
            if (error.Error != Errno.EINTR)
            {
                throw error;
            }
        }
    }

    private void ThrowReportedFailure()
    {
        var message = FileSystem.ReadAllBytes($"{store.FolderOf(Id)}/{ReportName}");
        if (message.Length > 0)
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

    private static void Warn(ContainerStore store, Plan plan)
    {
        foreach (var warning in plan.Warnings)
        {
            store.Warn?.Invoke($"{Failures.Prefix(warning.Field)}{warning.Reason}");
        }
    }

    /// <summary>What the caller's environment and flags make impossible, and what goes on without it.</summary>
    private static void WarnOfLeftOut(ContainerStore store, CreateRequest request)
    {
        if (request.Notify is not null && NotifyFolderOf(store, request) is null)
        {
            store.Warn?.Invoke("NOTIFY_SOCKET: the container has no mount namespace of its own: it cannot tell when it is ready");
        }

        if (request is { CgroupManager: CgroupManager.None, Spec.Linux.Resources.Devices.Count: > 0 })
        {
            store.Warn?.Invoke("linux.resources.devices: not enforced: --cgroup-manager=disabled makes no cgroup that the rules could hold in");
        }
    }

    private static string? NotifyFolderOf(ContainerStore store, CreateRequest request) =>
        request.Notify is not null && NamespacePlan.Has(request.Spec, Libc.CLONE_NEWNS, newOnly: true) ? NotifySocket.FolderIn(store.FolderOf(request.Id)) : null;

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

    /// <summary>In the words of runc, whose name for the process is all that goes with it.</summary>
    private static void SendPidfd(SafeFd? socket, ReadOnlySpan<byte> name, PidFd process)
    {
        if (socket is null)
        {
            return;
        }

        try
        {
            UnixSocket.Send(socket, name, process);
        }
        catch (KernelException e)
        {
            throw new ContainerException($"--pidfd-socket: cannot send the process's pidfd: {KernelException.Describe(e.Error)}", 1, e);
        }
    }

    private static ContainerRecord NewRecord(CreateRequest request, string cgroupPath) => new()
    {
        Id = request.Id,
        OciVersion = request.Spec.OciVersion ?? "",
        Bundle = request.Bundle,
        Rootfs = request.Spec.Root?.Path is { } root ? RootPlan.Resolve(request.Bundle, root) : "",
        Cgroup = cgroupPath,
        Created = DateTime.UtcNow.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'", CultureInfo.InvariantCulture),
        Owner = Libc.geteuid(),
        HasKeyring = !request.NoNewKeyring,
        HasHooks = request.Spec.Hooks is not null,
        HasIntelRdt = request.Spec.Linux?.IntelRdt is not null,
        HasPidNamespace = NamespacePlan.Has(request.Spec, Libc.CLONE_NEWPID, newOnly: true),
    };

    private static Oci.State StateOf(ContainerRecord record, Spec spec, ContainerStatus status, int pid) => new()
    {
        OciVersion = record.OciVersion,
        Id = record.Id,
        Status = Name(status),
        Pid = pid,
        Bundle = record.Bundle,
        Annotations = spec.Annotations,
    };

    private static void KillAndReap(PidFd process)
    {
        process.Signal(Signals.SIGKILL);
        process.Wait();
        process.Dispose();
    }

    private static void SetOomScore(int pid, int? score)
    {
        if (score is not { } value)
        {
            return;
        }

        try
        {
            FileSystem.WriteExisting($"/proc/{pid}/oom_score_adj", value.ToString(CultureInfo.InvariantCulture));
        }
        catch (KernelException e)
        {
            throw new ContainerException($"config.json: process.oomScoreAdj: cannot set it to {value}: {KernelException.Describe(e.Error)}", 1, e);
        }
    }

    private static void WritePidFile(string? path, int pid)
    {
        if (path is null)
        {
            return;
        }

        try
        {
            var full = Path.GetFullPath(path);
            using var folder = FileSystem.OpenDirectory(Path.GetDirectoryName(full)!);
            FileSystem.Replace(folder, Path.GetFileName(full), Encoding.ASCII.GetBytes(pid.ToString(CultureInfo.InvariantCulture)), 0x1a4);
        }
        catch (KernelException e)
        {
            throw new ContainerException($"--pid-file: cannot write \"{path}\": {KernelException.Describe(e.Error)}", 1, e);
        }
    }

    /// <summary>The descriptors that a creation brings to its plan: those of the request, and the start fifo with its report.</summary>
    private sealed class CreateInputs : IDisposable
    {
        private readonly CreateRequest request;
        private readonly SafeFd? fifo;
        private readonly SafeFd? report;

        private CreateInputs(CreateRequest request, SafeFd? fifo, SafeFd? report)
        {
            this.request = request;
            this.fifo = fifo;
            this.report = report;
        }

        internal static CreateInputs Make(string folder, CreateRequest request)
        {
            if (!request.WaitsForStart)
            {
                return new(request, null, null);
            }

            var path = $"{folder}/{FifoName}";
            KernelException.Check(Libc.mknodat(Libc.AT_FDCWD, path, Libc.S_IFIFO | 0x180, 0), "mkfifo", path);
            return new(
                request,
                FileSystem.Open(path, Libc.O_RDWR),
                FileSystem.Open($"{folder}/{ReportName}", Libc.O_WRONLY | Libc.O_CREAT | Libc.O_EXCL, 0x180));
        }

        internal SafeFd Get(PlanInput input) => input switch
        {
            PlanInput.RootMount => request.RootMount!,
            PlanInput.ConsoleSocket => request.ConsoleSocket
                ?? throw new ContainerException("config.json: process.terminal: a terminal needs --console-socket, so that somebody can hold its other side"),
            PlanInput.StartFifo => fifo!,
            PlanInput.StartReport => report!,
            _ => throw new ArgumentOutOfRangeException(nameof(input)),
        };

        public void Dispose()
        {
            fifo?.Dispose();
            report?.Dispose();
        }
    }
}
