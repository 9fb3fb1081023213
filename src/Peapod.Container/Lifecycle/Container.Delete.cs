using Peapod.Container.Cgroups;
using Peapod.Container.Hooks;
using Peapod.Container.Plans;
using Peapod.Container.Spawning;
using Peapod.Container.State;
using Peapod.Container.Systemd;
using Peapod.Kernel.Processes;
using Peapod.Oci;

namespace Peapod.Container.Lifecycle;

/// <content>Its end: by a command, or by gc, which finds what a killed command left.</content>
public sealed partial class Container
{
    /// <summary>Removes what is left of the container; with <paramref name="force"/> also one that still runs.</summary>
    public void Delete(bool force)
    {
        if (force)
        {
            // Before the lock: whatever another command waits for, the container's processes do not outlive this one.
            Kill();
        }

        using var held = store.Lock(Id);
        Record = store.Read(Id);
        var status = Status;
        if (!force && status is ContainerStatus.Running or ContainerStatus.Paused)
        {
            throw new ContainerException($"container \"{Id}\" cannot be deleted: it is {Name(status)}, not stopped\n  stop it first, or use --force");
        }

        Destroy(force);
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

    /// <summary>Ends it and removes its folder; then, as runc has it, come the poststop hooks.</summary>
    /// <param name="force">Also when its configuration cannot be read any more, without what only that says.</param>
    private void Destroy(bool force = false)
    {
        var spec = !Record.HasHooks && !Record.HasIntelRdt ? null : force ? TryReadSpec(store, Id) : ReadSpec();
        End();
        GroupOf(spec, Id)?.Remove();
        store.Remove(Id);
        if (spec?.Hooks is not null)
        {
            RunPoststop(store, Id, Record.Bundle, spec);
        }
    }

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
        Kill(cgroup, process);
        if (process?.WaitForExit(KillTimeoutMilliseconds) == false)
        {
            throw DoesNotEnd(Id, $"process {Record.Pid}");
        }

        if (Record.RootMount != 0)
        {
            SharedRoot.Remove(Record.Rootfs, Record.RootMount, Record.RootNamespace);
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

    private void Kill()
    {
        if (Record is { Unit: not null, Pid: 0 })
        {
            // systemd has not said yet which cgroup it is.
            return;
        }

        using var process = OpenProcess();
        using var cgroup = Cgroup.TryOpen(Record.Cgroup);
        Kill(cgroup, process);
    }

    private static void Kill(Cgroup? cgroup, PidFd? process)
    {
        cgroup?.Kill();
        process?.Signal(Signals.SIGKILL);
    }

    private static ContainerException DoesNotEnd(string id, string process) =>
        new($"container \"{id}\" cannot be deleted: {process} does not end, though it was killed\n  it may wait for a device or a file system that does not answer");

    private static void RunPoststop(ContainerStore store, string id, string bundle, Spec spec) =>
        RuntimeHooks.RunAll(spec.Hooks!.Poststop, "poststop", HookPlan.StateOf(id, bundle, spec, "stopped", 0), store.Warn);
}
