using Peapod.Pod.Layout;
using Peapod.Pod.Objects;
using Peapod.Pod.Supervision;

namespace Peapod.Pod.Cli.Manifests;

/// <summary>Changes a pod that is there: its manifest, and what its supervisor makes of that.</summary>
internal static class PodReload
{
    /// <exception cref="PodException">The supervisor cannot do it; the manifest is as it was.</exception>
    internal static void Change(PodFolders folders, PodManifest next)
    {
        var before = ManifestFile.Read(folders);
        ManifestFile.Write(folders, next);
        if (StatusFile.TryRead(folders) is { Phase: PodPhase.Succeeded or PodPhase.Failed })
        {
            // Nobody is there to do anything about it.
            return;
        }

        try
        {
            SupervisorProcess.Reload(folders);
        }
        catch
        {
            ManifestFile.Write(folders, before);
            throw;
        }
    }
}
