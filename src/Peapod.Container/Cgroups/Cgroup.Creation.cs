using System.Text;
using Peapod.Container.State;
using Peapod.Kernel;
using Peapod.Kernel.Files;
using Peapod.Kernel.Interop;
using Peapod.Oci;

namespace Peapod.Container.Cgroups;

/// <content>How cgroups come to be, and what a failed creation takes back.</content>
public sealed partial class Cgroup
{
    /// <summary>Makes the cgroup and what is missing above it, with all controllers that the host gives.</summary>
    /// <param name="hierarchy">Where it is made.</param>
    /// <param name="path">Its directory.</param>
    /// <param name="owner">Written on it when it is new: whose it is (<see cref="ContainerStore.OwnerOf"/>).</param>
    /// <exception cref="ContainerException">It exists and is in use, or is frozen.</exception>
    public static Cgroup Create(CgroupHierarchy hierarchy, string path, string owner)
    {
        try
        {
            var isNew = Make(hierarchy.MountPoint.Length, path);
            var cgroup = new Cgroup(path, FileSystem.Open(path, Libc.O_RDONLY | Libc.O_DIRECTORY));
            if (!isNew)
            {
                cgroup.RefuseInUse();
            }
            else
            {
                cgroup.MarkOwner(owner);
            }

            cgroup.JoinThreaded();
            return cgroup;
        }
        catch (KernelException e)
        {
            RemoveMade(path);
            throw new ContainerException($"config.json: linux.cgroupsPath: cannot make the cgroup \"{path}\": {e.Message}", 1, e);
        }
    }

    /// <summary>Makes a cgroup that only keeps processes together, or opens the one that is there: the cgroup above it hands no controllers on.</summary>
    /// <param name="hierarchy">Where it is made.</param>
    /// <param name="path">Its directory.</param>
    /// <exception cref="ContainerException">It cannot be made.</exception>
    public static Cgroup CreateWithoutControllers(CgroupHierarchy hierarchy, string path)
    {
        try
        {
            Make(hierarchy.MountPoint.Length, path, controllers: false);
            return Open(path);
        }
        catch (KernelException e)
        {
            RemoveMade(System.IO.Path.GetDirectoryName(path)!);
            throw new ContainerException($"cannot make the cgroup \"{path}\": {e.Message}", 1, e);
        }
    }

    /// <summary>Makes a cgroup below this one, where it is not there yet, with the controllers that this one has.</summary>
    /// <param name="path">Names with slashes between them, none of them "..".</param>
    /// <param name="annotation">Who asks for it.</param>
    internal Cgroup MakeBelow(string path, string annotation)
    {
        try
        {
            var full = Path;
            foreach (var name in path.Split('/', StringSplitOptions.RemoveEmptyEntries))
            {
                full = $"{full}/{name}";
                if (Libc.mkdirat(Libc.AT_FDCWD, full, 0x1ed) != 0 && KernelException.Last("mkdir", full) is { Error: not Errno.EEXIST } error)
                {
                    throw error;
                }
            }

            return new Cgroup(full, FileSystem.Open(full, Libc.O_RDONLY | Libc.O_DIRECTORY));
        }
        catch (KernelException e)
        {
            throw new ContainerException($"config.json: {CrunAnnotations.FieldOf(annotation)}: cannot make the cgroup \"{path}\" below the container's: {e.Message}", 1, e);
        }
    }

    /// <summary>The highest of the directories above a path that <see cref="Create"/> has to make; null when all are there.</summary>
    internal static string? MissingAbove(string path)
    {
        string? missing = null;
        for (var above = System.IO.Path.GetDirectoryName(path)!; Libc.access(above, Libc.F_OK) != 0; above = System.IO.Path.GetDirectoryName(above)!)
        {
            missing = above;
        }

        return missing;
    }

    /// <summary>Removes those above a path that <see cref="Create"/> made and that nobody uses, when it ended before it made the cgroup itself.</summary>
    /// <param name="path">The cgroup.</param>
    /// <param name="missing">What <see cref="MissingAbove"/> told before: a directory that was just made may not have its mark yet.</param>
    internal static unsafe void RemoveMadeAbove(string path, string? missing)
    {
        var above = System.IO.Path.GetDirectoryName(path)!;
        for (var made = above; made.Length >= (missing?.Length ?? int.MaxValue); made = System.IO.Path.GetDirectoryName(made)!)
        {
            Libc.lsetxattr(made, MadeMark, null, 0, 0);
        }

        RemoveMade(above);
    }

    /// <summary>Makes the levels of the path below its first <paramref name="root"/> characters; whether the last one is new.</summary>
    private static unsafe bool Make(int root, string path, bool controllers = true)
    {
        var isNew = false;
        var end = root;
        var tries = 0;
        while (end < path.Length)
        {
            if (controllers)
            {
                EnableControllers(path[..end]);
            }

            var next = path.IndexOf('/', end + 1);
            next = next < 0 ? path.Length : next;
            try
            {
                isNew = FileSystem.MakeDirectory(path[..next], 0x1ed);
            }
            catch (KernelException e) when (e.Error == Errno.ENOENT && ++tries < 10)
            {
                // Somebody's last container went away meanwhile, and took with it what had been made above it.
                end = root;
                continue;
            }

            if (isNew && next < path.Length)
            {
                Libc.lsetxattr(path[..next], MadeMark, null, 0, 0);
            }

            end = next;
        }

        return isNew;
    }

    private static void EnableControllers(string path)
    {
        var available = FileSystem.TryReadText($"{path}/cgroup.controllers");
        var enabled = FileSystem.TryReadText($"{path}/cgroup.subtree_control");
        if (available is null || enabled is null || available == enabled)
        {
            return;
        }

        // One by one: a controller that cannot be had here (realtime processes, domain threads) does not keep the others away.
        foreach (var controller in available.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            if (!enabled.Split(' ').Contains(controller))
            {
                try
                {
                    FileSystem.WriteExisting($"{path}/cgroup.subtree_control", $"+{controller}");
                }
                catch (KernelException e) when (e.Error is Errno.EBUSY or Errno.EOPNOTSUPP or Errno.EINVAL or Errno.EPERM or Errno.ENOENT)
                {
                    // A limit that needs it will be refused by name.
                }
            }
        }
    }

    /// <summary>Below a threaded cgroup only a threaded one can hold processes; cgroups(7), "Thread mode".</summary>
    private void JoinThreaded()
    {
        if (FileSystem.TryReadText($"{Path}/cgroup.type") == "domain invalid")
        {
            FileSystem.WriteExisting(Directory, "cgroup.type", "threaded");
        }
    }

    /// <summary>Without the mark (a kernel before 3.7, or no CAP_SYS_ADMIN) all works as well; only gc will not know the cgroup again, nor who removes a damaged container.</summary>
    internal unsafe void MarkOwner(string owner)
    {
        var bytes = Encoding.UTF8.GetBytes(owner);
        fixed (byte* value = bytes)
        {
            Libc.fsetxattr(Directory.Number, OwnerMark, value, (nuint)bytes.Length, 0);
        }
    }

    private void RefuseInUse()
    {
        var frozen = IsFrozenAt(Path);
        var populated = FileSystem.ReadText($"{Path}/cgroup.events").Contains("populated 1", StringComparison.Ordinal);
        if (frozen || populated)
        {
            Dispose();
            throw new ContainerException($"config.json: linux.cgroupsPath: container's cgroup {(frozen ? "unexpectedly frozen" : "is not empty")}: \"{Path}\"");
        }
    }

    /// <summary>Removes the levels of the path that carry our mark, from the last one up, as long as nobody else uses them.</summary>
    private static unsafe void RemoveMade(string path)
    {
        while (Libc.lgetxattr(path, MadeMark, null, 0) >= 0 ? Libc.unlinkat(Libc.AT_FDCWD, path, Libc.AT_REMOVEDIR) == 0 : KernelException.Last("getxattr", path).Error == Errno.ENOENT)
        {
            path = System.IO.Path.GetDirectoryName(path)!;
        }
    }
}
