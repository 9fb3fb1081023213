using Peapod.Kernel;
using Peapod.Kernel.Files;
using Peapod.Kernel.Interop;
using Peapod.Oci;

namespace Peapod.Workload;

/// <summary>The devices of the host's /dev, for a privileged container.</summary>
internal static class HostDevices
{
    /// <summary>What a container has of its own, and what belongs to other container managers.</summary>
    private static readonly string[] NotTheHosts =
    [
        "/dev/console", "/dev/fd", "/dev/mqueue", "/dev/ptmx", "/dev/pts", "/dev/shm", "/dev/.lxc", "/dev/.lxd-mounts", "/dev/.udev",
    ];

    internal static List<LinuxDevice> List()
    {
        var devices = new List<LinuxDevice>();
        Add(devices, "/dev");
        return devices;
    }

    private static void Add(List<LinuxDevice> devices, string folder)
    {
        foreach (var name in FileSystem.List(folder))
        {
            var path = $"{folder}/{name}";
            if (Array.IndexOf(NotTheHosts, path) >= 0 || Find(path) is not { } found)
            {
                continue;
            }

            if (found.IsDirectory)
            {
                Add(devices, path);
            }
            else if (found.Type is Libc.S_IFCHR or Libc.S_IFBLK)
            {
                devices.Add(new LinuxDevice
                {
                    Path = path,
                    Type = found.Type == Libc.S_IFBLK ? "b" : "c",
                    Major = found.RdevMajor,
                    Minor = found.RdevMinor,
                    FileMode = found.Mode & 0xfffu,
                    Uid = found.Uid,
                    Gid = found.Gid,
                });
            }
        }
    }

    /// <summary>Null for one that has gone meanwhile, or that may not be looked at.</summary>
    private static Statx? Find(string path)
    {
        try
        {
            return FileSystem.TryStat(path, followSymlinks: false);
        }
        catch (KernelException)
        {
            return null;
        }
    }
}
