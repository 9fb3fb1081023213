using Peapod.Container.Cgroups;
using Peapod.Container.Plans;
using Peapod.Container.Spawning;
using Peapod.Kernel;
using Peapod.Kernel.Files;
using Peapod.Kernel.Interop;
using Peapod.Kernel.Processes;

namespace Peapod.Container.Systemd;

/// <summary>
/// A container's scope in the making. A scope begins with a process and ends with its last one, but the container's is made right in its
/// cgroup, when that is there already. So a placeholder is there first: peapod-init, told to wait for a word that never comes. It ends with
/// this process, whatever happens to it, and the scope ends with it.
/// </summary>
internal sealed class Scope : IDisposable
{
    private const int ForgetTimeoutMilliseconds = 5000;

    private static readonly Plan Waiting = new(0, [], [new(PlanCode.Sync, "", "report") { A = (ulong)InitStage.Ready }], 0);

    private readonly string unit;
    private Spawner.Child? placeholder;
    private string[] later = ["pids.max"];

    private Scope(string unit, Spawner.Child placeholder)
    {
        this.unit = unit;
        this.placeholder = placeholder;
        Cgroup = null!;
    }

    /// <summary>The scope's cgroup; closed by the caller.</summary>
    internal Cgroup Cgroup { get; private set; }

    /// <exception cref="ContainerException">systemd cannot be reached, or refuses.</exception>
    internal static Scope Start(CgroupHierarchy hierarchy, ScopeName name, IReadOnlyList<UnitProperty> properties)
    {
        using var systemd = SystemdManager.Connect();
        var scope = new Scope(name.Unit, Spawner.Spawn(Waiting, [], null, default));
        var isStarted = false;
        try
        {
            systemd.StartScope(name.Unit, properties, scope.placeholder!.Pid);
            isStarted = true;

            // Where systemd has put it, as seen from here.
            scope.Cgroup = Cgroup.Open(CgroupPath.OfProcess(hierarchy, scope.placeholder.Pid));
            return scope;
        }
        catch (Exception e)
        {
            scope.Dispose();
            if (isStarted)
            {
                systemd.Stop(name.Unit);
            }

            RemoveUnused(hierarchy.MountPoint + name.Path);

            throw e is KernelException ? new ContainerException($"systemd went away while it was to start the unit \"{name.Unit}\": {e.Message}", 1, e) : e;
        }
    }

    /// <summary>Writes what systemd has no property for, or rounds. The number of processes is not limited yet: the placeholder counts.</summary>
    /// <param name="hierarchy">Where the cgroup is.</param>
    /// <param name="settings">The limits.</param>
    /// <param name="memoryLater">Memory is not limited yet either.</param>
    internal void Apply(CgroupHierarchy hierarchy, IReadOnlyList<CgroupSetting> settings, bool memoryLater)
    {
        Cgroup.Obtain(hierarchy, settings);
        if (memoryLater)
        {
            later = [.. later, "memory.max", "memory.high", "memory.swap.max"];
        }

        Cgroup.Apply(settings, setting => later.Contains(setting.File) ? setting with { Value = "max" } : setting);
    }

    /// <summary>The container's process is set up: what was not limited yet is.</summary>
    internal void Limit(IReadOnlyList<CgroupSetting> settings) => Cgroup.Apply(settings, setting => later.Contains(setting.File) ? setting : null);

    /// <summary>The container's process is there: the placeholder ends.</summary>
    public void Dispose()
    {
        if (placeholder is null)
        {
            return;
        }

        placeholder.Process.Signal(Signals.SIGKILL);
        placeholder.Process.Wait();
        placeholder.Process.Dispose();
        placeholder.Socket.Dispose();
        placeholder = null;
    }

    /// <summary>Ends a unit of a container, and what is left of its cgroup.</summary>
    internal static void Stop(string unit)
    {
        try
        {
            using var systemd = SystemdManager.Connect();
            systemd.Stop(unit);
        }
        catch (KernelException)
        {
            // It executes itself anew (systemctl daemon-reexec): the connection breaks, the next one is to the new one.
            using var again = SystemdManager.Connect();
            again.Stop(unit);
        }
    }

    /// <summary>
    /// What is left of a scope whose creator was killed before there was a process in the container. A unit of that name with processes in it
    /// is somebody else's, and stays.
    /// </summary>
    internal static void Forget(string unit, string cgroup)
    {
        // systemd may still have the creator's request before it: a unit with a job is there and inactive, one without is not there.
        using var systemd = SystemdManager.Connect();
        var deadline = Environment.TickCount64 + ForgetTimeoutMilliseconds;
        while (systemd.ActiveState(unit) is not (null or "failed") and var state && Environment.TickCount64 < deadline)
        {
            if (state == "active" && !IsPopulated(cgroup))
            {
                // Its placeholder was dying when systemd moved it there: systemd waits for the end of a process that never was in it.
                systemd.Stop(unit);
            }

            Thread.Sleep(20);
        }

        // What was killed in it may still be on its way out.
        while (!RemoveUnused(cgroup) && systemd.ActiveState(unit) is null && Environment.TickCount64 < deadline)
        {
            Thread.Sleep(20);
        }
    }

    private static bool IsPopulated(string cgroup) => FileSystem.TryReadText($"{cgroup}/cgroup.events")?.Contains("populated 1", StringComparison.Ordinal) == true;

    /// <summary>systemd leaves the cgroup of a scope that it could not start, whose processes had ended. One with processes is not removed by this.</summary>
    private static bool RemoveUnused(string cgroup) =>
        Libc.unlinkat(Libc.AT_FDCWD, cgroup, Libc.AT_REMOVEDIR) == 0 || KernelException.Last("rmdir", cgroup).Error == Errno.ENOENT;

    /// <summary>The undo of <see cref="Start"/>.</summary>
    internal void Stop()
    {
        Dispose();
        Stop(unit);
        Cgroup.Remove();
    }
}
