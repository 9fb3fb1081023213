using System.Net;
using Peapod.Container.State;
using Peapod.Kernel;
using Peapod.Kernel.Processes;
using Peapod.Pod.Containers;
using Peapod.Pod.Sandbox;
using Peapod.Pod.Store;

namespace Peapod.Pod.Supervision;

/// <summary>Keeps the process that holds a pod's namespaces.</summary>
internal sealed class SandboxKeeper(PodContext context) : IDisposable
{
    /// <summary>Milliseconds in which a killed process must be gone.</summary>
    private const int KillTimeout = 10_000;

    private int pid;

    /// <summary>Null when there is none.</summary>
    internal PidFd? Process { get; private set; }

    /// <summary>Makes it; the context has the pod's addresses then.</summary>
    internal void Make()
    {
        var made = PodSandbox.Make(context.Pod, context.Folders, context.Log);
        (Process, pid, context.Addresses) = (made.Process, made.Pid, made.Addresses);
        Reload();
    }

    /// <summary>Takes over the one that an earlier supervisor made.</summary>
    /// <param name="addresses">The pod's.</param>
    /// <returns>False when it is gone.</returns>
    internal bool TakeOver(IReadOnlyList<IPAddress> addresses)
    {
        var store = new ContainerStore(context.Folders.Containers, context.Folders.Filters);
        if (store.TryRead(SandboxSpec.Id) is not { } record || Container.Lifecycle.Container.Open(store, SandboxSpec.Id).OpenProcess() is not { } running)
        {
            return false;
        }

        (Process, pid, context.Addresses) = (running, record.Pid, addresses);
        Reload();
        return true;
    }

    /// <summary>Has the containers to come made by the manifest as it is now.</summary>
    internal void Reload()
    {
        if (Process is null)
        {
            return;
        }

        var (pod, folders) = (context.Pod, context.Folders);
        var fields = new DownwardFields(pod, [.. context.Addresses.Select(static address => address.ToString())], Node.This(folders.Host.DataRoot));
        var environment = new ContainerEnvironment(pod.Metadata.Namespace!, fields, new ObjectStore(folders.Host));
        context.Compiler = new ContainerSpecCompiler(pod, folders, pid, PodCgroup.Of(pod, folders), environment);
    }

    /// <summary>Kills its process, if there is one, and reaps it.</summary>
    internal void End()
    {
        context.Compiler = null;
        Process?.Signal(Signals.SIGKILL);
        Process?.WaitForExit(KillTimeout);
        try
        {
            Process?.TryWait();
        }
        catch (KernelException e) when (e.Error == Errno.ECHILD)
        {
            // It was an earlier supervisor's child.
        }

        Process?.Dispose();
        Process = null;
    }

    public void Dispose() => Process?.Dispose();
}
