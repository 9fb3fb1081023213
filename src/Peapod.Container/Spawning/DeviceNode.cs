using System.Globalization;
using Peapod.Container.Plans;
using Peapod.Kernel;
using Peapod.Kernel.Interop;
using Peapod.Kernel.Mounts;

namespace Peapod.Container.Spawning;

/// <summary>
/// The node of a device for a container in a user namespace, which can make none itself: made by its number in the container's folder of state,
/// which only root comes to, and mounted from there. So it needs no node of the same name on the host, and its mode and owner are the container's
/// own. It goes with the folder: what is removed cannot be mounted, and a checkpoint would not find it.
/// </summary>
internal static class DeviceNode
{
    /// <param name="step">The device.</param>
    /// <param name="folder">The container's folder of state.</param>
    /// <returns>A detached mount; null where we may make no device ourselves.</returns>
    internal static DetachedMount? TryMake(MakeDeviceStep step, string folder)
    {
        var path = string.Create(CultureInfo.InvariantCulture, $"{folder}/device-{step.Slot.Index}");
        var number = (step.Minor & 0xff) | ((step.Major & 0xfff) << 8) | ((step.Minor & ~0xffUL) << 12) | ((step.Major & ~0xfffUL) << 32);

        // Closed to all until it has its owner; the mode comes last, since a change of owner takes bits of it away.
        if (Libc.mknodat(Libc.AT_FDCWD, path, step.Mode & ~0xfffu, number) != 0)
        {
            var error = KernelException.Last("mknod", path);
            return error.Error == Errno.EPERM ? null : throw error;
        }

        KernelException.Check(Libc.fchownat(Libc.AT_FDCWD, path, step.Uid, step.Gid, Libc.AT_SYMLINK_NOFOLLOW), "chown", path);
        KernelException.Check(Libc.fchmodat(Libc.AT_FDCWD, path, step.Mode & 0xfff, 0), "chmod", path);
        return Clone(path);
    }

    /// <summary>The folder may lie in a file system that is mounted without devices, as /run is.</summary>
    private static DetachedMount Clone(string path)
    {
        var mount = DetachedMount.Clone(path, recursive: false);
        try
        {
            mount.SetAttributes(new MountAttr { Set = Libc.MOUNT_ATTR_NOSUID | Libc.MOUNT_ATTR_NOEXEC, Clear = Libc.MOUNT_ATTR_NODEV, Propagation = Libc.MS_PRIVATE }, recursive: false, path);
            return mount;
        }
        catch
        {
            mount.Dispose();
            throw;
        }
    }
}
