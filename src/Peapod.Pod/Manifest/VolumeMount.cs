using System.Text.Json.Serialization;

namespace Peapod.Pod.Manifest;

public sealed record VolumeMount
{
    /// <summary>The volume of the pod that is mounted.</summary>
    public string Name { get; init => field = value ?? ""; } = "";

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool ReadOnly { get; init; }

    /// <summary>Where in the container.</summary>
    public string MountPath { get; init => field = value ?? ""; } = "";

    /// <summary>The folder or file in the volume to mount instead of its root; relative, without <c>..</c>.</summary>
    public string? SubPath { get; init; }
}
