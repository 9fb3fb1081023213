using Peapod.Container.Mounts;
using Peapod.Kernel.Interop;
using Peapod.Oci;

namespace Peapod.Container.Plans;

/// <summary>
/// mounts[].uidMappings, gidMappings, and the options idmap and ridmap: the user namespace whose maps a bind mount gets.
/// config.md, "Mounts"; mount_setattr(2), MOUNT_ATTR_IDMAP.
/// </summary>
internal static class IdMapPlan
{
    /// <returns>The slot of the user namespace; null for a mount whose ids are not mapped.</returns>
    internal static PlanSlot? Add(PlanBuilder plan, Spec spec, Mount mount, string field, MountOptions options)
    {
        if (mount.UidMappings.Count > 0)
        {
            return Make(plan, field, mount.UidMappings, mount.GidMappings);
        }

        if (!options.MapsIds)
        {
            return null;
        }

        var (index, path) = Find(spec);
        if (index < 0)
        {
            throw new SpecException($"{field}.options", $"\"{(options.IdMapRecursive ? "ridmap" : "idmap")}\" needs uidMappings and gidMappings, or a user namespace in linux.namespaces whose mappings it takes");
        }

        if (spec.Linux!.UidMappings.Count > 0 && spec.Linux.GidMappings.Count > 0)
        {
            return Make(plan, field, spec.Linux.UidMappings, spec.Linux.GidMappings);
        }

        var slot = plan.Slot($"the user namespace of {field}");
        plan.Host(new OpenNamespaceStep($"linux.namespaces[{index}].path", $"take the mappings of \"{path}\"", slot, path!, Libc.CLONE_NEWUSER));
        return slot;
    }

    /// <summary>Mounts with the same mappings share a namespace.</summary>
    private static PlanSlot Make(PlanBuilder plan, string field, IReadOnlyList<LinuxIdMapping> uids, IReadOnlyList<LinuxIdMapping> gids)
    {
        foreach (var step in plan.HostSteps)
        {
            if (step is MakeUserNamespaceStep made && Same(made.UidMappings, uids) && Same(made.GidMappings, gids))
            {
                return made.Slot;
            }
        }

        var slot = plan.Slot($"the user namespace of {field}");
        plan.Host(new MakeUserNamespaceStep(field, "make a user namespace with the mount's mappings", slot, uids, gids));
        return slot;
    }

    private static bool Same(IReadOnlyList<LinuxIdMapping> a, IReadOnlyList<LinuxIdMapping> b)
    {
        var same = a.Count == b.Count;
        for (var i = 0; same && i < a.Count; i++)
        {
            same = a[i] == b[i];
        }

        return same;
    }

    private static (int Index, string? Path) Find(Spec spec)
    {
        var namespaces = spec.Linux?.Namespaces;
        for (var i = 0; i < (namespaces?.Count ?? 0); i++)
        {
            if (namespaces![i].Type == "user")
            {
                return (i, namespaces[i].Path);
            }
        }

        return (-1, null);
    }
}
