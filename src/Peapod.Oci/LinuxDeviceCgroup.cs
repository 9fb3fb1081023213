using Peapod.Oci.Json;

namespace Peapod.Oci;

/// <summary>A rule on devices; the last one that matches holds.</summary>
[JsonRecord]
public sealed partial record LinuxDeviceCgroup
{
    public bool Allow { get; init; }

    /// <summary>a, b or c.</summary>
    public string? Type { get; init; }

    /// <summary>Absent or -1 for any.</summary>
    public long? Major { get; init; }

    /// <summary>Absent or -1 for any.</summary>
    public long? Minor { get; init; }

    /// <summary>Of r, w, m.</summary>
    public string? Access { get; init; }
}
