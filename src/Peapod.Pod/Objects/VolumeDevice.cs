using Peapod.Oci.Json;

namespace Peapod.Pod.Objects;

/// <summary>A block device of the pod in a container.</summary>
[JsonRecord]
public sealed partial record VolumeDevice
{
    /// <summary>The volume.</summary>
    public string Name { get; init => field = value ?? ""; } = "";

    /// <summary>Where in the container.</summary>
    public string DevicePath { get; init => field = value ?? ""; } = "";
}
