using Peapod.Oci.Json;

namespace Peapod.Pod.Objects;

/// <summary>The SELinux context.</summary>
[JsonRecord]
public sealed partial record SELinuxOptions
{
    public string? User { get; init; }

    public string? Role { get; init; }

    public string? Type { get; init; }

    public string? Level { get; init; }
}
