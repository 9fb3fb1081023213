using System.Text.Json.Serialization;

namespace Peapod.Pod.Manifest;

public sealed record HostPathVolumeSource
{
    /// <summary>Absolute, without <c>..</c>.</summary>
    public string Path { get; init => field = value ?? ""; } = "";

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public HostPathType Type { get; init; }
}
