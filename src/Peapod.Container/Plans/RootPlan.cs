using Peapod.Container.Notify;
using Peapod.Kernel.Interop;
using Peapod.Oci;

namespace Peapod.Container.Plans;

/// <summary>root, mounts, devices, masked and read-only paths: the file system that the process sees.</summary>
internal static class RootPlan
{
    /// <returns>What is done when everything has its place: read-only attributes of what things are made in.</returns>
    internal static IReadOnlyList<InitOperation> AddInit(PlanBuilder plan, PlanRequest request)
    {
        var spec = request.Spec;
        if (!Mounts(spec))
        {
            AddForeignRoot(plan, request);
            return [];
        }

        if (NamespacePlan.Has(spec, Libc.CLONE_NEWNS, newOnly: true))
        {
            // Nothing that is mounted here may show on the host; what the host mounts later may show here.
            plan.Init(new(PlanCode.Propagation, "linux.rootfsPropagation", "keep mounts from the host") { Path = "/", A = Libc.MS_SLAVE, B = 1, C = 1 });
        }

        LabelPlan.AddMounts(plan, spec.Linux?.MountLabel);
        AddRoot(plan, request);
        var late = new List<InitOperation>();
        for (var i = 0; i < (spec.Mounts?.Count ?? 0); i++)
        {
            MountPlan.Add(plan, request, i, late);
        }

        AddNotify(plan, request.NotifyFolder);
        DevicePlan.Add(plan, spec);
        return late;
    }

    /// <summary>The folder, not the socket: a socket that start makes anew is seen there, too.</summary>
    private static void AddNotify(PlanBuilder plan, string? folder)
    {
        if (folder is null)
        {
            return;
        }

        const ulong set = Libc.MOUNT_ATTR_RDONLY | Libc.MOUNT_ATTR_NOSUID | Libc.MOUNT_ATTR_NODEV | Libc.MOUNT_ATTR_NOEXEC;
        var text = $"mount \"{folder}\" at \"{NotifySocket.FolderInContainer}\"";
        var slot = plan.Slot("notify folder");
        plan.Host(new CloneMountStep("", text, slot, folder, Recursive: false, set, 0, 0, 0, Libc.MS_PRIVATE, PropagationRecursive: false));
        plan.Init(new(PlanCode.Attach, "", text) { Slot = slot, Path = NotifySocket.FolderInContainer });
    }

    /// <summary>
    /// The root of one more process: that of the mount namespace which is the container's own; where it has none, the root of its first
    /// process, behind which nothing but chroot(2) puts it.
    /// </summary>
    internal static void AddJoin(PlanBuilder plan, Spec container)
    {
        if (NamespacePlan.Has(container, Libc.CLONE_NEWNS, newOnly: true))
        {
            plan.Init(new(PlanCode.UseRoot, "", "open the container's root") { Path = "/" });
            return;
        }

        plan.Init(new(PlanCode.UseRoot, "", "use the root of the container's process") { Slot = plan.Input(PlanInput.JoinedRoot, "the root of the container's process") });
        plan.Init(new(PlanCode.Chroot, "", "make it the root") { A = 1 });
    }

    /// <summary>What comes after the console: the paths that are closed, and the step into the root.</summary>
    internal static void AddFinish(PlanBuilder plan, PlanRequest request, IReadOnlyList<InitOperation> late)
    {
        var spec = request.Spec;
        AddSysctls(plan, spec);
        if (spec.Process?.Cwd is { Length: > 1 } cwd)
        {
            plan.Init(new(PlanCode.Mkdir, "process.cwd", $"make the working directory \"{cwd}\"") { Path = cwd });
        }

        foreach (var operation in late)
        {
            plan.Init(operation);
        }

        var ownMounts = NamespacePlan.Has(spec, Libc.CLONE_NEWNS, newOnly: true);
        if (Mounts(spec))
        {
            if (spec.Root?.Readonly == true)
            {
                plan.Init(new(PlanCode.MountAttributes, "root.readonly", "make the root file system read-only") { A = Libc.MOUNT_ATTR_RDONLY });
            }

            ClosedPathPlan.Add(plan, spec);
        }

        if (ownMounts && !request.NoPivot)
        {
            plan.Init(new(PlanCode.Pivot, "root.path", "make the root file system the root"));
        }
        else
        {
            plan.Init(new(PlanCode.Chroot, "root.path", "make the root file system the root") { A = ownMounts ? 0u : 1u });
        }

        AddPropagation(plan, spec);
    }

    private static void AddRoot(PlanBuilder plan, PlanRequest request)
    {
        PlanSlot slot;
        string place;
        if (request.BringsRoot)
        {
            slot = plan.Input(PlanInput.RootMount, "the root file system");

            // Root of a user namespace comes only to where anybody may, and a folder of state is closed. Until the pivot any folder does.
            place = NamespacePlan.Has(request.Spec, Libc.CLONE_NEWUSER) ? "/run" : request.Bundle;
        }
        else
        {
            place = Resolve(request.Bundle, request.Spec.Root!.Path!);
            slot = plan.Slot("root file system");
            if (!NamespacePlan.Has(request.Spec, Libc.CLONE_NEWNS, newOnly: true))
            {
                plan.SharedRoot = place.Length > 1 ? slot : throw new SpecException("root.path", "mounts in \"/\" itself need a new mount namespace: they would be everybody's");
            }

            // As a slave it sees what the host mounts in it later; otherwise the container's mounts are its own.
            var propagation = request.Spec.Linux?.RootfsPropagation is "slave" or "rslave" ? Libc.MS_SLAVE : Libc.MS_PRIVATE;
            plan.Host(new CloneMountStep(
                "root.path", $"use \"{place}\" as the root file system", slot, $"{place}/.", Recursive: true, 0, 0, 0, 0, propagation, PropagationRecursive: true));
        }

        plan.Init(new(PlanCode.AttachRoot, "root.path", $"attach the root file system at \"{place}\"") { Slot = slot, Path = place });
    }

    /// <summary>
    /// Whether something is mounted for the container: always in a mount namespace of its own. In one that others live in, too, all of it hangs
    /// on a mount of the root file system at its place, and goes with that when the container is deleted.
    /// </summary>
    internal static bool Mounts(Spec spec) => NamespacePlan.Has(spec, Libc.CLONE_NEWNS, newOnly: true)
        || spec is { Mounts.Count: > 0 } or { Root.Readonly: true } or { Linux.MaskedPaths.Count: > 0 } or { Linux.ReadonlyPaths.Count: > 0 } or { Linux.RootfsPropagation.Length: > 0 };

    /// <summary>Without anything to mount the container lives in the host's mount namespace, or in another's, under its root.</summary>
    private static void AddForeignRoot(PlanBuilder plan, PlanRequest request)
    {
        var place = request.Spec.Root?.Path is { } path ? Resolve(request.Bundle, path) : "/";
        plan.Init(new(PlanCode.UseRoot, "root.path", $"open the root file system \"{place}\"") { Path = place });
    }

    /// <summary>The SELinux label of what is mounted new, or null.</summary>
    internal static string? MountLabel(Spec spec) => spec.Linux?.MountLabel is { Length: > 0 } label ? label : null;

    /// <summary>The same as a parameter of the file system.</summary>
    internal static string? MountContext(Spec spec) => MountLabel(spec) is { } label ? $"{CrunAnnotations.ContextType(spec)}={label}" : null;

    private static void AddSysctls(PlanBuilder plan, Spec spec)
    {
        if (spec.Linux?.Sysctl is not { } sysctls)
        {
            return;
        }

        foreach (var (key, value) in sysctls)
        {
            var path = Sysctl.Path(key) ?? throw new SpecException($"linux.sysctl[\"{key}\"]", "is not the name of a kernel parameter");
            plan.Init(new(PlanCode.Sysctl, $"linux.sysctl[\"{key}\"]", $"set it to \"{value}\"") { Path = path, Data = value });
        }
    }

    private static void AddPropagation(PlanBuilder plan, Spec spec)
    {
        var (propagation, recursive) = spec.Linux?.RootfsPropagation switch
        {
            "shared" => (Libc.MS_SHARED, false),
            "rshared" => (Libc.MS_SHARED, true),
            "slave" => (Libc.MS_SLAVE, false),
            "rslave" => (Libc.MS_SLAVE, true),
            "private" => (Libc.MS_PRIVATE, false),
            "rprivate" => (Libc.MS_PRIVATE, true),
            "unbindable" => (Libc.MS_UNBINDABLE, false),
            "runbindable" => (Libc.MS_UNBINDABLE, true),
            _ => (0UL, false),
        };
        if (propagation != 0)
        {
            plan.Init(new(PlanCode.Propagation, "linux.rootfsPropagation", $"make the root file system {spec.Linux!.RootfsPropagation}")
            {
                Path = "/",
                A = propagation,
                B = recursive ? 1u : 0u,
            });
        }
    }

    /// <summary>An absolute path, without "." and "..", from one that starts at the bundle.</summary>
    internal static string Resolve(string bundle, string path) => Path.GetFullPath(path, bundle);
}
