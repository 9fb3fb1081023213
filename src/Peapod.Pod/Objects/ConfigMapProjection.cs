using Peapod.Oci.Json;

namespace Peapod.Pod.Objects;

/// <summary>Keys of a ConfigMap or a Secret.</summary>
[JsonRecord]
public sealed partial record ConfigMapProjection
{
    public string Name { get; init => field = value ?? ""; } = "";

    public IReadOnlyList<KeyToPath> Items { get; init => field = value ?? []; } = [];

    public bool? Optional { get; init; }
}
