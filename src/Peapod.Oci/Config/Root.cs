using Peapod.Oci.Json;

namespace Peapod.Oci;

/// <summary>The container's root file system (config.md, Root).</summary>
[JsonRecord]
public sealed partial record Root
{
    /// <summary>The directory, absolute or relative to the bundle.</summary>
    public string Path { get; init; } = "";

    /// <summary>Makes the root file system read-only in the container.</summary>
    [OmitDefault]
    public bool Readonly { get; init; }
}
