using Peapod.Container.Cgroups;
using Peapod.Container.Resctrl;
using Peapod.Container.State;
using Peapod.Container.Systemd;
using Peapod.Kernel;
using Peapod.Kernel.Files;
using Peapod.Oci;

namespace Peapod.Container.Lifecycle;

/// <content>Its limits, changed while it lives.</content>
public sealed partial class Container
{
    private static readonly LinuxDeviceCgroup[] AllDevices = [new() { Allow = true, Access = "rwm" }];

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
}
