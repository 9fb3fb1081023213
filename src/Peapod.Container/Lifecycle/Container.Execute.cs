using Peapod.Container.Cgroups;
using Peapod.Container.Plans;
using Peapod.Container.Seccomp;
using Peapod.Container.Spawning;
using Peapod.Container.State;
using Peapod.Kernel;
using Peapod.Kernel.Interop;
using Peapod.Kernel.Processes;

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
                ? $"container \"{Id}\" is paused\n  resume it first, or use --ignore-paused"
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
        undo.Add(() => NewProcess.KillAndReap(child.Process));
        InitDialogue.Run(child, plan, spec, request.Process, fd => SeccompAgent.Send(child, fd, spec, StateOf(Record, spec, status, Record.Pid)), () =>
        {
            (Record.HasIntelRdt ? GroupOf(spec, Id) : null)?.Add(child.Pid);
            NewProcess.SendPidfd(request.PidfdSocket, "setns"u8, child.Process);
            NewProcess.SetOomScore(child.Pid, request.Process.OomScoreAdj);
            if (NamespacePlan.Has(spec, Libc.CLONE_NEWUSER))
            {
                StreamOwner.Give(request.Streams, child.Pid, request.Process.User.Uid);
            }

            NewProcess.WritePidFile(request.PidFile, child.Pid);
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
}
