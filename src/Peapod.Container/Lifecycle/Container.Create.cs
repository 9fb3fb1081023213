using System.Globalization;
using Peapod.Container.Cgroups;
using Peapod.Container.Hooks;
using Peapod.Container.NetDevices;
using Peapod.Container.Notify;
using Peapod.Container.Plans;
using Peapod.Container.Spawning;
using Peapod.Container.State;
using Peapod.Kernel;
using Peapod.Kernel.Files;
using Peapod.Kernel.Interop;
using Peapod.Kernel.Processes;
using Peapod.Oci;

namespace Peapod.Container.Lifecycle;

/// <content>A new container and its first process.</content>
public sealed partial class Container
{
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
            RelaysTerminal = request.RelaysTerminal,
            PreserveFds = request.PreserveFds,
            ListenFds = request.ListenFds,
            NotifyFolder = NotifyFolderOf(store, request),
            NoPivot = request.NoPivot,
            NoNewKeyring = request.NoNewKeyring,
            CompileFilter = store.Filters.Get,
            Grantable = OwnCapabilities.Permitted(),
        });
        Warn(store, plan);
        using var receiver = NewProcess.ConnectPidfdReceiver(request.Spec);

        using var held = store.Add(request.Id);
        using var devices = request.Spec.Linux?.NetDevices is { Count: > 0 } ? new MovedDevices() : null;
        using var undo = new Undo();
        var hooks = request.Spec.Hooks;
        if (hooks is not null)
        {
            undo.Add(() => RunPoststop(store, request.Id, request.Bundle, request.Spec));
        }

        undo.Add(() => store.Remove(request.Id));
        var runner = request.CallerDeletes ? store.HoldAsRunner(request.Id) : null;

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
        using var steps = HostSteps.Do(plan, store.FolderOf(request.Id), inputs.Get, undo, request.Sources);
        if (plan.SharedRoot is { } shared)
        {
            record = record with { RootMount = SharedRoot.IdOf(steps.Descriptors[shared.Index]!), RootNamespace = NamespacePlan.PathOf(request.Spec, Libc.CLONE_NEWNS) };
            store.Write(record);
            undo.Add(() => SharedRoot.Remove(record.Rootfs, record.RootMount, record.RootNamespace));
        }

        var child = Spawner.Spawn(plan, steps.Descriptors, cgroup.Directory, request.Streams, request.Interruption);

        // The one that it has by then: a late birth makes it another.
        undo.Add(() => child.Process.KillAndReap());
        if (devices is not null)
        {
            undo.Add(devices.Return);
        }

        using var socket = child.Socket;
        cgroup.Inhabited();
        InitDialogue.Run(child, plan, steps, request.Spec, request.Spec.Process, new StageActions
        {
            Settle = pid =>
            {
                GroupOf(request.Spec, request.Id)?.Add(pid);
                NewProcess.SetOomScore(pid, request.Spec.Process?.OomScoreAdj);
                if (request.Spec.Process is { } process && NamespacePlan.Has(request.Spec, Libc.CLONE_NEWUSER))
                {
                    StreamOwner.Give(request.Streams, pid, process.User.Uid);
                }
            },
            Listener = listener => SeccompAgent.Send(child, listener, request.Spec, StateOf(record, request.Spec, ContainerStatus.Creating, child.Pid)),
            Ready = () =>
            {
                record = record.Of(child.Pid);
                store.WriteProcess(record);
                cgroup.Occupy(child.Pid);
                store.Debug?.Invoke($"process {child.Pid} is set up");
                NewProcess.SendPidfd(request.PidfdSocket, "standard"u8, child.Process);
                NewProcess.SendPidfd(receiver, " "u8, child.Process);
                NewProcess.WritePidFile(request.PidFile, child.Pid);
            },
            IsFrozen = () => cgroup.Path.Length > 0 && Cgroup.IsFrozenAt(cgroup.Path),
            Hooks = hooks is null ? null : () =>
            {
                var state = HookPlan.StateOf(request.Id, request.Bundle, request.Spec, "creating", child.Pid);
                RuntimeHooks.Run(hooks.Prestart, "prestart", state);
                RuntimeHooks.Run(hooks.CreateRuntime, "createRuntime", state);
            },
            Devices = () => devices!.Move(child.Pid, request.Spec.Linux!.NetDevices),
        });
        ContainerStore.Complete(held);
        undo.Keep();
        var container = new Container(store, record) { Runner = runner };
        if (hooks is not null && !request.WaitsForStart)
        {
            container.RunPoststart(request.Spec);
        }

        return (container, new ContainerProcess(child.Pid, child.Process));
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

            // Both are fifos: who takes a descriptor from the waiting process can write no more than a pipe holds.
            return new(request, MakeFifo($"{folder}/{FifoName}"), MakeFifo($"{folder}/{ReportName}"));
        }

        private static SafeFd MakeFifo(string path)
        {
            KernelException.Check(Libc.mknodat(Libc.AT_FDCWD, path, Libc.S_IFIFO | 0x180, 0), "mkfifo", path);
            return FileSystem.Open(path, Libc.O_RDWR);
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
