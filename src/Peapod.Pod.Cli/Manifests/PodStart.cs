using System.Text;
using Peapod.Kernel.Terminals;
using Peapod.Pod.Layout;
using Peapod.Pod.Manifest;
using Peapod.Pod.Objects;
using Peapod.Pod.Sandbox;
using Peapod.Pod.Supervision;
using Peapod.Pod.Supervision.Runtimes;

namespace Peapod.Pod.Cli.Manifests;

/// <summary>Makes a pod.</summary>
internal static class PodStart
{
    /// <summary>Looks whether this host would take the pod now: its class, its images and its host ports.</summary>
    /// <exception cref="PodException">It would not; other failures are those of its start.</exception>
    internal static void Check(PodHost host, PodManifest pod, PodDecisions decisions)
    {
        decisions.Check();
        PodImages.Check(host, pod);
        RuntimeClasses.Resolve(host, pod);
        PodSandbox.CheckPorts(pod, host);
    }

    /// <summary>Writes the pod down and starts its supervisor. What fails leaves nothing.</summary>
    /// <param name="host">The host.</param>
    /// <param name="pod">The pod.</param>
    /// <param name="decisions">What is not the manifest's to decide.</param>
    /// <param name="place">Where the pod's manifest stands: messages that begin with a field of it are told with the file and line.</param>
    /// <param name="mayRename">See <see cref="PodImages"/>.</param>
    internal static PodFolders Start(PodHost host, PodManifest pod, PodDecisions decisions, ManifestPlace place, bool mayRename = true) =>
        Start(host, pod, decisions, place.Tell, mayRename, place.File);

    /// <param name="host">The host.</param>
    /// <param name="pod">The pod.</param>
    /// <param name="decisions">What is not the manifest's to decide.</param>
    /// <param name="tell">Says a message that begins with a field of the pod in words of whoever wrote it.</param>
    /// <param name="mayRename">See <see cref="PodImages"/>.</param>
    /// <param name="file">The manifest's; null when there is none.</param>
    internal static PodFolders Start(PodHost host, PodManifest pod, PodDecisions decisions, Func<string, string> tell, bool mayRename = true, string? file = null)
    {
        decisions.Check();
        var folders = host.FoldersOf(pod.Metadata.Namespace!, pod.Metadata.Name);
        pod = PodImages.Bring(host, pod, mayRename);
        (pod, var runtime) = RuntimeClasses.Resolve(host, pod);
        using var creator = host.Add(folders) ?? throw new PodException($"pods \"{pod.Metadata.Name}\" already exists");
        try
        {
            ManifestFile.WriteNew(folders, pod);
            decisions.Write(folders);
            if (file is not null)
            {
                ManifestSource.Write(folders, file);
            }

            if (runtime is not null)
            {
                RuntimeChoice.Write(folders, runtime);
            }

            if (RawMode.SizeOfCallers() is { } size)
            {
                folders.Write(folders.TerminalSize, Encoding.UTF8.GetBytes($"{size.Rows} {size.Columns}"));
            }

            SupervisorProcess.Start(folders);
            return folders;
        }
        catch (PodException e) when (tell(e.Message) is var told && told != e.Message)
        {
            SupervisorProcess.Remove(folders);
            throw new PodException(told, e) { ExitCode = e.ExitCode };
        }
        catch
        {
            SupervisorProcess.Remove(folders);
            throw;
        }
    }
}
