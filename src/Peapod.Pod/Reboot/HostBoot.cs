using Peapod.Container.Cgroups;
using Peapod.Kernel.Files;
using Peapod.Pod.Events;
using Peapod.Pod.Layout;
using Peapod.Pod.Objects;
using Peapod.Pod.Sandbox;
using Peapod.Pod.Supervision;
using Peapod.Pod.Supervision.Control;
using Peapod.Pod.Supervision.Life;

namespace Peapod.Pod.Reboot;

/// <summary>
/// Brings the pods that a reboot ended back into sight, from their records on disk: the first command after it does that, and starts none of them.
/// </summary>
public static class HostBoot
{
    private const string BootIdFile = "/proc/sys/kernel/random/boot_id";
    private const uint PrivateFile = 0x180; // 0600

    /// <summary>Does it unless it was done since the host was booted, or since its run root was emptied.</summary>
    /// <param name="host">Where pods are kept.</param>
    /// <param name="tell">Is told of each pod that cannot be brought back; the others are.</param>
    public static void Notice(PodHost host, Action<PodFolders, Exception> tell)
    {
        ArgumentNullException.ThrowIfNull(host);
        ArgumentNullException.ThrowIfNull(tell);
        var mark = $"{host.RunRoot}/boot-id";
        if (FileSystem.TryStat($"{host.DataRoot}/pods") is not { IsDirectory: true } || IsOfThisBoot(mark))
        {
            return;
        }

        FileSystem.MakeDirectories(host.PodsRoot, PodFolders.PrivateFolder);
        using var all = FileLock.AcquireDirectory(host.PodsRoot);
        if (IsOfThisBoot(mark))
        {
            return;
        }

        foreach (var owner in FileSystem.List($"{host.DataRoot}/pods"))
        {
            if (PodLeftOvers.TryFindByData(host, owner) is { } folders && PodRecord.IsThere(folders))
            {
                try
                {
                    BringBack(folders);
                }
                catch (Exception e) when (PodFailure.Is(e))
                {
                    tell(folders, e);
                }
            }
        }

        using var root = FileSystem.OpenDirectory(host.RunRoot);
        FileSystem.Replace(root, Path.GetFileName(mark), System.Text.Encoding.ASCII.GetBytes(FileSystem.ReadText(BootIdFile)), PrivateFile);
    }

    private static bool IsOfThisBoot(string mark) => FileSystem.TryReadText(mark) is { } known && known == FileSystem.ReadText(BootIdFile);

    private static void BringBack(PodFolders folders)
    {
        if (FileSystem.TryStat(folders.Run, followSymlinks: false) is not null)
        {
            if (SupervisorProcess.IsAlive(folders) || SupervisorProcess.IsBeingMade(folders) || PodCgroup.IsPopulated(CgroupHierarchy.Find(), folders))
            {
                return;
            }

            // A run root on disk: what it says of processes is of the boot before.
            FileTree.Remove(folders.Run);
        }

        PodRecord.Restore(folders);
        var wishes = PodWishes.TryRead(folders);
        if (wishes.Remove)
        {
            // A command had asked for that when the host went down.
            PodTeardown.Stop(folders);
            PodTeardown.Remove(folders);
            return;
        }

        var status = StatusFile.TryRead(folders) ?? new PodStatus { StartTime = Timestamp.Now };
        var ended = Rebooted.Ended(status, wasStopping: wishes.StopBy is not null, Timestamp.Now);
        if (ended == status)
        {
            return;
        }

        StatusFile.Write(folders, ended);
        FileSystem.RemoveFile(folders.Wishes);
        PodRecord.Keep(folders);
        using var events = new EventLog(folders);
        events.Add("Warning", Rebooted.Reason, null, Rebooted.Message);
    }
}
