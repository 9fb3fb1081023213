using Peapod.Pod.Objects;
namespace Peapod.Pod.Manifest;

/// <summary>What a manifest file holds: objects with their defaults set, checked.</summary>
public sealed record ManifestDocuments
{
    public required IReadOnlyList<PodManifest> Pods { get; init; }

    /// <summary>Where the pods stand, in the same order.</summary>
    public IReadOnlyList<ManifestPlace> Places { get; init; } = [];

    public IReadOnlyList<ConfigMap> ConfigMaps { get; init; } = [];

    /// <summary>All values in <see cref="Secret.Data"/>, as the API server keeps them.</summary>
    public IReadOnlyList<Secret> Secrets { get; init; } = [];

    public IReadOnlyList<PersistentVolumeClaim> PersistentVolumeClaims { get; init; } = [];

    public IReadOnlyList<RuntimeClass> RuntimeClasses { get; init; } = [];

    /// <summary>Whether there was nothing but what lenient reading passed over.</summary>
    public bool IsEmpty => Pods.Count + ConfigMaps.Count + Secrets.Count + PersistentVolumeClaims.Count + RuntimeClasses.Count == 0;

    /// <summary>What lenient reading let pass, and what is out of date, each as <c>FILE:LINE: PATH: …</c>.</summary>
    public required IReadOnlyList<string> Warnings { get; init; }
}
