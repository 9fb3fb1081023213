using Peapod.Container.Cgroups;
using Peapod.Container.Plans;
using Peapod.Container.Spawning;
using Peapod.Container.State;
using Peapod.Kernel;
using Peapod.Kernel.Interop;
using Peapod.Oci;

namespace Peapod.Container.Lifecycle;

/// <content>Mounts that come and go while the container is there.</content>
public sealed partial class Container
{
    /// <summary>Adds mounts, in their order. Should one of them fail, those before it go again.</summary>
    /// <exception cref="ContainerException">One cannot be made; the message begins with its field.</exception>
    public void AddMounts(IReadOnlyList<Mount> mounts)
    {
        var spec = SpecForMounts();
        var done = 0;
        try
        {
            for (; done < mounts.Count; done++)
            {
                var request = new PlanRequest
                {
                    Id = Id,
                    Spec = spec with { Mounts = mounts },
                    Bundle = Record.Bundle,
                    CgroupMount = CgroupHierarchy.Find().MountPoint,
                    BringsRoot = true,
                };
                Join(MountChangePlan.Add(request, done, Record.Pid));
            }
        }
        catch (Exception e) when (e is ContainerException or SpecException or KernelException)
        {
            while (--done >= 0)
            {
                Join(MountChangePlan.Remove(spec, mounts[done].Destination, $"mounts[{done}]"));
            }

            throw;
        }
    }

    /// <summary>Takes mounts away by their destinations, the last one first: what lies in another one goes before it.</summary>
    public void RemoveMounts(IReadOnlyList<Mount> mounts)
    {
        var spec = SpecForMounts();
        for (var i = mounts.Count - 1; i >= 0; i--)
        {
            Join(MountChangePlan.Remove(spec, mounts[i].Destination, $"mounts[{i}].destination"));
        }
    }

    private Spec SpecForMounts()
    {
        var status = Status;
        if (status is ContainerStatus.Creating or ContainerStatus.Stopped)
        {
            throw new ContainerException($"container \"{Id}\" is not running: it is {Name(status)}");
        }

        var spec = ReadSpec();
        return NamespacePlan.Has(spec, Libc.CLONE_NEWNS, newOnly: true) ? spec
            : throw new ContainerException($"container \"{Id}\" has no mount namespace of its own: its mounts are those of others, too");
    }

    private void Join(Plan plan)
    {
        using var process = OpenProcess() ?? throw new ContainerException($"container \"{Id}\" is not running");
        using var undo = new Undo();
        using var steps = HostSteps.Do(plan, store.FolderOf(Id), _ => process, undo);
        BriefChild.Run(plan, steps, static pid => pid);
    }
}
