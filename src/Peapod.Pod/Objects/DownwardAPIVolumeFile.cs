using Peapod.Oci.Json;

namespace Peapod.Pod.Objects;

/// <summary>One field as a file: exactly one source is set.</summary>
[JsonRecord]
public sealed partial record DownwardAPIVolumeFile
{
    /// <summary>Relative to the volume, without <c>..</c>.</summary>
    public string Path { get; init => field = value ?? ""; } = "";

    public ObjectFieldSelector? FieldRef { get; init; }

    public ResourceFieldSelector? ResourceFieldRef { get; init; }

    public int? Mode { get; init; }
}
