using Peapod.Kernel;
using Peapod.Kernel.Files;
using Peapod.Kernel.Interop;
using Peapod.Kernel.Namespaces;

namespace Peapod.Container.Spawning;

/// <summary>The mount of a root file system in a mount namespace that others live in, too, on which all of the container's mounts hang.</summary>
internal static class SharedRoot
{
    private const uint MountId = 0x1000, UniqueMountId = 0x4000; // STATX_MNT_ID, STATX_MNT_ID_UNIQUE

    /// <summary>The number that tells a mount from others: since Linux 6.8 from all that there will ever be.</summary>
    internal static ulong IdOf(SafeFd mount)
    {
        KernelException.Check(Libc.statx(mount.Number, "", Libc.AT_EMPTY_PATH, MountId | UniqueMountId, out var status), "statx", "root mount");
        return status.MountId;
    }

    /// <summary>Unmounts it, and so what hangs on it; another mount at its place stays.</summary>
    /// <param name="place">Where it is.</param>
    /// <param name="id">Its <see cref="IdOf"/>.</param>
    /// <param name="namespacePath">Its mount namespace; null for this process's.</param>
    internal static void Remove(string place, ulong id, string? namespacePath)
    {
        try
        {
            using var space = FileSystem.Open(namespacePath ?? "/proc/thread-self/ns/mnt", Libc.O_RDONLY);
            MountNamespace.Run(space, () => Unmount(place, id));
        }
        catch (KernelException e) when (e.Error is Errno.ENOENT or Errno.ENOTDIR or Errno.ESRCH)
        {
            // The namespace is gone, or the folder is, and the mount with it.
        }
    }

    private static bool Unmount(string place, ulong id)
    {
        using var directory = FileSystem.Open(place, Libc.O_PATH | Libc.O_DIRECTORY);
        if (IdOf(directory) != id)
        {
            return false;
        }

        KernelException.Check(Libc.fchdir(directory.Number), "fchdir", place);
        KernelException.Check(Libc.umount2(".", Libc.MNT_DETACH), "umount2", place);
        return true;
    }
}
