using System.Globalization;
using Peapod.Kernel;
using Peapod.Kernel.Files;
using Peapod.Kernel.Processes;
using Peapod.Kernel.Sockets;
using Peapod.Pod.Layout;
using Peapod.Pod.Sandbox;
using Peapod.Shim.Keeping;

namespace Peapod.Pod.Supervision;

/// <content>The removal of a pod whatever has become of its supervisor.</content>
public static partial class SupervisorProcess
{
    /// <summary>Kills the pod's containers, ends its supervisor, the hard way when it does not answer, and removes all that there is of the pod.</summary>
    public static void Remove(PodFolders folders)
    {
        if (FileSystem.TryStat(folders.Run, followSymlinks: false) is not { IsDirectory: true })
        {
            RemoveWithoutFolder(folders);
            return;
        }

        try
        {
            // Held to the end: a supervisor that was about to begin must not begin in what is being removed.
            using var held = TakeLock(folders);
            if (FileSystem.Stat(held.File).LinkCount > 0)
            {
                PodTeardown.Stop(folders);
                PodTeardown.Remove(folders);
                return;
            }
        }
        catch (KernelException e) when (e.Error == Errno.ENOENT && FileSystem.TryStat(folders.Run) is null)
        {
            // Removed by its supervisor, or by another command.
        }

        SupervisorCgroup.RemoveEmpty(folders);
    }

    /// <summary>What there is of a pod whose folder is gone, or is no folder: its processes, its data, its address.</summary>
    private static void RemoveWithoutFolder(PodFolders folders)
    {
        FileSystem.MakeDirectories(folders.Host.PodsRoot, PodFolders.PrivateFolder);
        using var all = FileLock.AcquireDirectory(folders.Host.PodsRoot);
        if (FileSystem.TryStat(folders.Run, followSymlinks: false) is not { IsDirectory: true })
        {
            KillStray(folders);
            FileTree.Remove(folders.Run);
            PodTeardown.Stop(folders);
            PodTeardown.Remove(folders);
        }
    }

    /// <summary>The supervisor of a pod whose folder is gone, with the lock and the socket that tell of it: known by its arguments.</summary>
    private static void KillStray(PodFolders folders)
    {
        foreach (var name in FileSystem.List("/proc"))
        {
            if (!int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var pid) || PidFd.TryOpen(pid) is not { } process)
            {
                continue;
            }

            using (process)
            {
                // Read when the number can no longer become another process's.
                if (FileSystem.TryStat($"/proc/{name}") is { Uid: 0 } && Supervises(CommandLineOf(name), folders))
                {
                    process.Signal(Signals.SIGKILL);
                    process.WaitForExit(AnswerTimeout);
                }
            }
        }
    }

    private static string? CommandLineOf(string pid)
    {
        try
        {
            return FileSystem.TryReadText($"/proc/{pid}/cmdline");
        }
        catch (KernelException e) when (e.Error == Errno.ESRCH)
        {
            return null;
        }
    }

    private static bool Supervises(string? commandLine, PodFolders folders) =>
        commandLine?.Split('\0') is ["peapod-pod", Command, var run, var data, _, var key, ""] && run == folders.Host.RunRoot && data == folders.Host.DataRoot && key == folders.Key;

    /// <summary>The supervisor's lock; null when a supervisor has it. What is no file any more in its place is removed: nobody can hold that.</summary>
    internal static FileLock? TryTakeLock(PodFolders folders)
    {
        if (!IsRegularOrMissing(folders.Lock))
        {
            FileTree.Remove(folders.Lock);
        }

        return FileLock.TryAcquire(folders.Lock);
    }

    private static FileLock TakeLock(PodFolders folders)
    {
        for (var silent = 0; ;)
        {
            if (TryTakeLock(folders) is { } held)
            {
                // One whose lock was taken away from under it listens still.
                KillListener(folders);
                return held;
            }

            if (AskToStop(folders, graceSeconds: 0, AnswerTimeout, remove: true) is null)
            {
                SupervisorCgroup.Kill(folders);
                KillSupervisor(folders);
                KillListener(folders);

                // A child that the supervisor was just making has its lock, and may be frozen.
                PodCgroup.Kill(folders);
                if (++silent == 2)
                {
                    return TakeLockOfCommand(folders);
                }
            }

            Thread.Sleep(1);
        }
    }

    /// <summary>No supervisor has it: another command, at the same.</summary>
    private static FileLock TakeLockOfCommand(PodFolders folders)
    {
        try
        {
            return FileLock.Acquire(folders.Lock, patience: AnswerTimeout);
        }
        catch (LockHeldException e)
        {
            throw new PodException($"pod \"{folders.Name}\": {e.Holder} is at work on it, and has not come to an end", e);
        }
    }

    private static void KillListener(PodFolders folders)
    {
        if (!TryConnect(folders, out var connected))
        {
            // So many wait for its answer already that it cannot be asked who it is.
            KillStray(folders);
            return;
        }

        using var socket = connected;
        if (socket is not null && UnixSocket.PeerProcess(socket) is > 0 and var pid && PidFd.TryOpen(pid) is { } process)
        {
            using (process)
            {
                process.Signal(Signals.SIGKILL);
                process.WaitForExit(AnswerTimeout);
            }
        }
    }

    private static void KillSupervisor(PodFolders folders)
    {
        // Written by the one who holds the lock, so it is that one's, unless that one has ended since.
        if (IsRegularOrMissing(folders.Lock) && int.TryParse(FileSystem.TryReadText(folders.Lock), CultureInfo.InvariantCulture, out var pid) && PidFd.TryOpen(pid) is { } process)
        {
            using (process)
            {
                // Another command may hold the lock, and the number be another process's by now.
                if (IsAlive(folders) && Supervises(CommandLineOf(pid.ToString(CultureInfo.InvariantCulture)), folders))
                {
                    process.Signal(Signals.SIGKILL);
                    process.WaitForExit(AnswerTimeout);
                }
            }
        }
    }
}
