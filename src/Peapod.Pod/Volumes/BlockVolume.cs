using System.Globalization;
using System.Text;
using Peapod.Kernel;
using Peapod.Kernel.Devices;
using Peapod.Kernel.Files;
using Peapod.Kernel.Interop;
using Peapod.Pod.Layout;

namespace Peapod.Pod.Volumes;

/// <summary>
/// A volume that containers get as a block device: a file, and a loop device while pods use it. The number of the device stands beside the
/// file; whether it still is that file's, the kernel says. A pod that uses it has a link to the volume's folder in its own, and the last
/// such pod to go detaches it: nothing of it hangs on a process, so it outlives the supervisor, and the teardown finds it after any crash.
/// </summary>
internal static class BlockVolume
{
    internal const string Mode = "Block";

    /// <summary>Bytes: what direct I/O and file systems count in.</summary>
    private const long Unit = 4096;
    private const uint PrivateFile = 0x180; // 0600
    private const string DeviceName = "device";

    /// <summary>Makes the file, without taking space for it, or lets it grow. It never shrinks.</summary>
    /// <param name="folder">The volume's own; it is made.</param>
    /// <param name="size">Bytes, rounded up to 4 KiB.</param>
    internal static void Make(string folder, long size)
    {
        FileSystem.MakeDirectory(folder, PodFolders.PrivateFolder);
        using var file = OpenFile(folder, Libc.O_CREAT);
        var whole = (size + Unit - 1) / Unit * Unit;
        if ((long)FileSystem.Stat(file).Size < whole)
        {
            KernelException.Check(Libc.ftruncate(file.Number, whole), "ftruncate", FileOf(folder));
        }
    }

    /// <summary>Attaches it for a pod, or finds it attached.</summary>
    /// <param name="volume">Its name in the pod.</param>
    /// <param name="folder">As in <see cref="Make"/>.</param>
    /// <param name="pod">The pod.</param>
    /// <returns>The device's numbers.</returns>
    /// <exception cref="PodException">There are no loop devices here, or none is free.</exception>
    internal static (uint Major, uint Minor) Attach(string volume, string folder, PodFolders pod)
    {
        try
        {
            AddUser(volume, folder, pod);
            using var held = FileLock.AcquireDirectory(folder);
            using var device = TryFind(folder) ?? AttachFile(folder);
            return (device.Major, device.Minor);
        }
        catch (KernelException e)
        {
            throw new PodException($"volume \"{volume}\": cannot be attached as a loop device: {e.Message}{(e.Subject == "/dev/loop-control" ? "\n  the kernel's module is \"loop\": modprobe loop" : "")}", e);
        }
    }

    /// <summary>Ends the pod's use of all its block devices; nothing of it runs any more. Those that no other pod uses are detached.</summary>
    internal static void Release(PodFolders pod)
    {
        var users = UsesOf(pod.Data);
        foreach (var volume in FileSystem.TryStat(users) is { IsDirectory: true } ? FileSystem.List(users) : [])
        {
            if (FolderOf($"{users}/{volume}") is { } folder && FileSystem.TryStat(folder) is { IsDirectory: true })
            {
                using var held = FileLock.AcquireDirectory(folder);
                if (!IsUsedByOthers(folder, pod))
                {
                    Detach(folder);
                }
            }

            // Last: who is killed before this does it all again.
            FileTree.Remove($"{users}/{volume}");
        }
    }

    /// <summary>Where a user's link leads to; null for what is no link any more.</summary>
    private static string? FolderOf(string link)
    {
        try
        {
            return FileSystem.ReadLink(link);
        }
        catch (KernelException e) when (e.IsDamage || e.Error == Errno.ENOENT)
        {
            return null;
        }
    }

    private static void AddUser(string volume, string folder, PodFolders pod)
    {
        FileSystem.MakeDirectory(UsesOf(pod.Data), PodFolders.PrivateFolder);
        var link = $"{UsesOf(pod.Data)}/{volume}";
        if (Libc.symlinkat(folder, Libc.AT_FDCWD, link) != 0 && KernelException.Last("symlink", link) is { Error: not Errno.EEXIST } error)
        {
            throw error;
        }
    }

    private static LoopDevice? TryFind(string folder) =>
        NumberOf(folder) is { } number && FileSystem.TryStat(FileOf(folder), followSymlinks: false) is { } file ? LoopDevice.TryOpen(number, file) : null;

    /// <summary>The device's number as it was written down; when that is damaged, as the kernel has it.</summary>
    private static int? NumberOf(string folder)
    {
        try
        {
            if (FileSystem.TryReadText($"{folder}/{DeviceName}") is not { } text)
            {
                return null;
            }

            if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
            {
                return number;
            }
        }
        catch (KernelException e) when (e.IsDamage)
        {
            // Looked for below.
        }

        const string devices = "/sys/block", prefix = "loop";
        foreach (var name in FileSystem.List(devices))
        {
            if (name.StartsWith(prefix, StringComparison.Ordinal) && FileSystem.TryReadText($"{devices}/{name}/loop/backing_file") == FileOf(folder))
            {
                return int.Parse(name.AsSpan(prefix.Length), NumberStyles.None, CultureInfo.InvariantCulture);
            }
        }

        return null;
    }

    private static LoopDevice AttachFile(string folder)
    {
        using var file = OpenFile(folder, 0);
        var device = LoopDevice.Attach(file, FileOf(folder));
        try
        {
            // Until this is written the device goes with this process.
            using var directory = FileSystem.OpenDirectory(folder);
            FileSystem.Replace(directory, DeviceName, Encoding.ASCII.GetBytes(device.Number.ToString(CultureInfo.InvariantCulture)), PrivateFile);
            device.Keep();
            return device;
        }
        catch
        {
            device.Dispose();
            throw;
        }
    }

    private static void Detach(string folder)
    {
        using var device = TryFind(folder);
        device?.Detach();
        FileTree.Remove($"{folder}/{DeviceName}");
    }

    /// <summary>Whether another pod uses it, one that no reboot has ended.</summary>
    private static bool IsUsedByOthers(string folder, PodFolders pod)
    {
        foreach (var owner in FileSystem.List($"{pod.Host.DataRoot}/pods"))
        {
            var data = $"{pod.Host.DataRoot}/pods/{owner}";
            if (owner != pod.Owner && FileSystem.TryStat(UsesOf(data)) is { IsDirectory: true } && FileSystem.TryStat(PodFolders.RunLinkOf(data)) is not null && Uses(UsesOf(data), folder))
            {
                return true;
            }
        }

        return false;
    }

    private static bool Uses(string users, string folder)
    {
        foreach (var volume in FileSystem.List(users))
        {
            if (FolderOf($"{users}/{volume}") == folder)
            {
                return true;
            }
        }

        return false;
    }

    private static string UsesOf(string data) => $"{data}/devices";

    private static string FileOf(string folder) => $"{folder}/block";

    private static SafeFd OpenFile(string folder, int flags) => FileSystem.Open(FileOf(folder), Libc.O_RDWR | Libc.O_NOFOLLOW | flags, PrivateFile);
}
