using Peapod.Pod.Objects;

namespace Peapod.Pod.Manifest;

/// <summary>Containers that are added to a pod that runs.</summary>
public static class EphemeralContainers
{
    private const string Path = "spec.ephemeralContainers";

    /// <summary>As the API server: a pod that is not there yet cannot have any.</summary>
    /// <exception cref="ManifestException">It has.</exception>
    public static void RefuseOnCreate(PodManifest pod)
    {
        ArgumentNullException.ThrowIfNull(pod);
        if (pod.Spec.EphemeralContainers.Count > 0)
        {
            throw new ManifestException([new ManifestError("", 0, Path, "Forbidden: cannot be set on create")]);
        }
    }

    /// <summary>The pod with one more ephemeral container, whose defaults are set.</summary>
    /// <exception cref="ManifestException">With everything that is wrong with it, by the names of its fields.</exception>
    public static PodManifest Add(PodManifest pod, ContainerSpec container)
    {
        ArgumentNullException.ThrowIfNull(pod);
        ArgumentNullException.ThrowIfNull(container);
        var problems = new ManifestProblems("");
        var added = ContainerDefaults.Apply(container, hostNetwork: false);
        new ManifestValidation(problems).ValidateEphemeral(pod, added, SourceLines.Element(Path, pod.Spec.EphemeralContainers.Count));
        problems.ThrowIfAny();
        return pod with { Spec = pod.Spec with { EphemeralContainers = [.. pod.Spec.EphemeralContainers, added] } };
    }
}
