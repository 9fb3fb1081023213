using System.Text;
using Peapod.Image;
using Peapod.Kernel.Terminals;
using Peapod.Pod.Layout;
using Peapod.Pod.Objects;
using Peapod.Pod.Supervision;

namespace Peapod.Pod.Cli.Manifests;

/// <summary>Makes a pod.</summary>
internal static class PodStart
{
    /// <summary>Writes the pod down and starts its supervisor. What fails leaves nothing.</summary>
    internal static PodFolders Start(PodHost host, PodManifest pod, PodDecisions decisions)
    {
        decisions.Check();
        var folders = host.FoldersOf(pod.Metadata.Namespace!, pod.Metadata.Name);
        CheckImages(host, pod);
        using var creator = host.Add(folders) ?? throw new PodException($"pods \"{pod.Metadata.Name}\" already exists");
        try
        {
            ManifestFile.WriteNew(folders, pod);
            decisions.Write(folders);
            if (RawMode.SizeOf(0) is { } size)
            {
                folders.Write(folders.TerminalSize, Encoding.UTF8.GetBytes($"{size.Rows} {size.Columns}"));
            }

            SupervisorProcess.Start(folders);
            return folders;
        }
        catch
        {
            SupervisorProcess.Remove(folders);
            throw;
        }
    }

    /// <summary>Before anything is made or taken away: all images are there.</summary>
    internal static void CheckImages(PodHost host, PodManifest pod)
    {
        var images = new ImageStore(host.DataRoot);
        foreach (var container in pod.Spec.InitContainers)
        {
            images.Resolve(container.Image);
        }

        foreach (var container in pod.Spec.Containers)
        {
            images.Resolve(container.Image);
        }
    }
}
