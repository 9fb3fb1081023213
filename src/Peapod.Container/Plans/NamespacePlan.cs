using Peapod.Kernel.Interop;
using Peapod.Oci;

namespace Peapod.Container.Plans;

/// <summary>linux.namespaces: what clone3 makes, what init joins, and in which order.</summary>
internal static class NamespacePlan
{
    // SETNS_* of native/include/plan.h.
    private const ulong Try = 1;
    internal const ulong Rest = 2;

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

    /// <summary>The path of a namespace that is joined; null for a new one, or none.</summary>
    internal static string? PathOf(Spec spec, ulong flag)
    {
        var namespaces = spec.Linux?.Namespaces;
        for (var i = 0; i < (namespaces?.Count ?? 0); i++)
        {
            if (FlagOf(namespaces![i].Type) == flag && namespaces[i].Path is { Length: > 0 } path)
            {
                return path;
            }
        }

        return null;
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
            foreach (var join in Joins(plan, spec))
            {
                // Who is in a PID namespace may trace whoever appears there: nobody does before he has no more rights than they.
                if (join.A != Libc.CLONE_NEWPID)
                {
                    plan.Init(join);
                }
            }

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
    /// born in them, belong to it. What is joined may belong to a user namespace outside of it, which only the caller has rights
    /// over, or to one inside of it: so each is tried before, and what was refused then comes after.
    /// </summary>
    private static void AddUserNamespace(PlanBuilder plan, Spec spec, ulong made)
    {
        var joins = Joins(plan, spec);
        foreach (var join in joins)
        {
            plan.Init(join with { Text = $"{join.Text}, if the caller may", B = Try });
        }

        EnterUser(plan, spec);
        foreach (var join in joins)
        {
            // That of processes is our child's only, which comes last.
            if (join.A != Libc.CLONE_NEWPID)
            {
                plan.Init(join with { Text = $"{join.Text}, if it is not joined yet", B = Rest });
            }
        }

        var time = AddTime(plan, spec);
        if (plan.JoinedPid is null)
        {
            plan.Init(new(PlanCode.Spawn, "linux.namespaces", $"clone3 in the user namespace: {string.Join(' ', FlagNames(made))}") { A = made, B = (ulong)InitStage.Spawned });
        }
        else
        {
            // A sibling would be born into the joined PID namespace, where others may trace it.
            if (made != 0)
            {
                plan.Init(new(PlanCode.Unshare, "linux.namespaces", $"unshare in the user namespace: {string.Join(' ', FlagNames(made))}") { A = made });
            }

            if (time)
            {
                plan.Init(new(PlanCode.EnterTime, FieldOf(spec, Libc.CLONE_NEWTIME), "enter the time namespace"));
            }
        }

        plan.Init(new(PlanCode.Setsid, "", "begin a session"));
    }

    private static void EnterUser(PlanBuilder plan, Spec spec)
    {
        var keepsGroups = CrunAnnotations.IsOn(spec, CrunAnnotations.KeepOriginalGroups);
        var field = FieldOf(spec, Libc.CLONE_NEWUSER);
        var (user, group) = FirstUser(spec);
        if (Has(spec, Libc.CLONE_NEWUSER, newOnly: true))
        {
            plan.Init(new(PlanCode.Unshare, field, "make a user namespace") { A = Libc.CLONE_NEWUSER });
            plan.Init(new(PlanCode.MapUsers, "linux.uidMappings", "become root of the user namespace") { A = (ulong)InitStage.MapUsers, B = keepsGroups ? 0u : 1u, C = user | ((ulong)group << 32) });
            return;
        }

        var join = Join(plan, spec.Linux!.Namespaces!, Libc.CLONE_NEWUSER)!;
        plan.Init(join with { Source = keepsGroups ? "" : null });
        plan.Init(new(PlanCode.User, join.Field, "become root of the user namespace") { A = user, B = group, Source = keepsGroups ? "" : null });
    }

    /// <summary>Who sets the container up in its user namespace: root, or where the mappings have none the first that they have.</summary>
    private static (uint User, uint Group) FirstUser(Spec spec)
    {
        return (First(spec.Linux!.UidMappings), First(spec.Linux.GidMappings));

        static uint First(IReadOnlyList<LinuxIdMapping> mappings) =>
            mappings.Count == 0 || LinuxIdMapping.FindHost(mappings, 0) is not null ? 0 : mappings[0].ContainerID;
    }

    /// <summary>What is joined by its path, but for the user namespace; that of mounts last, for paths end there.</summary>
    private static List<InitOperation> Joins(PlanBuilder plan, Spec spec)
    {
        ReadOnlySpan<ulong> order = [Libc.CLONE_NEWPID, Libc.CLONE_NEWIPC, Libc.CLONE_NEWUTS, Libc.CLONE_NEWNET, Libc.CLONE_NEWTIME, Libc.CLONE_NEWCGROUP, Libc.CLONE_NEWNS];
        var joins = new List<InitOperation>();
        if (spec.Linux?.Namespaces is { } namespaces)
        {
            foreach (var flag in order)
            {
                if (Join(plan, namespaces, flag) is { } join)
                {
                    joins.Add(join);
                }
            }
        }

        return joins;
    }

    private static InitOperation? Join(PlanBuilder plan, IReadOnlyList<LinuxNamespace> namespaces, ulong flag)
    {
        for (var i = 0; i < namespaces.Count; i++)
        {
            if (FlagOf(namespaces[i].Type) == flag && namespaces[i].Path is { Length: > 0 } path)
            {
                var field = $"linux.namespaces[{i}].path";
                var text = $"join the {namespaces[i].Type} namespace \"{path}\"";
                var slot = plan.Slot($"{namespaces[i].Type} namespace");
                plan.Host(new OpenNamespaceStep(field, text, slot, path, flag));
                if (flag == Libc.CLONE_NEWPID)
                {
                    plan.JoinedPid = new(slot, field, text);
                }

                return new(PlanCode.Setns, field, text) { Slot = slot, A = flag };
            }
        }

        return null;
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
        var keepsGroups = CrunAnnotations.IsOn(spec, CrunAnnotations.KeepOriginalGroups) ? "" : null;
        if (flags != 0)
        {
            plan.Init(new(PlanCode.Setns, "", "join the container's namespaces") { Slot = process, A = flags, Source = keepsGroups });
        }

        if ((flags & Libc.CLONE_NEWUSER) != 0)
        {
            var (user, group) = FirstUser(spec);
            plan.Init(new(PlanCode.User, "", "become root of the user namespace") { A = user, B = group, Source = keepsGroups });
        }
    }

    /// <summary>
    /// A file system that shows a namespace is made by who has rights over that: by us, unless we are in a user namespace that does not own it.
    /// </summary>
    /// <returns>Whether that may be so.</returns>
    internal static bool MayBeForeign(Spec spec, string type) => Has(spec, Libc.CLONE_NEWUSER) && type switch
    {
        "sysfs" => !Has(spec, Libc.CLONE_NEWNET, newOnly: true),
        "mqueue" => !Has(spec, Libc.CLONE_NEWIPC, newOnly: true),
        "proc" => !Has(spec, Libc.CLONE_NEWPID, newOnly: true),
        "cgroup2" => !Has(spec, Libc.CLONE_NEWCGROUP, newOnly: true),
        _ => false,
    };

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
