using Peapod.Oci.Json;

namespace Peapod.Oci;

/// <summary>Extensions of mounts (features-linux.md, Mount extensions).</summary>
[JsonRecord]
public sealed partial record MountExtensionsFeatures
{
    /// <summary>Id-mapped mounts.</summary>
    public EnabledFeature? Idmap { get; init; }
}
