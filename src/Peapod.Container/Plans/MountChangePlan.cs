using Peapod.Kernel.Interop;
using Peapod.Oci;

namespace Peapod.Container.Plans;

/// <summary>One mount more, or one less, in a container that is there already: done by a process that joins it for that.</summary>
internal static class MountChangePlan
{
    /// <exception cref="SpecException">The mount cannot be.</exception>
    internal static Plan Add(PlanRequest request, int index, int pid)
    {
        var spec = request.Spec;
        var plan = new PlanBuilder();
        NamespacePlan.AddJoin(plan, spec);
        RootPlan.AddJoin(plan, spec);
        if (NamespacePlan.Has(spec, Libc.CLONE_NEWPID))
        {
            // The process is not in that PID namespace itself, and a proc file system is to show it.
            var slot = plan.Slot("pid namespace");
            plan.Host(new OpenNamespaceStep("", "open the container's PID namespace", slot, $"/proc/{pid}/ns/pid", Libc.CLONE_NEWPID));
            plan.JoinedPid = new(slot, "", "");
        }

        var late = new List<InitOperation>();
        MountPlan.Add(plan, request, index, late);
        late.ForEach(plan.Init);
        return Finish(plan);
    }

    internal static Plan Remove(Spec spec, string destination, string field)
    {
        var plan = new PlanBuilder();
        NamespacePlan.AddJoin(plan, spec);
        RootPlan.AddJoin(plan, spec);
        var slot = plan.Slot("proc");
        plan.Host(new OpenProcStep(field, "make a proc file system for itself", slot));
        plan.Init(new(PlanCode.Unmount, field, $"unmount \"{destination}\"") { Slot = slot, Path = destination });
        return Finish(plan);
    }

    private static Plan Finish(PlanBuilder plan)
    {
        plan.Init(new(PlanCode.Sync, "", "report") { A = (ulong)InitStage.Ready });
        return plan.Build();
    }
}
