using Peapod.Oci.Json;

namespace Peapod.Pod.Objects;

[JsonRecord]
public sealed partial record HostPathVolumeSource
{
    /// <summary>Absolute, without <c>..</c>.</summary>
    public string Path { get; init => field = value ?? ""; } = "";

    public HostPathType Type { get; init; }
}
