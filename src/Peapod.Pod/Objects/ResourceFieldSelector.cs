using Peapod.Oci.Json;

namespace Peapod.Pod.Objects;

/// <summary>A limit or request of a container.</summary>
[JsonRecord]
public sealed partial record ResourceFieldSelector
{
    /// <summary>Of which container; in a variable null for the container itself.</summary>
    public string? ContainerName { get; init; }

    /// <summary>Such as <c>limits.memory</c>.</summary>
    public string Resource { get; init => field = value ?? ""; } = "";

    /// <summary>The unit; what is left is rounded up. Null or 0 for 1.</summary>
    public Quantity? Divisor { get; init; }
}
