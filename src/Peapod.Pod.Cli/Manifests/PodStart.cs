using System.Text;
using Peapod.Kernel.Terminals;
using Peapod.Pod.Layout;
using Peapod.Pod.Objects;
using Peapod.Pod.Supervision;
using Peapod.Pod.Supervision.Runtimes;

namespace Peapod.Pod.Cli.Manifests;

/// <summary>Makes a pod.</summary>
internal static class PodStart
{
    /// <summary>Writes the pod down and starts its supervisor. What fails leaves nothing.</summary>
    /// <param name="host">The host.</param>
    /// <param name="pod">The pod.</param>
    /// <param name="decisions">What is not the manifest's to decide.</param>
    /// <param name="tell">Says a message that begins with a field of the pod in words of whoever wrote it.</param>
    /// <param name="mayRename">See <see cref="PodImages"/>.</param>
    internal static PodFolders Start(PodHost host, PodManifest pod, PodDecisions decisions, Func<string, string> tell, bool mayRename = true)
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
