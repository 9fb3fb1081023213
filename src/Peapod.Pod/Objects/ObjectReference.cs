using Peapod.Oci.Json;

namespace Peapod.Pod.Objects;

/// <summary>A ConfigMap or a Secret by its name.</summary>
[JsonRecord]
public sealed partial record ObjectReference
{
    public string Name { get; init => field = value ?? ""; } = "";

    /// <summary>True: it may be missing.</summary>
    public bool? Optional { get; init; }
}
