using Peapod.Pod.Objects;
namespace Peapod.Pod.Manifest;

/// <summary>What a manifest file holds: pods with their defaults set, checked.</summary>
public sealed record ManifestDocuments
{
    public required IReadOnlyList<PodManifest> Pods { get; init; }

    /// <summary>What lenient reading let pass, each as <c>FILE:LINE: PATH: …</c>.</summary>
    public required IReadOnlyList<string> Warnings { get; init; }
}
