using System.Globalization;
using Peapod.Kernel;
using Peapod.Kernel.Files;
using Peapod.Kernel.Interop;
using Peapod.Kernel.Mounts;
using Peapod.Pod.Layout;
using Peapod.Pod.Objects;

namespace Peapod.Pod.Volumes;

/// <summary>Volumes that are file systems in memory, mounted on the host until the pod is removed.</summary>
internal static class MemoryVolume
{
    /// <summary>A tmpfs. Nothing is done when something is mounted there already.</summary>
    /// <param name="path">Where; the folder is made.</param>
    /// <param name="size">Bytes; null for half of the host's memory, the kernel's default.</param>
    /// <param name="isSecret">Never to be written to swap.</param>
    internal static void Mount(string path, long? size, bool isSecret = false)
    {
        if (!MakeFolder(path))
        {
            return;
        }

        var parameters = new List<KeyValuePair<string, string?>> { new("mode", isSecret ? "0755" : "1777") };
        if (size is { } bytes)
        {
            parameters.Add(new("size", bytes.ToString(CultureInfo.InvariantCulture)));
        }

        using var mount = isSecret ? WithoutSwap(parameters) : Create("tmpfs", parameters);
        mount.Attach(path);
    }

    /// <summary>A hugetlbfs.</summary>
    /// <param name="path">Where; the folder is made.</param>
    /// <param name="pageSize">As hugetlbfs takes it: 2M; null for the host's default.</param>
    /// <param name="size">Bytes; null for no limit.</param>
    internal static void MountHugePages(string path, string? pageSize, long? size)
    {
        if (!MakeFolder(path))
        {
            return;
        }

        var parameters = new List<KeyValuePair<string, string?>> { new("mode", "1777") };
        if (pageSize is not null)
        {
            parameters.Add(new("pagesize", pageSize));
        }

        if (size is { } bytes)
        {
            parameters.Add(new("size", bytes.ToString(CultureInfo.InvariantCulture)));
        }

        using var mount = Create("hugetlbfs", parameters);
        mount.Attach(path);
    }

    /// <summary>What a volume in memory may hold, as the kubelet has it: its own limit, or else the pod's memory; bytes, null when neither is set.</summary>
    internal static long? SizeOf(EmptyDirVolumeSource empty, PodSpec pod)
    {
        var pods = PodLimit(pod);
        return empty.SizeLimit is { Amount: > 0 } own && (pods is null || own.Value <= pods) ? own.Value : pods;
    }

    internal static bool IsMountPoint(string path)
    {
        var here = FileSystem.TryStat(path, followSymlinks: false);
        var above = FileSystem.TryStat(Path.GetDirectoryName(path)!);
        return here is { IsDirectory: true } a && above is { } b && (a.DevMajor != b.DevMajor || a.DevMinor != b.DevMinor);
    }

    internal static void Unmount(string path)
    {
        while (IsMountPoint(path))
        {
            KernelException.Check(Libc.umount2(path, Libc.MNT_DETACH | Libc.UMOUNT_NOFOLLOW), "umount2", path);
        }
    }

    /// <returns>False when something is mounted there.</returns>
    internal static bool MakeFolder(string path) => FileSystem.MakeDirectory(path, PodFolders.PrivateFolder) || !IsMountPoint(path);

    private static DetachedMount WithoutSwap(List<KeyValuePair<string, string?>> parameters)
    {
        try
        {
            return Create("tmpfs", [.. parameters, new("noswap", null)]);
        }
        catch (KernelException e) when (e is { Operation: "fsconfig", Error: Errno.EINVAL })
        {
            // Came with Linux 6.4.
            return Create("tmpfs", parameters);
        }
    }

    private static DetachedMount Create(string type, List<KeyValuePair<string, string?>> parameters) =>
        DetachedMount.Create(type, type, parameters, Libc.MOUNT_ATTR_NOSUID | Libc.MOUNT_ATTR_NODEV);

    /// <summary>The memory of the pod as a whole: its own limit, or the sum of its containers' when each of them has one.</summary>
    private static long? PodLimit(PodSpec pod)
    {
        if (pod.Resources?.Limit("memory") is { Amount: > 0 } whole)
        {
            return whole.Value;
        }

        // Sidecars stay beside the containers, and beside the init containers after them, which run one by one.
        long sidecars = 0, highest = 0, sum = 0;
        foreach (var container in pod.InitContainers)
        {
            if (container.Resources.Limit("memory") is not { Amount: > 0 } limit)
            {
                return null;
            }

            highest = Math.Max(highest, Sum(sidecars, limit.Value));
            sidecars = Sum(sidecars, container.RestartPolicy == RestartPolicy.Always ? limit.Value : 0);
        }

        foreach (var container in pod.Containers)
        {
            if (container.Resources.Limit("memory") is not { Amount: > 0 } limit)
            {
                return null;
            }

            sum = Sum(sum, limit.Value);
        }

        return Math.Max(highest, Sum(sidecars, sum));
    }

    /// <summary>As quantities are added: what is more than a number can hold is the largest.</summary>
    private static long Sum(long a, long b) => a > long.MaxValue - b ? long.MaxValue : a + b;
}
