using Peapod.Oci.Json;

namespace Peapod.Pod.Objects;

/// <summary>One key of a ConfigMap or a Secret.</summary>
[JsonRecord]
public sealed partial record KeySelector
{
    public string Name { get; init => field = value ?? ""; } = "";

    public string Key { get; init => field = value ?? ""; } = "";

    /// <summary>True: it may be missing, and what wants it goes without.</summary>
    public bool? Optional { get; init; }
}
