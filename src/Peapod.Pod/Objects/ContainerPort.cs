using System.Text.Json.Serialization;
using Peapod.Oci.Json;

namespace Peapod.Pod.Objects;

[JsonRecord]
public sealed partial record ContainerPort
{
    public string? Name { get; init; }

    /// <summary>The port of the host that leads here; null (or 0 in the manifest) for none.</summary>
    public int? HostPort { get; init; }

    /// <summary><c>containerPort</c>; a member may not carry the name of its type.</summary>
    [JsonPropertyName("containerPort")]
    public int Number { get; init; }

    /// <summary>Set after <see cref="Manifest.ManifestDefaults"/>: TCP.</summary>
    public PortProtocol? Protocol { get; init; }

    /// <summary>The address of the host to listen at; null for all.</summary>
    public string? HostIP { get; init; }
}
