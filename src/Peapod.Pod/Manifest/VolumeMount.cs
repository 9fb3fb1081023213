using Peapod.Oci.Json;

namespace Peapod.Pod.Manifest;

[JsonRecord]
public sealed partial record VolumeMount
{
    /// <summary>The volume of the pod that is mounted.</summary>
    public string Name { get; init => field = value ?? ""; } = "";

    [OmitDefault]
    public bool ReadOnly { get; init; }

    /// <summary>Where in the container.</summary>
    public string MountPath { get; init => field = value ?? ""; } = "";

    /// <summary>The folder or file in the volume to mount instead of its root; relative, without <c>..</c>.</summary>
    public string? SubPath { get; init; }
}
