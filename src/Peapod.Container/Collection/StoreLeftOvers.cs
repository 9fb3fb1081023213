using Peapod.Container.Cgroups;
using Peapod.Container.State;
using Peapod.Kernel.Files;

namespace Peapod.Container.Collection;

/// <summary>What dead commands left in a store and in the cgroup hierarchy. Whatever a command is at work on, runs, or waits to be deleted is none of it.</summary>
public static class StoreLeftOvers
{
    /// <summary>One after the other, each looked for when those before it may have been removed.</summary>
    /// <param name="store">The containers.</param>
    /// <param name="stopped">Also containers that are stopped and wait to be deleted.</param>
    public static IEnumerable<LeftOver> Find(ContainerStore store, bool stopped)
    {
        foreach (var id in store.Ids())
        {
            if (Of(store, id, stopped) is { } found)
            {
                yield return found;
            }
        }

        foreach (var id in store.Beginnings())
        {
            yield return new($"folder \"{store.FolderOf(id)}\"", "its creator, or who deleted it, was killed on the way", () => store.RemoveBeginnings(id));
        }

        foreach (var cgroup in CgroupLeftOvers.Find(CgroupHierarchy.Find(), store))
        {
            yield return cgroup;
        }

        foreach (var filter in Filters(store))
        {
            yield return filter;
        }
    }

    /// <summary>Compiled system call filters that nobody will load.</summary>
    public static IEnumerable<LeftOver> Filters(ContainerStore store)
    {
        foreach (var (file, why) in store.Filters.Stale())
        {
            yield return new($"filter \"{file}\"", why, () => Remove(file));
        }
    }

    private static bool Remove(string file)
    {
        FileTree.Remove(file);
        return true;
    }

    private static LeftOver? Of(ContainerStore store, string id, bool stopped)
    {
        if (store.IsLocked(id))
        {
            return null;
        }

        try
        {
            return Lifecycle.Container.Open(store, id).WhyLeftOver(stopped) is { } why
                ? new($"container \"{id}\"", why, () => Lifecycle.Container.RemoveLeftOver(store, id, stopped)) : null;
        }
        catch (DamagedContainerException e)
        {
            if (Lifecycle.Container.Runs(store, e) || (store.IsComplete(id) && !stopped))
            {
                store.Warn?.Invoke(e.Message);
                return null;
            }

            return new($"container \"{id}\"", "its state is damaged, and nothing of it runs", () => Lifecycle.Container.RemoveDamagedLeftOver(store, id));
        }
        catch (ContainerException) when (store.TryRead(id) is null)
        {
            // Deleted since the folder was read.
            return null;
        }
    }
}
