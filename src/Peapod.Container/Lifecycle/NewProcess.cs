using System.Globalization;
using System.Text;
using Peapod.Kernel;
using Peapod.Kernel.Files;
using Peapod.Kernel.Processes;
using Peapod.Kernel.Sockets;

namespace Peapod.Container.Lifecycle;

/// <summary>What is done for a process that was just made, a container's first one or one of exec, and to one that must not be.</summary>
internal static class NewProcess
{
    /// <summary>In the words of runc, whose name for the process is all that goes with it.</summary>
    internal static void SendPidfd(SafeFd? socket, ReadOnlySpan<byte> name, PidFd process)
    {
        if (socket is null)
        {
            return;
        }

        try
        {
            UnixSocket.Send(socket, name, process);
        }
        catch (KernelException e)
        {
            throw new ContainerException($"--pidfd-socket: cannot send the process's pidfd: {KernelException.Describe(e.Error)}", 1, e);
        }
    }

    internal static void KillAndReap(PidFd process)
    {
        process.Signal(Signals.SIGKILL);
        process.Wait();
        process.Dispose();
    }

    internal static void SetOomScore(int pid, int? score)
    {
        if (score is not { } value)
        {
            return;
        }

        try
        {
            FileSystem.WriteExisting($"/proc/{pid}/oom_score_adj", value.ToString(CultureInfo.InvariantCulture));
        }
        catch (KernelException e)
        {
            throw new ContainerException($"config.json: process.oomScoreAdj: cannot set it to {value}: {KernelException.Describe(e.Error)}", 1, e);
        }
    }

    internal static void WritePidFile(string? path, int pid)
    {
        if (path is null)
        {
            return;
        }

        try
        {
            var full = Path.GetFullPath(path);
            using var folder = FileSystem.OpenDirectory(Path.GetDirectoryName(full)!);
            FileSystem.Replace(folder, Path.GetFileName(full), Encoding.ASCII.GetBytes(pid.ToString(CultureInfo.InvariantCulture)), 0x1a4);
        }
        catch (KernelException e)
        {
            throw new ContainerException($"--pid-file: cannot write \"{path}\": {KernelException.Describe(e.Error)}", 1, e);
        }
    }
}
