using System.Text.Json.Nodes;
using Peapod.Kernel.Files;
using Peapod.Pod.Layout;
using Peapod.Pod.Objects;
using Peapod.Pod.Supervision;

namespace Peapod.Pod.Cli.Selection;

/// <summary>One pod as commands show it: what was wanted, and what is known of it.</summary>
/// <param name="IsSupervised">It is over, or somebody watches over it.</param>
internal sealed record PodView(PodFolders Folders, PodManifest Manifest, PodStatus Status, bool IsSupervised)
{
    internal string Name => Folders.Name;

    /// <summary>Reads a pod, with a new supervisor in place of one that was killed. That this fails is told, and the pod is shown all the same.</summary>
    internal static PodView Read(PodFolders folders)
    {
        var supervised = TryTakeOver(folders);
        return ReadOnly(folders, supervised);
    }

    /// <summary>Reads a pod and changes nothing.</summary>
    internal static PodView ReadOnly(PodFolders folders, bool supervised = true)
    {
        // A pod that is just being made, or that lost its maker, has no manifest.
        var manifest = PodFolders.TryRead(folders.Manifest) is { } json ? PodManifest.Parse(json)
            : new PodManifest { Metadata = new ObjectMeta { Name = folders.Name, Namespace = folders.Namespace } };
        var status = StatusFile.TryRead(folders) ?? new PodStatus();
        return new PodView(folders, manifest, status, supervised || status.Phase is PodPhase.Succeeded or PodPhase.Failed);
    }

    /// <summary>Its containers, then its init containers, then those that were added to it.</summary>
    internal List<string> ContainerNames()
    {
        var names = new List<string>();
        foreach (var group in (ReadOnlySpan<IReadOnlyList<ContainerSpec>>)[Manifest.Spec.Containers, Manifest.Spec.InitContainers, Manifest.Spec.EphemeralContainers])
        {
            foreach (var container in group)
            {
                names.Add(container.Name);
            }
        }

        return names;
    }

    /// <summary>In the order in which they begin.</summary>
    internal List<string> ContainerNamesInOrder() =>
    [
        .. Manifest.Spec.InitContainers.Select(static container => container.Name),
        .. Manifest.Spec.Containers.Select(static container => container.Name),
        .. Manifest.Spec.EphemeralContainers.Select(static container => container.Name),
    ];

    /// <summary>What is known of all of its containers.</summary>
    internal IEnumerable<ContainerStatus> ContainerStatuses() => [.. Status.ContainerStatuses, .. Status.InitContainerStatuses, .. Status.EphemeralContainerStatuses];

    /// <summary>As the API shows it.</summary>
    internal JsonObject ToJson()
    {
        var node = JsonNode.Parse(PodFolders.TryRead(Folders.Manifest) ?? Manifest.ToJson())!.AsObject();
        node["status"] = JsonNode.Parse(PodFolders.TryRead($"{Folders.Run}/status.json") ?? Status.ToJson());
        return node;
    }

    private static bool TryTakeOver(PodFolders folders)
    {
        try
        {
            // One that is just being made has a creator instead.
            var isBeingMade = FileSystem.TryStat(folders.CreatorLock) is null || FileLock.IsHeld(folders.CreatorLock);
            return SupervisorProcess.TakeOver(folders) || isBeingMade;
        }
        catch (Exception e) when (PodFailure.Is(e))
        {
            Console.Error.WriteLine($"peapod: pod \"{folders.Name}\": {e.Message}");
            return false;
        }
    }
}
