using Peapod.Kernel.Files;
using Peapod.Pod.Layout;
using Peapod.Pod.Objects;
using Peapod.Pod.Supervision;
using Peapod.Pod.Supervision.Life;

namespace Peapod.Pod.Reboot;

/// <summary>Starts pods again that have ended: with their uid, volumes on disk, logs and restart counts, and with a new sandbox and address.</summary>
public static class PodAgain
{
    /// <summary>Starts it, and returns when its supervisor is there.</summary>
    /// <param name="folders">The pod.</param>
    /// <param name="whole">What had succeeded runs again too; otherwise only what its restartPolicy lets.</param>
    /// <returns>False when it has not ended.</returns>
    /// <exception cref="PodException">It cannot be started; it is as it was.</exception>
    public static bool Start(PodFolders folders, bool whole)
    {
        ArgumentNullException.ThrowIfNull(folders);
        if (SupervisorProcess.TakeOver(folders))
        {
            return false;
        }

        using (var held = SupervisorProcess.TryTakeLock(folders))
        {
            var status = StatusFile.TryRead(folders);
            if (held is null || status is not { Phase: PodPhase.Succeeded or PodPhase.Failed })
            {
                // Another command was faster; or it was never made.
                return status is not null ? false : throw new PodException($"pod \"{folders.Name}\" was never made whole\n  {folders.Removal}");
            }

            var next = Rebooted.Again(ManifestFile.Read(folders), status, PodRecord.TryReadBeforeStop(folders), whole, Timestamp.Now);
            FileSystem.RemoveFile(folders.Wishes);
            StatusFile.Write(folders, next);
            PodRecord.WriteBeforeStop(folders, null);
        }

        SupervisorProcess.Start(folders);
        return true;
    }
}
