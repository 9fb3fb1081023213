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
        var made = Made(spec);
        if (Has(spec, Libc.CLONE_NEWUSER))
        {
            AddUserNamespace(plan, spec, made);
        }
        else
        {
            plan.CloneFlags = made;
            plan.Init(new(PlanCode.Setsid, "", "begin a session"));
            AddJoins(plan, spec);
            if (AddTime(plan, spec))
            {
                plan.Init(new(PlanCode.EnterTime, FieldOf(spec, Libc.CLONE_NEWTIME), "enter the time namespace"));
            }
        }

        if (Has(spec, Libc.CLONE_NEWCGROUP, newOnly: true))
        {
            plan.Init(new(PlanCode.Unshare, FieldOf(spec, Libc.CLONE_NEWCGROUP), "make a cgroup namespace") { A = Libc.CLONE_NEWCGROUP });
        }

        if ((made & Libc.CLONE_NEWNET) != 0)
        {
            plan.Init(new(PlanCode.Loopback, FieldOf(spec, Libc.CLONE_NEWNET), "set lo up"));
        }

        if (spec.Linux?.NetDevices is { Count: > 0 } devices)
        {
            plan.Init(new(PlanCode.Sync, "linux.netDevices", $"have the network devices moved in: {string.Join(' ', devices.Keys)}") { A = (ulong)InitStage.NetDevices });
        }
    }

    /// <summary>
    /// A new time namespace is its maker's children's, so that the offsets of its clocks can be set before anybody is in it:
    /// by the parent, whose files of a process in a user namespace these are. time_namespaces(7).
    /// </summary>
    private static bool AddTime(PlanBuilder plan, Spec spec)
    {
        if (!Has(spec, Libc.CLONE_NEWTIME, newOnly: true))
        {
            return false;
        }

        plan.Init(new(PlanCode.Unshare, FieldOf(spec, Libc.CLONE_NEWTIME), "make a time namespace") { A = Libc.CLONE_NEWTIME });
        if (spec.Linux?.TimeOffsets is { Count: > 0 })
        {
            plan.Init(new(PlanCode.Sync, "linux.timeOffsets", "have the clocks' offsets set") { A = (ulong)InitStage.TimeOffsets });
        }

        return true;
    }

    /// <summary>CLONE_NEW* of the namespaces that are made together, which is all but the user, the cgroup and the time namespace.</summary>
    private static ulong Made(Spec spec)
    {
        var flags = 0UL;
        var namespaces = spec.Linux?.Namespaces;
        for (var i = 0; i < (namespaces?.Count ?? 0); i++)
        {
            flags |= string.IsNullOrEmpty(namespaces![i].Path) ? FlagOf(namespaces[i].Type) : 0;
        }

        return flags & ~(Libc.CLONE_NEWUSER | Libc.CLONE_NEWCGROUP | Libc.CLONE_NEWTIME);
    }

    /// <summary>
    /// The user namespace is entered by the first process, as its root; so the others, which a second process makes by being
    /// born in them, belong to it.
    /// </summary>
    private static void AddUserNamespace(PlanBuilder plan, Spec spec, ulong made)
    {
        var field = FieldOf(spec, Libc.CLONE_NEWUSER);
        if (Has(spec, Libc.CLONE_NEWUSER, newOnly: true))
        {
            plan.Init(new(PlanCode.Unshare, field, "make a user namespace") { A = Libc.CLONE_NEWUSER });
            plan.Init(new(PlanCode.MapUsers, "linux.uidMappings", "become root of the user namespace") { A = (ulong)InitStage.MapUsers, B = 1 });
        }

        AddJoins(plan, spec);
        AddTime(plan, spec);
        plan.Init(new(PlanCode.Spawn, "linux.namespaces", $"clone3 in the user namespace: {string.Join(' ', FlagNames(made))}") { A = made, B = (ulong)InitStage.Spawned });
        plan.Init(new(PlanCode.Setsid, "", "begin a session"));
    }

    private static void AddJoins(PlanBuilder plan, Spec spec)
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
                if (FlagOf(namespaces![i].Type) == flag && !string.IsNullOrEmpty(namespaces[i].Path))
                {
                    Join(plan, $"linux.namespaces[{i}].path", namespaces[i].Type, namespaces[i].Path!, flag);
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
            // Who is in it may trace whoever appears there: nobody does before he has no more rights than they.
            plan.JoinedPid = new(slot, field, text);
            return;
        }

        plan.Init(new(PlanCode.Setns, field, text) { Slot = slot, A = flag });
        if (flag == Libc.CLONE_NEWUSER)
        {
            plan.Init(new(PlanCode.User, field, "become root of the user namespace"));
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

        // The PID namespace is our child's, which is born into it when it has no more rights than the container's processes.
        if (flags != 0)
        {
            plan.Init(new(PlanCode.Setns, "", "join the container's namespaces") { Slot = process, A = flags });
        }

        if ((flags & Libc.CLONE_NEWUSER) != 0)
        {
            plan.Init(new(PlanCode.User, "", "become root of the user namespace"));
        }
    }

    /// <summary>The names of CLONE_NEW* flags, for people.</summary>
    internal static List<string> FlagNames(ulong flags)
    {
        var names = new List<string>();
        Add(Libc.CLONE_NEWPID, "CLONE_NEWPID");
        Add(Libc.CLONE_NEWNET, "CLONE_NEWNET");
        Add(Libc.CLONE_NEWIPC, "CLONE_NEWIPC");
        Add(Libc.CLONE_NEWUTS, "CLONE_NEWUTS");
        Add(Libc.CLONE_NEWNS, "CLONE_NEWNS");
        return names;

        void Add(ulong flag, string name)
        {
            if ((flags & flag) != 0)
            {
                names.Add(name);
            }
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
