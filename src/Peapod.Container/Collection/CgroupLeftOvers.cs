using Peapod.Container.Cgroups;
using Peapod.Container.State;
using Peapod.Kernel;
using Peapod.Kernel.Files;
using Peapod.Kernel.Interop;

namespace Peapod.Container.Collection;

/// <summary>
/// Cgroups of containers that the store knows nothing of any more. Each cgroup that we make carries a mark (an extended attribute) with its
/// store and its container; one without it, or with another store's, is not ours, whatever it is called.
/// </summary>
internal static class CgroupLeftOvers
{
    internal static IEnumerable<LeftOver> Find(CgroupHierarchy hierarchy, ContainerStore store)
    {
        var prefix = store.OwnerPrefix();
        var found = new List<LeftOver>();
        foreach (var path in CgroupMarks.Below(hierarchy.MountPoint))
        {
            if (CgroupMarks.IdOf(path, prefix) is { } id && FileSystem.TryStat(store.FolderOf(id)) is null)
            {
                Add(store, found, path, id, prefix);
            }
            else if (IsUnusedParent(path))
            {
                found.Add(new($"cgroup \"{path}\"", "it was made above a container's, and nothing is below it", () => RemoveEmpty(path)));
            }
        }

        return found;
    }

    private static void Add(ContainerStore store, List<LeftOver> found, string path, string id, string prefix)
    {
        using var cgroup = Cgroup.TryOpen(path);
        if (cgroup?.Processes() is { Count: > 0 } processes)
        {
            store.Warn?.Invoke($"cgroup \"{path}\": container \"{id}\" has no state any more, but processes live in it: {string.Join(", ", processes)}\n  end them first: echo 1 >{path}/cgroup.kill");
            return;
        }

        found.Add(new($"cgroup \"{path}\"", $"its container \"{id}\" has no state any more", () => Remove(store, path, id, prefix)));
    }

    private static bool Remove(ContainerStore store, string path, string id, string prefix)
    {
        if (CgroupMarks.IdOf(path, prefix) != id || FileSystem.TryStat(store.FolderOf(id)) is not null)
        {
            return false;
        }

        using var cgroup = Cgroup.TryOpen(path);
        cgroup?.Remove();
        return cgroup is not null;
    }

    /// <summary>A directory that <see cref="Cgroup.Create"/> made on its way, which it makes again when it is taken from under it.</summary>
    private static bool IsUnusedParent(string path) => HasMark(path, Cgroup.MadeMark) && FileSystem.TryReadText($"{path}/cgroup.events")?.Contains("populated 0", StringComparison.Ordinal) == true && CgroupMarks.Children(path).Count == 0;

    private static bool RemoveEmpty(string path)
    {
        try
        {
            return FileSystem.RemoveDirectory(path);
        }
        catch (KernelException e) when (e.Error is Errno.EBUSY or Errno.ENOTEMPTY)
        {
            return false;
        }
    }

    private static unsafe bool HasMark(string path, string name) => Libc.lgetxattr(path, name, null, 0) >= 0;
}
