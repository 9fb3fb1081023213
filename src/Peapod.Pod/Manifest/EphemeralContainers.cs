using Peapod.Pod.Objects;

namespace Peapod.Pod.Manifest;

/// <summary>Containers that are added to a pod that runs.</summary>
public static class EphemeralContainers
{
    /// <summary>The pod with one more ephemeral container, whose defaults are set.</summary>
    /// <exception cref="ManifestException">With everything that is wrong with it, by the names of its fields.</exception>
    public static PodManifest Add(PodManifest pod, ContainerSpec container)
    {
        ArgumentNullException.ThrowIfNull(pod);
        ArgumentNullException.ThrowIfNull(container);
        var problems = new ManifestProblems("");
        var added = ContainerDefaults.Apply(container, hostNetwork: false);
        new ManifestValidation(problems).ValidateEphemeral(pod, added, SourceLines.Element("spec.ephemeralContainers", pod.Spec.EphemeralContainers.Count));
        problems.ThrowIfAny();
        return pod with { Spec = pod.Spec with { EphemeralContainers = [.. pod.Spec.EphemeralContainers, added] } };
    }
}
