using Peapod.Pod.Objects;

namespace Peapod.Pod.Volumes;

/// <summary>
/// The folders in a volume that something else is mounted on. A volume of an object's files is mounted read-only, so they have to be there
/// before; the kubelet makes them as well (MakeNestedMountpoints).
/// </summary>
internal static class NestedMounts
{
    /// <returns>Paths relative to the volume, each once; those below another one come after it.</returns>
    internal static IReadOnlyList<string> In(PodSpec spec, string volume)
    {
        var folders = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var container in spec.InitContainers.Concat(spec.Containers).Concat(spec.EphemeralContainers))
        {
            foreach (var outer in container.VolumeMounts.Where(mount => mount.Name == volume && string.IsNullOrEmpty(mount.SubPath) && string.IsNullOrEmpty(mount.SubPathExpr)))
            {
                Add(folders, container, PathOf(outer));
            }
        }

        return [.. folders];
    }

    private static void Add(SortedSet<string> folders, ContainerSpec container, string outer)
    {
        var below = outer == "/" ? outer : outer + "/";
        var inner = container.VolumeMounts.Select(PathOf).Where(path => path.Length > below.Length && path.StartsWith(below, StringComparison.Ordinal)).ToArray();
        foreach (var path in inner)
        {
            // What lies in another mount again is made in that one.
            if (!Array.Exists(inner, other => path.StartsWith($"{other}/", StringComparison.Ordinal)))
            {
                folders.Add(path[below.Length..]);
            }
        }
    }

    private static string PathOf(VolumeMount mount) => Path.GetFullPath(mount.MountPath, "/").TrimEnd('/') is { Length: > 0 } path ? path : "/";
}
