using Peapod.Container.Spawning;
using Peapod.Kernel.Interop;
using Peapod.Oci;

namespace Peapod.Container.Plans;

/// <summary>linux.namespaces: what clone3 makes, what init joins, and in which order.</summary>
internal static class NamespacePlan
{
    /// <summary>The CLONE_NEW* flag of a type of namespace; 0 for none that the runtime-spec knows.</summary>
    internal static ulong FlagOf(string? type) => type switch
    {
        "pid" => Libc.CLONE_NEWPID,
        "network" => Libc.CLONE_NEWNET,
        "mount" => Libc.CLONE_NEWNS,
        "ipc" => Libc.CLONE_NEWIPC,
        "uts" => Libc.CLONE_NEWUTS,
        "user" => Libc.CLONE_NEWUSER,
        "cgroup" => Libc.CLONE_NEWCGROUP,
        "time" => Libc.CLONE_NEWTIME,
        _ => 0,
    };

    internal static bool Has(Spec spec, ulong flag, bool newOnly = false)
    {
        var namespaces = spec.Linux?.Namespaces;
        for (var i = 0; i < (namespaces?.Count ?? 0); i++)
        {
            if (FlagOf(namespaces![i].Type) == flag)
            {
                return !newOnly || string.IsNullOrEmpty(namespaces[i].Path);
            }
        }

        return false;
    }

    internal static void AddInit(PlanBuilder plan, Spec spec)
    {
        plan.Init(new(PlanCode.Setsid, "", "begin a session"));
        AddNamespaces(plan, spec);
        if ((plan.CloneFlags & Libc.CLONE_NEWUSER) != 0)
        {
            plan.Init(new(PlanCode.MapUsers, "linux.uidMappings", "become root of the user namespace") { A = (ulong)InitStage.MapUsers, B = 1 });
        }

        if (Has(spec, Libc.CLONE_NEWCGROUP, newOnly: true))
        {
            plan.Init(new(PlanCode.Unshare, FieldOf(spec, Libc.CLONE_NEWCGROUP), "make a cgroup namespace") { A = Libc.CLONE_NEWCGROUP });
        }

        if ((plan.CloneFlags & Libc.CLONE_NEWNET) != 0)
        {
            plan.Init(new(PlanCode.Loopback, FieldOf(spec, Libc.CLONE_NEWNET), "set lo up"));
        }
    }

    private static void AddNamespaces(PlanBuilder plan, Spec spec)
    {
        // The user namespace first: joining it gives the rights over the others. The mount namespace last: paths end there.
        ReadOnlySpan<ulong> order =
        [
            Libc.CLONE_NEWUSER, Libc.CLONE_NEWPID, Libc.CLONE_NEWIPC, Libc.CLONE_NEWUTS, Libc.CLONE_NEWNET, Libc.CLONE_NEWTIME,
            Libc.CLONE_NEWCGROUP, Libc.CLONE_NEWNS,
        ];
        var namespaces = spec.Linux?.Namespaces;
        foreach (var flag in order)
        {
            for (var i = 0; i < (namespaces?.Count ?? 0); i++)
            {
                if (FlagOf(namespaces![i].Type) != flag)
                {
                    continue;
                }

                if (!string.IsNullOrEmpty(namespaces[i].Path))
                {
                    Join(plan, $"linux.namespaces[{i}].path", namespaces[i].Type!, namespaces[i].Path!, flag);
                }
                else if (flag != Libc.CLONE_NEWCGROUP)
                {
                    plan.CloneFlags |= flag;
                }
            }
        }
    }

    private static void Join(PlanBuilder plan, string field, string type, string path, ulong flag)
    {
        var text = $"join the {type} namespace \"{path}\"";
        var slot = plan.Slot($"{type} namespace");
        plan.Host(new OpenNamespaceStep(field, text, slot, path, flag));
        if (flag == Libc.CLONE_NEWPID)
        {
            plan.PidNamespace = slot;
        }
        else
        {
            plan.Init(new(PlanCode.Setns, field, text) { Slot = slot, A = flag });
        }
    }

    /// <summary>Joins all the namespaces that a running container has by its configuration, through a pidfd of its process.</summary>
    internal static void AddJoin(PlanBuilder plan, Spec spec)
    {
        var process = plan.Input(PlanInput.JoinedProcess, "the container's process");
        var flags = 0UL;
        var namespaces = spec.Linux?.Namespaces;
        for (var i = 0; i < (namespaces?.Count ?? 0); i++)
        {
            flags |= FlagOf(namespaces![i].Type);
        }

        if ((flags & Libc.CLONE_NEWPID) != 0)
        {
            plan.PidNamespace = process;
        }

        if ((flags & ~Libc.CLONE_NEWPID) != 0)
        {
            plan.Init(new(PlanCode.Setns, "", "join the container's namespaces") { Slot = process, A = flags & ~Libc.CLONE_NEWPID });
        }

        if ((flags & Libc.CLONE_NEWUSER) != 0)
        {
            plan.Init(new(PlanCode.User, "", "become root of the user namespace") { Data = null });
        }
    }

    internal static string FieldOf(Spec spec, ulong flag)
    {
        var namespaces = spec.Linux?.Namespaces;
        for (var i = 0; i < (namespaces?.Count ?? 0); i++)
        {
            if (FlagOf(namespaces![i].Type) == flag)
            {
                return $"linux.namespaces[{i}]";
            }
        }

        return "linux.namespaces";
    }
}
