using System.Text.Json.Nodes;
using Peapod.Oci.Json;

namespace Peapod.Pod.Objects;

/// <summary>What is wanted of a persistent volume.</summary>
[JsonRecord]
public sealed partial record PersistentVolumeClaimSpec
{
    public IReadOnlyList<string> AccessModes { get; init => field = value ?? []; } = [];

    public ResourceRequirements? Resources { get; init; }

    public string? StorageClassName { get; init; }

    public string? VolumeName { get; init; }

    /// <summary>Filesystem or Block.</summary>
    public string? VolumeMode { get; init; }

    public JsonObject? Selector { get; init; }

    public string? VolumeAttributesClassName { get; init; }
}
