using Peapod.Image;
using Peapod.Kernel.Files;
using Peapod.Kernel.Interop;
using Peapod.Pod.Layout;
using Peapod.Pod.Objects;

namespace Peapod.Pod.Volumes;

/// <summary>An image's files as a volume: read-only, and nothing in it can be executed. It holds its image as a container does.</summary>
internal static class ImageVolume
{
    internal static void Mount(string volume, ImageVolumeSource source, PodFolders folders)
    {
        var path = folders.VolumeOf(volume);
        if (!MemoryVolume.MakeFolder(path))
        {
            return;
        }

        // With a dot, which no container's name has: the teardown releases the leases of all that have a folder there.
        var holder = $"volume.{volume}";
        FileSystem.MakeDirectories(folders.FolderOf(holder), PodFolders.PrivateFolder);
        var images = new ImageStore(folders.Host.DataRoot);
        var image = images.ReadLease(folders.LeaseOf(holder));
        if (image is null)
        {
            image = images.Resolve(source.Reference);
            images.TakeLease(folders.LeaseOf(holder), image);
        }

        using var mount = RootFileSystem.Mount(image, folders.LayerOf(holder), new() { ReadOnly = true });
        mount.SetAttributes(
            new MountAttr { Set = Libc.MOUNT_ATTR_RDONLY | Libc.MOUNT_ATTR_NOEXEC | Libc.MOUNT_ATTR_NOSUID | Libc.MOUNT_ATTR_NODEV }, recursive: false, volume);
        mount.Attach(path);
    }
}
