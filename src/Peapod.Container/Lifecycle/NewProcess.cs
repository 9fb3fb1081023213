using System.Globalization;
using System.Text;
using Peapod.Kernel;
using Peapod.Kernel.Files;
using Peapod.Kernel.Processes;
using Peapod.Kernel.Sockets;
using Peapod.Oci;

namespace Peapod.Container.Lifecycle;

/// <summary>What is done for a process that was just made, a container's first one or one of exec, and to one that must not be.</summary>
internal static class NewProcess
{
    /// <summary>The socket of crun's annotation for it, or null.</summary>
    /// <exception cref="ContainerException">Nobody listens there.</exception>
    internal static SafeFd? ConnectPidfdReceiver(Spec spec)
    {
        if (CrunAnnotations.Find(spec.Annotations, CrunAnnotations.PidfdReceiver) is not { } path)
        {
            return null;
        }

        try
        {
            return UnixSocket.Connect(path);
        }
        catch (KernelException e)
        {
            throw new ContainerException($"config.json: {CrunAnnotations.FieldOf(CrunAnnotations.PidfdReceiver)}: cannot connect to \"{path}\": {KernelException.Describe(e.Error)}", 1, e);
        }
    }

    /// <summary>In the words of runc, whose name for the process is all that goes with it; crun sends a space.</summary>
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
            throw new ContainerException($"cannot send the process's pidfd to its socket: {KernelException.Describe(e.Error)}", 1, e);
        }
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
