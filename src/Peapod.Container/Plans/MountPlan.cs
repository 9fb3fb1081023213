using Peapod.Container.Mounts;
using Peapod.Kernel.Interop;
using Peapod.Oci;

namespace Peapod.Container.Plans;

/// <summary>One entry of mounts: a bind mount made by the parent, or a new file system made by init in its namespaces.</summary>
internal static class MountPlan
{
    // ATTACH_* and NEW_MOUNT_* of native/include/plan.h.
    private const ulong MayLieInProcfs = 1, KeepTargetLink = 2, CopyLink = 4;
    private const ulong ModeOfTarget = 1UL << 32, CopyOfTarget = 1UL << 33, MayLieInProc = 1UL << 34;
    internal const ulong MayBeForeign = 1UL << 35;

    /// <param name="late">What is done when everything has its place: read-only attributes of what things are made in.</param>
    internal static void Add(PlanBuilder plan, PlanRequest request, int index, List<InitOperation> late)
    {
        var mount = request.Spec.Mounts![index];
        var field = $"mounts[{index}]";

        // Where the container's earlier mounts lie, for a source that may lie in one of them.
        var earlier = index > 0 && !request.BringsRoot ? RootPlan.Resolve(request.Bundle, request.Spec.Root!.Path!) : null;
        var options = MountOptions.Parse(mount.Options);
        if (options.IsBind || mount.Type == "bind")
        {
            AddBind(plan, request, mount, field, options, earlier);
        }
        else if (mount.UidMappings.Count > 0 || options.MapsIds)
        {
            var where = mount.UidMappings.Count > 0 ? "uidMappings" : "options";
            throw new SpecException($"{field}.{where}", $"the ids of a bind mount can be mapped, not those of {mount.Type}");
        }
        else if (mount.Type is "cgroup" or "cgroup2" && !NamespacePlan.Has(request.Spec, Libc.CLONE_NEWCGROUP))
        {
            // A view of the hierarchy from the runtime's own cgroup namespace: what the host has mounted.
            AddClone(plan, request.Spec, request.CgroupMount, mount.Destination, field, options, recursive: false);
        }
        else
        {
            AddNew(plan, request.Spec, mount, field, options, late);
        }
    }

    private static void AddBind(PlanBuilder plan, PlanRequest request, Mount mount, string field, MountOptions options, string? earlier)
    {
        if (string.IsNullOrEmpty(mount.Source))
        {
            throw new SpecException($"{field}.source", "a bind mount needs a source");
        }

        // The kernel's words for all file systems are the other mount's to follow.
        if ((options.CopiesUp ? "tmpcopyup" : options.Parameters.Find(static word => !MountOptions.IsKernels(word))) is { } unknown)
        {
            throw new SpecException($"{field}.options", $"unknown option \"{unknown}\" for a bind mount");
        }

        var ids = IdMapPlan.Add(plan, request.Spec, mount, field, options);
        AddClone(plan, request.Spec, RootPlan.Resolve(request.Bundle, mount.Source), mount.Destination, field, options, options.IsRecursiveBind, ids, earlier);
    }

    private static void AddClone(PlanBuilder plan, Spec spec, string source, string target, string field, MountOptions options, bool recursive, PlanSlot? ids = null, string? earlier = null)
    {
        var place = PlaceOf(target);
        RefuseInsideProc(place, target, field);
        var text = $"mount \"{source}\" at \"{target}\"";
        var slot = plan.Slot(field);

        // Without a word on propagation the mount follows the host's and tells it nothing.
        var propagation = options.Propagation != 0 ? options.Propagation : Libc.MS_SLAVE;
        plan.Host(new CloneMountStep(
            field,
            text,
            slot,
            source,
            recursive,
            options.Set,
            options.Clear,
            options.RecursiveSet,
            options.RecursiveClear,
            propagation,
            options.Propagation == 0 ? recursive : options.PropagationRecursive)
        {
            ProcOnly = place == Place.Proc,
            EarlierMountsIn = earlier,
            ClearNamed = options.ClearNamed,
            SetsAccessTime = options.SetsAccessTime,
            KeepsFlags = NamespacePlan.Has(spec, Libc.CLONE_NEWUSER),
            KeepsLink = options.KeepsSourceLink || options.CopiesLink,
            CopiesLink = options.CopiesLink,
            IdMap = ids,
            IdMapRecursive = options.IdMapRecursive,
        });
        plan.Init(new(PlanCode.Attach, field, text)
        {
            Slot = slot,
            Path = target,
            A = (place == Place.Outside ? 0 : MayLieInProcfs) | (options.KeepsTargetLink ? KeepTargetLink : 0) | (options.CopiesLink ? CopyLink : 0),
            B = ThroughNoSymlink(target) ? Libc.RESOLVE_NO_SYMLINKS : 0,
        });
    }

    private static void AddNew(PlanBuilder plan, Spec spec, Mount mount, string field, MountOptions options, List<InitOperation> late)
    {
        var type = mount.Type switch
        {
            null or "" => throw new SpecException($"{field}.type", "is missing"),
            "cgroup" => "cgroup2",
            var other => other,
        };
        if (options.CopiesUp && type != "tmpfs")
        {
            throw new SpecException($"{field}.options", $"\"tmpcopyup\" is for a tmpfs, not for {type}");
        }

        var place = PlaceOf(mount.Destination);
        if (type != "proc")
        {
            RefuseInsideProc(place == Place.Proc ? Place.InsideProc : place, mount.Destination, field);
        }

        // What holds for all that is mounted below holds for a new mount, below which is nothing.
        var attributes = (options.Set & ~options.RecursiveClear) | options.RecursiveSet;
        if (type == "tmpfs" && (attributes & Libc.MOUNT_ATTR_RDONLY) != 0)
        {
            attributes &= ~Libc.MOUNT_ATTR_RDONLY;
            late.Add(new(PlanCode.MountAttributes, field, $"make \"{mount.Destination}\" read-only") { Path = mount.Destination, A = Libc.MOUNT_ATTR_RDONLY });
        }

        var parameters = new List<string>(options.Parameters.Count + 1);
        if (!string.IsNullOrEmpty(mount.Source))
        {
            parameters.Add($"source={mount.Source}");
        }

        if (type != "cgroup2")
        {
            parameters.AddRange(options.Parameters);
        }

        // As runc has it: SELinux labels proc, sysfs and cgroup2 itself, and a message queue file system by its root.
        if (RootPlan.MountContext(spec) is { } context && type is not ("proc" or "sysfs" or "cgroup2" or "mqueue"))
        {
            parameters.Add(context);
        }

        plan.Init(new(PlanCode.NewMount, field, $"mount {type} at \"{mount.Destination}\"")
        {
            Slot = type == "proc" ? plan.JoinedPid?.Slot : null,
            Source = type,
            Path = mount.Destination,
            List = parameters,
            Data = type == "mqueue" ? RootPlan.MountLabel(spec) : null,
            A = attributes,

            B = type is "proc" or "sysfs" || ThroughNoSymlink(mount.Destination) ? Libc.RESOLVE_NO_SYMLINKS : 0,
            C = options.Propagation
                | (type == "tmpfs" && !SetsMode(options) ? ModeOfTarget : 0)
                | (options.CopiesUp ? CopyOfTarget : 0)
                | (place != Place.Outside ? MayLieInProc : 0)
                | (NamespacePlan.MayBeForeign(spec, type) ? MayBeForeign : 0),
        });
    }

    /// <summary>An image's /proc or /sys that is a symlink would put the kernel's files where no mask covers them.</summary>
    private static bool ThroughNoSymlink(string target) => Path.GetFullPath(target, "/").TrimEnd('/') is "/proc" or "/sys";

    private static bool SetsMode(MountOptions options)
    {
        foreach (var parameter in options.Parameters)
        {
            if (parameter.StartsWith("mode=", StringComparison.Ordinal))
            {
                return true;
            }
        }

        return false;
    }

    private enum Place
    {
        Outside,
        Proc,
        InsideProc,
        CoverableInProc,
    }

    private static Place PlaceOf(string target)
    {
        var path = Path.GetFullPath(target, "/").TrimEnd('/');
        return path == "/proc" ? Place.Proc
            : !path.StartsWith("/proc/", StringComparison.Ordinal) ? Place.Outside
            : MayBeCovered(path) ? Place.CoverableInProc
            : Place.InsideProc;
    }

    /// <summary>A mount over part of /proc could feed the container's programs, and us, a false procfs (CVE-2019-16884).</summary>
    private static void RefuseInsideProc(Place place, string target, string field)
    {
        if (place == Place.InsideProc)
        {
            throw new SpecException($"{field}.destination", $"\"{target}\" is inside /proc, which only the proc file system may fill");
        }
    }

    /// <summary>The files that lxcfs and its like replace with the container's own view; the same ones as runc's.</summary>
    private static bool MayBeCovered(string path) => path is "/proc/cpuinfo" or "/proc/diskstats" or "/proc/meminfo" or "/proc/stat"
        or "/proc/swaps" or "/proc/uptime" or "/proc/loadavg" or "/proc/slabinfo" or "/proc/net/dev" or "/proc/sys/kernel/ns_last_pid"
        or "/proc/sys/crypto/fips_enabled";
}
