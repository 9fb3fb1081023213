using Peapod.Oci.Json;

namespace Peapod.Oci;

/// <summary>"root": the root file system.</summary>
[JsonRecord]
public sealed partial record Root
{
    /// <summary>Absolute, or from the bundle.</summary>
    public string? Path { get; init; }

    public bool? Readonly { get; init; }
}
