using Peapod.Oci.Json;

namespace Peapod.Pod.Objects;

/// <summary>A kernel parameter of the pod.</summary>
[JsonRecord]
public sealed partial record Sysctl
{
    public string Name { get; init => field = value ?? ""; } = "";

    public string Value { get; init => field = value ?? ""; } = "";
}
