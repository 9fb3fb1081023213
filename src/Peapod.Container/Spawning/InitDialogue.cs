using Peapod.Container.Plans;
using Peapod.Container.Seccomp;
using Peapod.Kernel;
using Peapod.Kernel.Interop;
using Peapod.Kernel.Processes;
using Peapod.Kernel.Sockets;
using Peapod.Oci;

namespace Peapod.Container.Spawning;

/// <summary>The parent's side of the talk with init: answers its stages, until it has executed or failed.</summary>
internal static class InitDialogue
{
    private const int EndMilliseconds = 1000;

    /// <param name="child">The child.</param>
    /// <param name="plan">What it does; a failure is told by its operations.</param>
    /// <param name="steps">The plan's host steps, some of whose slots are filled when the child comes to them.</param>
    /// <param name="spec">For the maps of a user namespace.</param>
    /// <param name="process">For the limits of a process in a user namespace.</param>
    /// <param name="actions">What the caller does at stages of its own.</param>
    /// <exception cref="ContainerException">The child failed; the caller reaps it.</exception>
    internal static void Run(Spawner.Child child, Plan plan, HostSteps steps, Spec spec, Oci.Process? process, StageActions actions)
    {
        child.Interruption?.Watch(child.Process);
        try
        {
            Talk(child, plan, steps, spec, process, actions);
        }
        finally
        {
            child.Interruption?.Watch(null);
        }
    }

    private static void Talk(Spawner.Child child, Plan plan, HostSteps steps, Spec spec, Oci.Process? process, StageActions actions)
    {
        Span<byte> message = stackalloc byte[InitReport.Size];
        bool isReady = false, isBorn = false, isHeld = false, isSettled = false;
        SafeFd? listener = null;
        using var release = new Undo();
        release.Add(() => listener?.Dispose());
        var next = 0;
        while (true)
        {
            if (isBorn && !Newborn.Await(child.Pid, milliseconds => UnixSocket.WaitForInput(child.Socket, milliseconds), actions.IsFrozen))
            {
                return;
            }

            // What ends with our leave unread has not executed: the kernel tells this from the end of a socket that was read to its end.
            var count = Receive(child.Socket, message);
            if (count == 0 && isReady)
            {
                return;
            }

            if (count <= 0)
            {
                // A newborn that was taken over may have closed its socket and live on.
                if (!child.Process.WaitForExit(isBorn ? EndMilliseconds : -1))
                {
                    throw new ContainerException("the new process closed its socket to the runtime, and neither executed nor ended\n  a process in the container's PID namespace may have changed it");
                }

                var status = child.Process.WaitWithoutReaping();
                if (HasAfter(plan, 0, PlanCode.Seccomp) && status.Signal is 0 or Signals.SIGSYS or Signals.SIGILL or Signals.SIGTRAP)
                {
                    throw new ContainerException("config.json: linux.seccomp: the filter stops the container's init before it can execute\n  it must allow at least read, write, close, execve and exit_group");
                }

                throw new ContainerException(status.Signal != 0
                    ? $"the container's init was killed by signal {status.Signal} before it was ready\n  the memory limit may be too small, or something on the host killed it"
                    : $"the container's init ended with {status.Code} before it was ready");
            }

            var report = InitReport.Parse(message[..count]);
            next = Position(plan, report, next, steps.IsLate);
            var operation = plan.Init[next - 1];
            switch (report.Stage)
            {
                case null:
                    throw Failures.OfOperation(operation, report.Error, report.Detail);
                case InitStage.Source:
                    steps.GiveLate(child, operation);
                    continue;
                case InitStage.MapUsers:
                    IdMaps.Write(child.Pid, "linux", spec.Linux?.UidMappings ?? [], spec.Linux?.GidMappings ?? []);
                    break;
                case InitStage.NetDevices:
                    actions.Devices!();
                    break;
                case InitStage.TimeOffsets:
                    TimeOffsets.Set(child.Pid, spec.Linux!.TimeOffsets);
                    break;
                case InitStage.Spawned:
                    child.Process.Wait();
                    child.ReplaceBy(report.Number);
                    break;
                case InitStage.Listener:
                    listener = SeccompAgent.Take(child, report.Number);
                    if (!HasAfter(plan, next, PlanCode.Birth))
                    {
                        actions.Listener(listener);
                        listener.Dispose();
                        listener = null;
                    }

                    break;
                case InitStage.BeforeFilter:
                    actions.Settle(child.Pid);
                    isSettled = true;
                    if (operation.Source is { } refused)
                    {
                        FilterHold.Begin(child, refused);
                        isHeld = true;
                    }

                    break;
                case InitStage.Born:
                    child.Process.Wait();
                    child.ReplaceBy(report.Number);
                    if (process?.Scheduler is { } scheduler)
                    {
                        SetScheduler(child.Pid, scheduler);
                    }

                    isBorn = true;
                    goto case InitStage.Ready;
                case InitStage.Hooks:
                    actions.Hooks!();
                    break;
                case InitStage.Limits:
                    SetLimits(child.Pid, process!.Rlimits);
                    break;
                case InitStage.Scheduler:
                    SetScheduler(child.Pid, process!.Scheduler!);
                    break;
                case InitStage.Ready:
                    if (isHeld && !isBorn)
                    {
                        FilterHold.End(child);
                    }

                    if (!isSettled)
                    {
                        actions.Settle(child.Pid);
                    }

                    if (listener is not null)
                    {
                        actions.Listener(listener);
                    }

                    actions.Ready();
                    isReady = true;
                    break;
                default:
                    throw Unexpected("the stage", (int)report.Stage);
            }

            GiveLeave(child.Socket);
        }
    }

    /// <returns>The message's size; 0 at the end; -1 for an end before our last leave was read.</returns>
    private static int Receive(SafeFd socket, Span<byte> message)
    {
        try
        {
            return UnixSocket.Receive(socket, message);
        }
        catch (KernelException e) when (e.Error == Errno.ECONNRESET)
        {
            return -1;
        }
    }

    /// <summary>To one that has ended meanwhile there is nothing to say; the next message tells it.</summary>
    private static void GiveLeave(SafeFd socket)
    {
        try
        {
            UnixSocket.Send(socket, [1]);
        }
        catch (KernelException e) when (e.Error is Errno.EPIPE or Errno.ECONNRESET)
        {
        }
    }

    /// <summary>
    /// Where in the plan a report was made. Each stage comes once and in the plan's order: a process that somebody in its PID namespace
    /// has taken over shall not have us treat another as the container's, nor anything done twice.
    /// </summary>
    /// <param name="plan">The plan.</param>
    /// <param name="report">What it reports.</param>
    /// <param name="next">The first operation that it can be about.</param>
    /// <param name="isLate">Whether it has to ask for what is in a slot.</param>
    /// <returns>The operation after the one that it is about.</returns>
    internal static int Position(Plan plan, InitReport report, int next, Func<PlanSlot?, bool>? isLate = null)
    {
        if (report.Stage is null)
        {
            // The operation that has reported its stage may fail after that.
            return report.Operation >= Math.Max(next - 1, 0) && report.Operation < plan.Init.Count ? report.Operation + 1 : throw Unexpected("a failure", report.Operation);
        }

        for (var i = next; i < plan.Init.Count; i++)
        {
            if (StageOf(plan.Init[i], isLate) is { } stage)
            {
                if (stage == report.Stage)
                {
                    return i + 1;
                }

                // Whether a file system has to be asked for shows when it is made.
                if (plan.Init[i].Code != PlanCode.NewMount)
                {
                    throw Unexpected("the stage", (int)report.Stage);
                }
            }
        }

        throw Unexpected("the stage", (int)report.Stage);
    }

    private static InitStage? StageOf(InitOperation operation, Func<PlanSlot?, bool>? isLate) => operation.Code switch
    {
        PlanCode.Sync or PlanCode.MapUsers => (InitStage)operation.A,
        PlanCode.Spawn or PlanCode.Birth => (InitStage)operation.B,
        PlanCode.WaitStart when operation.B != 0 => (InitStage)operation.B,
        PlanCode.NewMount when (operation.C & MountPlan.MayBeForeign) != 0 => InitStage.Source,
        PlanCode.Attach when isLate?.Invoke(operation.Slot) == true => InitStage.Source,
        PlanCode.Seccomp when (operation.A & SeccompFlags.NewListener) != 0 => InitStage.Listener,
        _ => null,
    };

    private static ContainerException Unexpected(string what, int number) =>
        new($"the container's init reported {what} {number}, which is not what its plan says next\n  a process in its PID namespace may have changed it");

    private static unsafe void SetScheduler(int pid, Scheduler scheduler)
    {
        var operation = SchedulingPlan.Schedule(scheduler);
        fixed (byte* attributes = operation.Bytes.Span)
        {
            if (Libc.sched_setattr(pid, attributes, 0) != 0)
            {
                throw Failures.OfOperation(operation, KernelException.Last("sched_setattr").Error, "sched_setattr");
            }
        }
    }

    private static bool HasAfter(Plan plan, int first, PlanCode code)
    {
        for (var i = first; i < plan.Init.Count; i++)
        {
            if (plan.Init[i].Code == code)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>From outside, for only the host's CAP_SYS_RESOURCE raises a hard limit.</summary>
    private static unsafe void SetLimits(int pid, IReadOnlyList<PosixRlimit> limits)
    {
        for (var i = 0; i < limits.Count; i++)
        {
            var limit = new RLimit { Current = limits[i].Soft, Maximum = limits[i].Hard };
            if (Libc.prlimit64(pid, Rlimits.Number(limits[i].Type), &limit, null) != 0)
            {
                throw Failures.OfOperation(ProcessPlan.Limit(limits[i], i), KernelException.Last("prlimit64").Error, "prlimit64");
            }
        }
    }
}
