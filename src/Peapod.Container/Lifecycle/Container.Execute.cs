using Peapod.Container.Cgroups;
using Peapod.Container.Plans;
using Peapod.Container.Spawning;
using Peapod.Container.State;
using Peapod.Kernel;
using Peapod.Kernel.Files;
using Peapod.Kernel.Interop;
using Peapod.Kernel.Processes;
using Peapod.Oci;

namespace Peapod.Container.Lifecycle;

/// <content>One more process in the container.</content>
public sealed partial class Container
{
    /// <summary>Executes one more process in the container.</summary>
    public ContainerProcess Execute(ExecRequest request)
    {
        var status = Status;
        if (status is not (ContainerStatus.Running or ContainerStatus.Created) && !(status == ContainerStatus.Paused && request.IgnorePaused))
        {
            throw new ContainerException(status == ContainerStatus.Paused
                ? $"cannot exec in a paused container: \"{Id}\" is paused\n  resume it first, or use --ignore-paused"
                : $"container \"{Id}\" is not running: it is {Name(status)}");
        }

        var spec = ReadSpec();
        var plan = PlanCompiler.CompileExec(new ExecPlanRequest
        {
            Container = spec,
            Process = request.Process,
            KeyringOf = Record.HasKeyring ? Id : null,
            RelaysTerminal = request.RelaysTerminal,
            PreserveFds = request.PreserveFds,
            CompileFilter = store.Filters.Get,
            Grantable = OwnCapabilities.Permitted(),
        });
        Warn(store, plan);
        using var process = OpenProcess() ?? throw new ContainerException($"container \"{Id}\" is not running");
        using var root = NamespacePlan.Has(spec, Libc.CLONE_NEWNS, newOnly: true) ? null : OpenRoot();
        using var undo = new Undo();
        using var steps = HostSteps.Do(plan, store.FolderOf(Id), input => input switch
        {
            PlanInput.JoinedProcess => process,
            PlanInput.JoinedRoot => root!,
            PlanInput.ConsoleSocket => request.ConsoleSocket ?? throw new ContainerException("a terminal needs a console socket"),
            _ => throw new ArgumentOutOfRangeException(nameof(input)),
        }, undo);
        DebugPlan(store, plan);
        var beside = CrunAnnotations.CgroupBelow(spec, CrunAnnotations.DelegateCgroup).Length > 0 || CrunAnnotations.CgroupBelow(spec, CrunAnnotations.SystemdSubgroup).Length > 0;
        var child = SpawnOnCpus(plan, steps, request with { BesideFirst = beside });
        using var socket = child.Socket;

        // The one that it has by then: a late birth makes it another.
        undo.Add(() => child.Process.KillAndReap());
        InitDialogue.Run(child, plan, steps, spec, request.Process, new StageActions
        {
            Settle = pid =>
            {
                (Record.HasIntelRdt ? GroupOf(spec, Id) : null)?.Add(pid);
                NewProcess.SetOomScore(pid, request.Process.OomScoreAdj);
                if (NamespacePlan.Has(spec, Libc.CLONE_NEWUSER))
                {
                    StreamOwner.Give(request.Streams, pid, request.Process.User.Uid);
                }
            },
            Listener = listener => SeccompAgent.Send(child, listener, spec, StateOf(Record, spec, status, Record.Pid)),
            Ready = () =>
            {
                NewProcess.SendPidfd(request.PidfdSocket, "setns"u8, child.Process);
                NewProcess.WritePidFile(request.PidFile, child.Pid);
            },
            IsFrozen = () => Record.Cgroup.Length > 0 && Cgroup.IsFrozenAt(Record.Cgroup),
        });
        undo.Keep();
        return new ContainerProcess(child.Pid, child.Process);
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
            return SpawnBelow(plan, steps, request, below);
        }

        using var cgroup = request.BesideFirst && Record.Cgroup.Length > 0 ? null : Cgroup.TryOpen(Record.Cgroup);
        if (cgroup is null)
        {
            return SpawnBesideFirst(plan, steps, request);
        }

        try
        {
            return Spawner.Spawn(plan, steps.Descriptors, cgroup.Directory, request.Streams, request.Interruption);
        }
        catch (KernelException e) when (e.Error == Errno.EBUSY)
        {
            // The container has made cgroups of its own below: processes live in the leaves only.
            return SpawnBesideFirst(plan, steps, request);
        }
    }

    /// <summary>In the cgroup of the container's first process, as runc has it: it may be another one than it was made in, and is never ours by chance.</summary>
    private Spawner.Child SpawnBesideFirst(Plan plan, HostSteps steps, ExecRequest request)
    {
        var hierarchy = CgroupHierarchy.Find();
        var path = CgroupPath.TryOfProcess(hierarchy, Record.Pid)
            ?? throw new ContainerException($"the container's first process is in a cgroup outside of what is mounted at {hierarchy.MountPoint}: no process can be put beside it from here");
        if (path == CgroupPath.TryOfProcess(hierarchy, Environment.ProcessId))
        {
            return Spawner.Spawn(plan, steps.Descriptors, cgroup: null, request.Streams, request.Interruption);
        }

        using var cgroup = Cgroup.Open(path);
        try
        {
            return Spawner.Spawn(plan, steps.Descriptors, cgroup.Directory, request.Streams, request.Interruption);
        }
        catch (KernelException e) when (e.Operation == "clone3")
        {
            throw new ContainerException($"no process can be put into \"{path}\", the cgroup of the container's first process: {KernelException.Describe(e.Error)}", 1, e);
        }
    }

    /// <summary>The root of its first process: opened by the process's number, which is that process's as long as it is there.</summary>
    private SafeFd OpenRoot()
    {
        try
        {
            var root = FileSystem.Open($"/proc/{Record.Pid}/root", Libc.O_PATH | Libc.O_DIRECTORY);
            using var process = OpenProcess();
            if (process is not null)
            {
                return root;
            }

            root.Dispose();
        }
        catch (KernelException e) when (e.Error is Errno.ENOENT or Errno.ESRCH)
        {
        }

        throw new ContainerException($"container \"{Id}\" is not running");
    }

    private Spawner.Child SpawnBelow(Plan plan, HostSteps steps, ExecRequest request, string below)
    {
        using var cgroup = Cgroup.TryOpen(CgroupPath.Below(CgroupDirectory, below))
            ?? throw new ContainerException($"--cgroup: the container has no cgroup \"{below}\" below its own");
        try
        {
            return Spawner.Spawn(plan, steps.Descriptors, cgroup.Directory, request.Streams, request.Interruption);
        }
        catch (KernelException e) when (e.Error is Errno.EBUSY or Errno.EOPNOTSUPP)
        {
            throw new ContainerException($"--cgroup: no process can live in \"{below}\": {KernelException.Describe(e.Error)}\n  it hands its controllers on to cgroups below it", 1, e);
        }
    }
}
