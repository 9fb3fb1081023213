using Peapod.Pod.Objects;

namespace Peapod.Pod.Manifest;

/// <summary>
/// The API server's rules (Kubernetes 1.34, pkg/apis/core/validation) for objects whose defaults are set, in its words. Where its path is not
/// that of a field (<c>envFrom</c> without the index, <c>HostPID</c>), the field's own is named. None is stricter than the server's: what it
/// takes and nobody here can do (relative paths on the host, devices of plugins, texts that would break a file that Peapod writes) is told
/// as that (<see cref="FieldErrors.Unable"/>).
/// </summary>
internal sealed class ManifestValidation(ManifestProblems problems)
{
    private readonly FieldErrors _errors = new(problems);

    /// <param name="pod">The pod.</param>
    /// <param name="path">Where it stands in the document: empty, or <c>items[0]</c> in a List.</param>
    public void Validate(PodManifest pod, string path)
    {
        new MetadataRules(_errors).Validate(pod.Metadata, SourceLines.Member(path, "metadata"));
        new SecurityAnnotationRules(_errors).Validate(pod, SourceLines.Member(path, "metadata") + ".annotations", SourceLines.Member(path, "spec"));
        Spec(pod.Spec, pod.Metadata.Name, SourceLines.Member(path, "spec"));
    }

    public void Validate(ConfigMap configMap, string path)
    {
        new MetadataRules(_errors).Validate(configMap.Metadata, SourceLines.Member(path, "metadata"));
        new DataRules(_errors).ConfigMap(configMap, path);
    }

    public void Validate(Secret secret, string path)
    {
        new MetadataRules(_errors).Validate(secret.Metadata, SourceLines.Member(path, "metadata"));
        new DataRules(_errors).Secret(secret, path);
    }

    public void Validate(PersistentVolumeClaim claim, string path)
    {
        new MetadataRules(_errors).Validate(claim.Metadata, SourceLines.Member(path, "metadata"));
        new ClaimRules(_errors).Spec(claim.Spec, SourceLines.Member(path, "spec"));
    }

    public void Validate(RuntimeClass runtimeClass, string path) => new RuntimeClassRules(_errors).Validate(runtimeClass, path);

    /// <param name="pod">The pod that gets the container.</param>
    /// <param name="container">The ephemeral container.</param>
    /// <param name="path">What the container's fields are called.</param>
    public void ValidateEphemeral(PodManifest pod, ContainerSpec container, string path)
    {
        var volumes = new Dictionary<string, Volume>();
        foreach (var volume in pod.Spec.Volumes)
        {
            volumes[volume.Name] = volume;
        }

        new ContainerRules(_errors, pod.Spec, volumes, new DownwardApiRules(_errors, Names(pod.Spec, container))).Added(container, path);
    }

    private void Spec(PodSpec spec, string name, string path)
    {
        var fields = new DownwardApiRules(_errors, _errors.Covers(path + ".containers") ? null : Names(spec, null));
        var volumes = new VolumeRules(_errors, fields).Validate(spec.Volumes, name, path + ".volumes");
        var containers = new ContainerRules(_errors, spec, volumes, fields);
        containers.Regular(path + ".containers");
        containers.Init(path + ".initContainers");
        containers.Ephemeral(path + ".ephemeralContainers");
        new ResourceRules(_errors).Pod(spec, path);
        new ResourceRules(_errors).Overhead(spec.Overhead, path + ".overhead");

        if (spec.ActiveDeadlineSeconds is { } deadline)
        {
            _errors.InRange(deadline, 1, int.MaxValue, path + ".activeDeadlineSeconds");
        }

        new SecurityRules(_errors).Pod(spec, path);
        new NetworkRules(_errors).Validate(spec, path);
        new SchedulingRules(_errors).Validate(spec, path);
        _errors.OptionalName(spec.RuntimeClassName, path + ".runtimeClassName", NameRules.Dns1123Subdomain);
    }

    private static HashSet<string> Names(PodSpec spec, ContainerSpec? more)
    {
        var names = new HashSet<string>();
        foreach (var container in spec.Containers.Concat(spec.InitContainers).Concat(spec.EphemeralContainers))
        {
            names.Add(container.Name);
        }

        if (more is not null)
        {
            names.Add(more.Name);
        }

        return names;
    }
}
