using Peapod.Oci.Json;

namespace Peapod.Pod.Objects;

/// <summary>A key of a ConfigMap or Secret as a file of a volume.</summary>
[JsonRecord]
public sealed partial record KeyToPath
{
    public string Key { get; init => field = value ?? ""; } = "";

    /// <summary>Relative to the volume, without <c>..</c>.</summary>
    public string Path { get; init => field = value ?? ""; } = "";

    /// <summary>Permission bits; null for the default of the volume.</summary>
    public int? Mode { get; init; }
}
