using System.Globalization;
using Peapod.Container.Lifecycle;
using Peapod.Kernel;
using Peapod.Kernel.Files;
using Peapod.Kernel.Interop;
using Peapod.Kernel.Mounts;
using Peapod.Kernel.Processes;
using Peapod.Oci;

namespace Peapod.Shim.Sandbox;

/// <summary>The process that holds a pod's namespaces, from when it is made or found to when it is ended.</summary>
internal sealed class ShimSandbox(ShimContext shim) : IDisposable
{
    /// <summary>Its id among the pod's containers.</summary>
    internal const string Id = "sandbox";

    /// <summary>Milliseconds in which a killed process must be gone.</summary>
    private const int KillTimeout = 10_000;

    /// <summary>Null when there is none.</summary>
    internal PidFd? Process { get; private set; }

    /// <summary>The number of <see cref="Process"/> on the host.</summary>
    internal int Pid { get; private set; }

    /// <summary>Makes it. A failure leaves no process.</summary>
    /// <param name="spec">Its namespaces and their kernel parameters.</param>
    /// <param name="root">The host's number of its root user, whose its root directory is.</param>
    /// <param name="complete">Does what the pod needs besides, given the process's number; when that fails the process is ended.</param>
    internal void Make(Spec spec, uint root, Action<int> complete)
    {
        var owner = root.ToString(CultureInfo.InvariantCulture);
        using var place = DetachedMount.Create(
            "tmpfs", "sandbox", [new("size", "4k"), new("mode", "555"), new("uid", owner), new("gid", owner)], Libc.MOUNT_ATTR_NOSUID | Libc.MOUNT_ATTR_NODEV | Libc.MOUNT_ATTR_NOEXEC);
        using var nothing = FileSystem.Open("/dev/null", Libc.O_RDWR);
        var (container, made) = Container.Lifecycle.Container.Create(shim.Store, new CreateRequest
        {
            Id = Id,
            Spec = spec,
            SpecJson = spec.ToJson(),
            Bundle = shim.Folders.Run,
            RootMount = place,
            Pauses = true,
            NoNewKeyring = true,
            Streams = new(nothing, nothing, nothing),
        });
        (Process, Pid) = (made.Process, container.Record.Pid);
        try
        {
            complete(Pid);
        }
        catch
        {
            End();
            throw;
        }
    }

    /// <summary>Takes over the one that an earlier shim made.</summary>
    /// <returns>False when it is gone.</returns>
    internal bool TakeOver()
    {
        if (shim.Store.TryRead(Id) is not { } record || Container.Lifecycle.Container.Open(shim.Store, Id).OpenProcess() is not { } running)
        {
            return false;
        }

        (Process, Pid) = (running, record.Pid);
        return true;
    }

    /// <summary>Kills its process, if there is one, and reaps it.</summary>
    internal void End()
    {
        Process?.Signal(Signals.SIGKILL);
        Process?.WaitForExit(KillTimeout);
        try
        {
            Process?.TryWait();
        }
        catch (KernelException e) when (e.Error == Errno.ECHILD)
        {
            // It was an earlier shim's child.
        }

        Process?.Dispose();
        Process = null;
    }

    public void Dispose() => Process?.Dispose();
}
