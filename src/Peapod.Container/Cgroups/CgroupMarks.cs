using System.Text;
using Peapod.Kernel;
using Peapod.Kernel.Files;
using Peapod.Kernel.Interop;

namespace Peapod.Container.Cgroups;

/// <summary>Looks for cgroups by the mark that each of a container's carries: whose it is, as <see cref="Cgroup.OwnerMark"/>.</summary>
internal static class CgroupMarks
{
    private const int LongestMark = 8192;

    /// <summary>The cgroups with that mark, those below others first.</summary>
    internal static List<string> Find(CgroupHierarchy hierarchy, string mark) => Below(hierarchy.MountPoint).FindAll(path => Read(path) == mark);

    /// <summary>The container that the cgroup was made for, of the store whose marks begin so; null for another's, or nobody's.</summary>
    internal static string? IdOf(string path, string prefix) =>
        Read(path) is { } mark && mark.StartsWith(prefix, StringComparison.Ordinal) && !mark.AsSpan(prefix.Length).Contains('/') ? mark[prefix.Length..] : null;

    /// <summary>All cgroups, those below others first.</summary>
    internal static List<string> Below(string top)
    {
        var paths = new List<string>();
        foreach (var child in Children(top))
        {
            paths.AddRange(Below(child));
            paths.Add(child);
        }

        return paths;
    }

    internal static List<string> Children(string path)
    {
        var children = new List<string>();
        try
        {
            foreach (var name in FileSystem.List(path))
            {
                if (FileSystem.TryStat($"{path}/{name}", followSymlinks: false) is { IsDirectory: true })
                {
                    children.Add($"{path}/{name}");
                }
            }
        }
        catch (KernelException e) when (e.Error is Errno.ENOENT or Errno.ENODEV)
        {
            // Removed while it was read.
        }

        return children;
    }

    private static unsafe string? Read(string path)
    {
        var buffer = stackalloc byte[LongestMark];
        var length = Libc.lgetxattr(path, Cgroup.OwnerMark, buffer, LongestMark);
        return length <= 0 ? null : Encoding.UTF8.GetString(buffer, (int)length);
    }
}
