using Peapod.Kernel.Files;
using Peapod.Pod.Layout;
using Peapod.Pod.Objects;

namespace Peapod.Pod.Volumes;

/// <summary>
/// What a pod may take of the host's disk, measured as the kubelet measures it where no file system enforces it: emptyDir.sizeLimit, and
/// limits of ephemeral-storage, which count writable layers, logs and emptyDirs on disk. pkg/kubelet/eviction, localStorageEviction.
/// </summary>
internal static class LocalStorage
{
    private const string Resource = "ephemeral-storage";

    /// <summary>Whether there is something to measure.</summary>
    internal static bool IsLimited(PodManifest pod) => OnDisk(pod).Any(static volume => volume.EmptyDir!.SizeLimit is { Amount: > 0 }) || Containers(pod).Any(static container => container.Resources.Limit(Resource) is not null);

    /// <summary>What the pod takes too much of, in the kubelet's words; null when all is within its limits.</summary>
    /// <exception cref="Kernel.KernelException">It cannot be measured.</exception>
    internal static string? WhyTooMuch(PodManifest pod, PodFolders folders)
    {
        var total = 0L;
        foreach (var volume in OnDisk(pod))
        {
            if (DiskUsage.Of(folders.VolumeOf(volume.Name)) is not { } used)
            {
                return TooDeep($"EmptyDir volume \"{volume.Name}\"");
            }

            if (volume.EmptyDir!.SizeLimit is { Amount: > 0 } limit && used > limit.Value)
            {
                return $"Usage of EmptyDir volume \"{volume.Name}\" exceeds the limit \"{limit}\". ";
            }

            total += used;
        }

        var own = new Dictionary<string, long>();
        foreach (var container in Containers(pod))
        {
            if (DiskUsage.Of(folders.LayerOf(container.Name)) is not { } layer)
            {
                return TooDeep($"Container {container.Name}");
            }

            own[container.Name] = layer + (DiskUsage.Of(folders.LogsOf(container.Name)) ?? 0);
            total += own[container.Name];
        }

        if (PodResources.Limits(pod).TryGetValue(Resource, out var most) && total > most.Value)
        {
            return $"Pod ephemeral local storage usage exceeds the total limit of containers {most}. ";
        }

        foreach (var container in Containers(pod))
        {
            if (container.Resources.Limit(Resource) is { } limit && own[container.Name] > limit.Value)
            {
                return $"Container {container.Name} exceeded its local ephemeral storage limit \"{limit}\". ";
            }
        }

        return null;
    }

    /// <summary>Whoever could hide files by nesting them would have no limit.</summary>
    private static string TooDeep(string what) => $"{what} cannot be measured: it has more than {DiskUsage.DeepestTree} directories in each other. ";

    private static IEnumerable<Volume> OnDisk(PodManifest pod) => pod.Spec.Volumes.Where(static volume => volume.EmptyDir is { Medium: StorageMedium.Default });

    private static IEnumerable<ContainerSpec> Containers(PodManifest pod) => pod.Spec.InitContainers.Concat(pod.Spec.Containers);
}
