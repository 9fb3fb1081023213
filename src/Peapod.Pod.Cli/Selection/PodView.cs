using System.Text.Json.Nodes;
using Peapod.Kernel.Files;
using Peapod.Pod.Cli.Output;
using Peapod.Pod.Layout;
using Peapod.Pod.Objects;
using Peapod.Pod.Supervision;

namespace Peapod.Pod.Cli.Selection;

/// <summary>One pod as commands show it: what was wanted, and what is known of it.</summary>
/// <param name="IsSupervised">It is over, or somebody watches over it.</param>
/// <param name="Damage">The sentence that says which of its files cannot be read any more; null when all can.</param>
internal sealed record PodView(PodFolders Folders, PodManifest Manifest, PodStatus Status, bool IsSupervised, string? Damage = null)
{
    internal string Name => Folders.Name;

    /// <summary>Reads a pod, with a new supervisor in place of one that was killed. That this fails is told, and the pod is shown all the same.</summary>
    internal static PodView Read(PodFolders folders)
    {
        var pod = ReadOnly(folders, IsFolder(folders) && TryTakeOver(folders));
        if (pod.Damage is { } damage)
        {
            Damages.Tell($"pod \"{folders.Name}\": {damage}");
        }

        return pod;
    }

    /// <summary>Reads a pod and changes nothing.</summary>
    internal static PodView ReadOnly(PodFolders folders, bool supervised = true)
    {
        // A pod that is just being made, or that lost its maker, has no manifest.
        if (!IsFolder(folders))
        {
            var none = $"{folders.Run} is damaged: it is no folder\n  \"peapod pod rm --force\" removes it";
            return new PodView(folders, Nothing(folders), Unknown(none), supervised, none);
        }

        string? damage = null;
        var status = Known(folders, StatusFile.TryRead, ref damage) ?? (damage is null ? new PodStatus() : Unknown(damage));
        var manifest = Known(folders, ManifestFile.TryRead, ref damage) ?? Nothing(folders);
        return new PodView(folders, manifest, status, supervised || status.Phase is PodPhase.Succeeded or PodPhase.Failed, damage);
    }

    /// <summary>One that has just been removed counts.</summary>
    private static bool IsFolder(PodFolders folders) => FileSystem.TryStat(folders.Run, followSymlinks: false) is null or { IsDirectory: true };

    private static T? Known<T>(PodFolders folders, Func<PodFolders, T?> read, ref string? damage)
        where T : class
    {
        try
        {
            return read(folders);
        }
        catch (DamagedStateException e)
        {
            damage ??= e.Message;
            return null;
        }
    }

    private static PodManifest Nothing(PodFolders folders) => new() { Metadata = new ObjectMeta { Name = folders.Name, Namespace = folders.Namespace } };

    private static PodStatus Unknown(string damage) => new() { Phase = PodPhase.Unknown, Reason = PodSummary.Damaged, Message = damage };

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
        var raw = Damage is null;
        var node = JsonNode.Parse((raw ? PodFolders.TryRead(Folders.Manifest) : null) ?? Manifest.ToJson())!.AsObject();
        node["status"] = JsonNode.Parse((raw ? PodFolders.TryRead($"{Folders.Run}/status.json") : null) ?? Status.ToJson());
        return node;
    }

    private static bool TryTakeOver(PodFolders folders)
    {
        try
        {
            // One that is just being made has a creator instead.
            var isBeingMade = FileSystem.TryStat(folders.CreatorLock, followSymlinks: false) is null || SupervisorProcess.IsBeingMade(folders);
            return SupervisorProcess.TakeOver(folders) || isBeingMade;
        }
        catch (DamagedStateException)
        {
            // Told by who reads it.
            return false;
        }
        catch (Exception e) when (PodFailure.Is(e))
        {
            Report.Error(e, $"pod \"{folders.Name}\": ");
            return false;
        }
    }
}
