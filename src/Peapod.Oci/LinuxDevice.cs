using Peapod.Oci.Json;

namespace Peapod.Oci;

/// <summary>A device node to make; mknod(2).</summary>
[JsonRecord]
public sealed partial record LinuxDevice
{
    public string? Path { get; init; }

    /// <summary>c, u, b or p.</summary>
    public string? Type { get; init; }

    public long? Major { get; init; }

    public long? Minor { get; init; }

    /// <summary>Permission bits.</summary>
    public uint? FileMode { get; init; }

    public uint? Uid { get; init; }

    public uint? Gid { get; init; }
}
