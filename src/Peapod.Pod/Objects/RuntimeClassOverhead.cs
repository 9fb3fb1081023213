using Peapod.Oci.Json;

namespace Peapod.Pod.Objects;

/// <summary>What a runtime takes besides.</summary>
[JsonRecord]
public sealed partial record RuntimeClassOverhead
{
    /// <summary>For each pod, by resource.</summary>
    public IReadOnlyDictionary<string, Quantity>? PodFixed { get; init; }
}
