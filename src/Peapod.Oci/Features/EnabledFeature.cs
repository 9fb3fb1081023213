using Peapod.Oci.Json;

namespace Peapod.Oci;

/// <summary>Something that is either built in or not (features-linux.md).</summary>
[JsonRecord]
public sealed partial record EnabledFeature
{
    /// <summary>Built in.</summary>
    public bool? Enabled { get; init; }
}
