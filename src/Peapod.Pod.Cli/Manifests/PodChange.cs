using Peapod.Kernel;
using Peapod.Kernel.Files;
using Peapod.Pod.Layout;
using Peapod.Pod.Objects;
using Peapod.Pod.Supervision;

namespace Peapod.Pod.Cli.Manifests;

/// <summary>A change of a pod that is there: its manifest, and what its supervisor makes of that. One at a time: who reads a manifest to change it holds the lock until it is written.</summary>
internal sealed class PodChange : IDisposable
{
    private readonly PodFolders folders;
    private readonly FileLock held;

    private PodChange(PodFolders folders, FileLock held, PodManifest live)
    {
        this.folders = folders;
        this.held = held;
        Live = live;
    }

    /// <summary>The manifest as it is.</summary>
    internal PodManifest Live { get; }

    /// <summary>Waits until nobody else changes the pod.</summary>
    /// <exception cref="PodException">The pod is gone, or its manifest is damaged.</exception>
    internal static PodChange Begin(PodFolders folders)
    {
        FileLock held;
        try
        {
            held = FileLock.AcquireDirectory(folders.Run);
        }
        catch (KernelException e) when (e.Error == Errno.ENOENT)
        {
            throw new PodException($"pods \"{folders.Name}\" not found", e);
        }

        try
        {
            return new PodChange(folders, held, ManifestFile.Read(folders));
        }
        catch
        {
            held.Dispose();
            throw;
        }
    }

    /// <exception cref="PodException">The supervisor cannot do it; the manifest is as it was.</exception>
    internal void Write(PodManifest next)
    {
        ManifestFile.Write(folders, next);
        if (StatusFile.TryRead(folders) is { Phase: PodPhase.Succeeded or PodPhase.Failed })
        {
            // Nobody is there to do anything about it, but to keep it.
            PodRecord.Keep(folders);
            return;
        }

        try
        {
            SupervisorProcess.Reload(folders);
        }
        catch
        {
            ManifestFile.Write(folders, Live);
            throw;
        }
    }

    public void Dispose() => held.Dispose();
}
