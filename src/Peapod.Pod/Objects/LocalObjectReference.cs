using Peapod.Oci.Json;

namespace Peapod.Pod.Objects;

/// <summary>An object of the same namespace.</summary>
[JsonRecord]
public sealed partial record LocalObjectReference
{
    public string Name { get; init => field = value ?? ""; } = "";
}
