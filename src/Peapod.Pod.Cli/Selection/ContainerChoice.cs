using Peapod.Pod.Layout;

namespace Peapod.Pod.Cli.Selection;

/// <summary>Which container of a pod is meant.</summary>
internal static class ContainerChoice
{
    private const string DefaultAnnotation = "kubectl.kubernetes.io/default-container";

    /// <summary>The named one, or the one that the pod's annotation names, or the first, which is said when there are others.</summary>
    /// <exception cref="PodException">The pod has none of that name.</exception>
    internal static string Choose(PodFolders folders, string? wanted) => Choose(PodView.ReadOnly(folders), wanted, quiet: false);

    internal static string Choose(PodView pod, string? wanted, bool quiet)
    {
        var names = pod.ContainerNames();
        if (wanted is not null)
        {
            return names.Contains(wanted) ? wanted : throw new PodException($"container {wanted} is not valid for pod {pod.Name}; it has: [{string.Join(' ', names)}]");
        }

        if (pod.Manifest.Metadata.Annotations is { } annotations && annotations.TryGetValue(DefaultAnnotation, out var named) && names.Contains(named))
        {
            return named;
        }

        if (names.Count == 0)
        {
            throw new PodException($"pod \"{pod.Name}\" has no containers: it was never made whole\n  pod rm -f removes it");
        }

        if (names.Count > 1 && !quiet)
        {
            Console.Error.WriteLine($"Defaulted container \"{names[0]}\" out of: {Titles(pod)}");
        }

        return names[0];
    }

    /// <summary>As kubectl lists them: what is no container from the start is marked.</summary>
    private static string Titles(PodView pod)
    {
        var titles = new List<string>();
        titles.AddRange(pod.Manifest.Spec.Containers.Select(static container => container.Name));
        titles.AddRange(pod.Manifest.Spec.EphemeralContainers.Select(static container => $"{container.Name} (ephem)"));
        titles.AddRange(pod.Manifest.Spec.InitContainers.Select(static container => $"{container.Name} (init)"));
        return string.Join(", ", titles);
    }
}
