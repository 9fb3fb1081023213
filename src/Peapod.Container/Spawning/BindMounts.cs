using Peapod.Container.Plans;
using Peapod.Kernel;
using Peapod.Kernel.Files;
using Peapod.Kernel.Interop;
using Peapod.Kernel.Mounts;

namespace Peapod.Container.Spawning;

/// <summary>Makes the detached mounts of <see cref="CloneMountStep"/>: the source, its ids, its flags, its propagation.</summary>
internal static class BindMounts
{
    private const long ProcMagic = 0x9fa0;

    // MOUNT_ATTR_* by their ST_* of statfs(2). What is locked of them in a user namespace, access times aside, is Lockable.
    private const ulong Lockable = Libc.MOUNT_ATTR_RDONLY | Libc.MOUNT_ATTR_NOSUID | Libc.MOUNT_ATTR_NODEV | Libc.MOUNT_ATTR_NOEXEC;
    private const long ST_NOATIME = 1024, ST_NODIRATIME = 2048, ST_RELATIME = 4096;

    /// <param name="step">What to mount, and how.</param>
    /// <param name="ids">The user namespace whose maps the mount gets, or null.</param>
    /// <returns>The mount; for a symlink that is to be made anew, the link.</returns>
    /// <exception cref="KernelException">A system call failed.</exception>
    /// <exception cref="ContainerException">The source is not fit for it; the message begins with the field.</exception>
    internal static SafeFd Make(CloneMountStep step, SafeFd? ids)
    {
        if (step.CopiesLink && OpenLink(step.Source) is { } link)
        {
            return link;
        }

        var mount = DetachedMount.Clone(step.Source, step.Recursive, follow: !step.KeepsLink);
        try
        {
            Prepare(mount, step, ids);
            return mount;
        }
        catch
        {
            mount.Dispose();
            throw;
        }
    }

    /// <summary>Gives a mount that is made already what the step asks for.</summary>
    internal static void Prepare(DetachedMount mount, CloneMountStep step, SafeFd? ids)
    {
        if (step.ProcOnly && StatusOf(mount, step).Type != ProcMagic)
        {
            throw new ContainerException($"{Failures.Prefix(step.Field)}cannot {step.Text}: the source is no proc file system, and nothing else may be mounted there");
        }

        if (ids is not null)
        {
            MapIds(mount, step, ids);
        }

        // The recursive attributes come last: they hold for the top mount, too, whatever its own options say.
        SetFlags(mount, step);
        Set(mount, step.RecursiveSet, step.RecursiveClear, step.PropagationRecursive ? step.Propagation : 0, recursive: true);
    }

    private static SafeFd? OpenLink(string path)
    {
        var link = FileSystem.Open(path, Libc.O_PATH | Libc.O_NOFOLLOW);
        if (FileSystem.Stat(link, path).Type == Libc.S_IFLNK)
        {
            return link;
        }

        link.Dispose();
        return null;
    }

    private static void MapIds(DetachedMount mount, CloneMountStep step, SafeFd ids)
    {
        try
        {
            mount.SetAttributes(new MountAttr { Set = Libc.MOUNT_ATTR_IDMAP, UsernsFd = (ulong)ids.Number }, step.IdMapRecursive);
        }
        catch (KernelException e)
        {
            var hint = e.Error switch
            {
                Errno.EINVAL => $"\n  the file system of \"{step.Source}\"{(step.IdMapRecursive ? ", or one mounted below it," : "")} has no id-mapped mounts",
                Errno.EPERM => "\n  a mount whose ids are mapped already keeps its mappings",
                _ => "",
            };
            throw new ContainerException($"{Failures.Prefix(step.Field)}cannot map the ids of \"{step.Source}\": {e.Operation}: {KernelException.Describe(e.Error)}{hint}", 1, e);
        }
    }

    /// <summary>
    /// The flags of the top mount. Where those of the source are locked, by the container's user namespace or by one that we are in ourselves,
    /// they stay: silently when no option names them, as under runc; an option that says otherwise is refused.
    /// </summary>
    private static void SetFlags(DetachedMount mount, CloneMountStep step)
    {
        var propagation = step.PropagationRecursive ? 0 : step.Propagation;
        var clear = step.KeepsFlags ? Unlocked(mount, step) : step.Clear;
        try
        {
            Set(mount, step.Set, clear, propagation, recursive: false);
        }
        catch (KernelException e) when (e.Error == Errno.EPERM && !step.KeepsFlags)
        {
            Set(mount, step.Set, Unlocked(mount, step), propagation, recursive: false);
        }
    }

    private static ulong Unlocked(DetachedMount mount, CloneMountStep step)
    {
        if (step.Clear == 0)
        {
            return 0;
        }

        // ST_RDONLY, ST_NOSUID, ST_NODEV and ST_NOEXEC have the numbers of their MOUNT_ATTR_*.
        var flags = StatusOf(mount, step).Flags;
        var locked = (ulong)flags & Lockable;
        if ((locked & step.ClearNamed) != 0 || (step.SetsAccessTime && AccessTimeOf(flags) != (step.Set & (Libc.MOUNT_ATTR_ATIME_MASK | Libc.MOUNT_ATTR_NODIRATIME))))
        {
            throw new ContainerException($"{Failures.Prefix(step.Field)}cannot {step.Text}: operation not permitted\n  the host's mount has other flags, and in a user namespace they stay: leave out the options that say otherwise");
        }

        return step.Clear & ~locked;
    }

    private static ulong AccessTimeOf(long flags) =>
        ((flags & ST_NOATIME) != 0 ? Libc.MOUNT_ATTR_NOATIME : (flags & ST_RELATIME) != 0 ? Libc.MOUNT_ATTR_RELATIME : Libc.MOUNT_ATTR_STRICTATIME)
        | ((flags & ST_NODIRATIME) != 0 ? Libc.MOUNT_ATTR_NODIRATIME : 0);

    private static Statfs StatusOf(DetachedMount mount, CloneMountStep step)
    {
        KernelException.Check(Libc.fstatfs(mount.Number, out var status), "statfs", step.Source);
        return status;
    }

    private static void Set(DetachedMount mount, ulong set, ulong clear, ulong propagation, bool recursive)
    {
        if ((set | clear | propagation) != 0)
        {
            mount.SetAttributes(new MountAttr { Set = set, Clear = clear, Propagation = propagation }, recursive);
        }
    }
}
