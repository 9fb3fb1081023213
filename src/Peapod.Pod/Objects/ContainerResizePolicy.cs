using Peapod.Oci.Json;

namespace Peapod.Pod.Objects;

/// <summary>Whether a container must be restarted when a resource of it is changed.</summary>
[JsonRecord]
public sealed partial record ContainerResizePolicy
{
    public string ResourceName { get; init => field = value ?? ""; } = "";

    /// <summary>NotRequired or RestartContainer.</summary>
    public string RestartPolicy { get; init => field = value ?? ""; } = "";
}
