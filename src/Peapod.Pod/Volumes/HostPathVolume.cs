using Peapod.Kernel.Files;
using Peapod.Kernel.Interop;
using Peapod.Pod.Objects;

namespace Peapod.Pod.Volumes;

/// <summary>Files and folders of the host. They are looked at, and made if that is asked for, before the first container.</summary>
internal static class HostPathVolume
{
    internal static void Check(string name, HostPathVolumeSource source)
    {
        var path = source.Path;
        switch (source.Type)
        {
            // Nothing is asked of it; a runtime makes a folder where nothing is.
            case HostPathType.Unchecked when FileSystem.TryStat(path) is null:
            case HostPathType.DirectoryOrCreate:
                FileSystem.MakeDirectories(path, 0x1ed);
                break;
            case HostPathType.FileOrCreate:
                FileSystem.Open(path, Libc.O_RDONLY | Libc.O_CREAT, 0x1a4).Dispose();
                break;
        }

        var wanted = source.Type switch
        {
            HostPathType.Directory or HostPathType.DirectoryOrCreate => Libc.S_IFDIR,
            HostPathType.File or HostPathType.FileOrCreate => Libc.S_IFREG,
            HostPathType.Socket => Libc.S_IFSOCK,
            HostPathType.CharDevice => Libc.S_IFCHR,
            HostPathType.BlockDevice => Libc.S_IFBLK,
            _ => 0u,
        };
        var found = FileSystem.TryStat(path);
        if (found is null || (wanted != 0 && found.Value.Type != wanted))
        {
            throw new PodException(found is null
                ? $"volume \"{name}\": hostPath \"{path}\" does not exist"
                : $"volume \"{name}\": hostPath \"{path}\" is not a {source.Type}");
        }
    }
}
