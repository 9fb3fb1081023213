using Peapod.Kernel;
using Peapod.Kernel.Files;
using Peapod.Kernel.Interop;

namespace Peapod.Container.Cgroups;

/// <summary>
/// A cgroup and those below it. A container that may write there can nest them deeper than a path, descriptors or a stack would reach:
/// the way goes from one to the next by its name, and back by "..".
/// </summary>
internal static class CgroupTree
{
    /// <param name="top">Where it begins.</param>
    /// <param name="enter">Called with each cgroup, those above before those below.</param>
    /// <param name="leave">Called with each one's parent and name, those below before those above; not for <paramref name="top"/>.</param>
    internal static void Walk(SafeFd top, Action<SafeFd> enter, Action<SafeFd, string>? leave = null)
    {
        var current = FileSystem.OpenAt(top, ".", Libc.O_RDONLY | Libc.O_DIRECTORY);
        try
        {
            var above = new Stack<(string Name, Queue<string> Siblings)>();
            var (name, children) = ("", Enter(current, enter));
            while (true)
            {
                if (children.TryDequeue(out var child))
                {
                    var fd = Libc.openat(current.Number, child, Libc.O_RDONLY | Libc.O_DIRECTORY | Libc.O_NOFOLLOW | Libc.O_CLOEXEC, 0);
                    if (fd >= 0)
                    {
                        above.Push((name, children));
                        current.Dispose();
                        current = new SafeFd(fd);
                        (name, children) = (child, Enter(current, enter));
                    }
                }
                else if (above.Count == 0)
                {
                    return;
                }
                else
                {
                    var parent = FileSystem.OpenAt(current, "..", Libc.O_RDONLY | Libc.O_DIRECTORY);
                    current.Dispose();
                    current = parent;
                    leave?.Invoke(current, name);
                    (name, children) = above.Pop();
                }
            }
        }
        catch (KernelException e) when (e.Error is Errno.ENOENT or Errno.ENODEV)
        {
            // Somebody else removes it meanwhile.
        }
        finally
        {
            current.Dispose();
        }
    }

    private static Queue<string> Enter(SafeFd directory, Action<SafeFd> enter)
    {
        enter(directory);
        return new(FileSystem.ListDirectories(directory));
    }
}
