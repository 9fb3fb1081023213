using System.Net;
using Peapod.Kernel.Processes;
using Peapod.Pod.Containers;
using Peapod.Pod.Sandbox;
using Peapod.Pod.Store;
using Peapod.Shim.Sandbox;

namespace Peapod.Pod.Supervision;

/// <summary>Has a pod's sandbox made by the manifest, and its containers made in it.</summary>
internal sealed class SandboxKeeper(PodContext context) : IDisposable
{
    private readonly ShimSandbox sandbox = new(context.Shim);

    /// <summary>Null when there is none.</summary>
    internal PidFd? Process => sandbox.Process;

    /// <summary>Makes it; the context has the pod's addresses then.</summary>
    internal void Make()
    {
        context.Addresses = PodSandbox.Make(sandbox, context.Pod, context.Folders, context.Log);
        Reload();
    }

    /// <summary>Takes over the one that an earlier supervisor made.</summary>
    /// <param name="addresses">The pod's.</param>
    /// <returns>False when it is gone.</returns>
    internal bool TakeOver(IReadOnlyList<IPAddress> addresses)
    {
        if (!sandbox.TakeOver())
        {
            return false;
        }

        context.Addresses = addresses;
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
        context.Describer = new ContainerDescriber(pod, folders, sandbox.Pid, PodCgroup.Of(pod, folders), environment);
    }

    /// <inheritdoc cref="ShimSandbox.End"/>
    internal void End()
    {
        context.Describer = null;
        sandbox.End();
    }

    public void Dispose() => sandbox.Dispose();
}
