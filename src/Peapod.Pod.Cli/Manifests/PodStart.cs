using System.CommandLine;
using System.Text;
using Peapod.Image;
using Peapod.Kernel.Terminals;
using Peapod.Pod.Layout;
using Peapod.Pod.Objects;
using Peapod.Pod.Sandbox;
using Peapod.Pod.Supervision;
using Peapod.Pod.Supervision.Runtimes;

namespace Peapod.Pod.Cli.Manifests;

/// <summary>Makes a pod.</summary>
internal static class PodStart
{
    internal static Option<string[]> AllowedSysctlsOption() => new("--allow-unsafe-sysctl")
    {
        Description = "let the pods set this kernel parameter of theirs, or all that begin so (kernel.msg*); repeatable", HelpName = "NAME",
    };

    /// <summary>Writes the pod down and starts its supervisor. What fails leaves nothing.</summary>
    /// <param name="sysctls">What <see cref="AllowedSysctlsOption"/> says.</param>
    internal static PodFolders Start(PodHost host, PodManifest pod, string[] sysctls)
    {
        AllowedSysctls.Check(sysctls);
        var folders = host.FoldersOf(pod.Metadata.Namespace!, pod.Metadata.Name);
        CheckImages(host, pod);
        (pod, var runtime) = RuntimeClasses.Resolve(host, pod);
        using var creator = host.Add(folders) ?? throw new PodException($"pods \"{pod.Metadata.Name}\" already exists");
        try
        {
            ManifestFile.WriteNew(folders, pod);
            AllowedSysctls.Write(folders, sysctls);
            if (runtime is not null)
            {
                RuntimeChoice.Write(folders, runtime);
            }

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
